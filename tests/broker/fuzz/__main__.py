"""`python -m tests.broker.fuzz --requests 10000000` prints what came of it; exits with 1 if something is wrong."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.bench.machine import description
from tests.broker.fuzz.fuzzing import fuzz, wrong
from tests.broker.fuzz.talks import Wrong


def main() -> int:
    """Fuzz, and say what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=10_000_000, help="how many the broker carries out or refuses")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 2**32, help="chosen by chance unless given")
    chosen = parser.parse_args()
    _say(f"{description()}\nseed      {chosen.seed}")
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="broker-fuzz-") as directory:
        try:
            fuzzed = fuzz(chosen.requests, chosen.seed, Path(directory), _say)
        except Wrong as error:
            _say(f"WRONG: {error}")
            return 1
    seconds = time.perf_counter() - begun
    _say(
        f"requests  {fuzzed.answered:,} answered, {fuzzed.ended:,} that cannot be read; {seconds:,.0f} s\n"
        f"memory    {fuzzed.warm_mib:.1f} MiB after the warm-up, {fuzzed.most_mib:.1f} at most, {fuzzed.last_mib:.1f} "
        f"at the end\n"
        f"beside    {fuzzed.canary.rounds:,} records written and read by another client, median "
        f"{fuzzed.canary.median_ms:.1f} ms, longest {fuzzed.canary.longest_ms:.0f} ms"
    )
    for each in wrong(fuzzed):
        _say(f"WRONG: {each}")
    return 1 if wrong(fuzzed) else 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
