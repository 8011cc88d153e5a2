"""`python -m tests.system.poison_soak --minutes 30 --rate 200` prints a table; exits with 1 if something is wrong."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.system.poison_soak.judging import judged
from tests.system.poison_soak.soaking import soak

_EVERY = 60.0


def main() -> int:
    """Soak, and say what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0, help="how long orders are placed")
    parser.add_argument("--rate", type=float, default=200.0, help="orders a second")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="poison-soak-") as directory:
        lines, wrong = judged(soak(chosen.minutes, chosen.rate, _EVERY, Path(directory)))
    sys.stdout.write("\n".join([*lines, "", *(f"WRONG: {each}" for each in wrong), ""]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
