"""`python -m tests.broker.kills --minutes 10` prints what came of it; exits with 1 if something is wrong."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.bench.machine import description
from tests.broker.kills.killing import CLIENTS, Result, kill_at_random

_SHOWN = 20


def main() -> int:
    """Kill, and say what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="how long processes are killed")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 2**32, help="chosen by chance unless given")
    chosen = parser.parse_args()
    _say(f"{description()}\nseed      {chosen.seed}")
    with tempfile.TemporaryDirectory(prefix="broker-kills-") as directory:
        result = kill_at_random(chosen.minutes * 60, chosen.seed, Path(directory), _say)
    _say("\n".join(lines(result)))
    return 1 if result.wrong else 0


def lines(result: Result) -> list[str]:
    """The result in lines."""
    killed = ", ".join(f"{count} × {kind}" for kind, count in sorted(result.kills.items()))
    read = ", ".join(f"{group} {count:,}" for group, count in sorted(result.read.items()))
    return [
        f"killed    {killed}; {CLIENTS} producers, {CLIENTS} consumers",
        f"records   {result.records:,} in the log, {result.acknowledged:,} acknowledged",
        f"read      {read}; committed offsets were asked for {result.looks:,} times",
        *(f"WRONG: {each}" for each in result.wrong[:_SHOWN]),
        f"wrong     {len(result.wrong)}",
    ]


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
