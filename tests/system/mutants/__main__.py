"""`python -m tests.system.mutants [NAME...]`: runs mutants, and says which the auditor finds; `--seeds N` sound seeds.

What is known of the same sources is not done again, so that the command can be stopped and called again.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.system.mutants.catalogue import MUTANTS
from tests.system.mutants.results import Result, Results
from tests.system.mutants.verdicts import of_mutant, of_seed


def main() -> int:
    """Run, with a line for each and a total; 1 where the auditor is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.system.mutants")
    parser.add_argument("names", nargs="*", metavar="NAME", help="these mutants, also where they are known")
    parser.add_argument("--seeds", type=int, default=0, metavar="N", help="the seeds 1 to N without a mutant instead")
    parser.add_argument("--fault", action="append", default=[], help="a fault of the runs without a mutant")
    parser.add_argument("--folder", type=Path, default=Path(".mutants"), help="where the results lie")
    options = parser.parse_args()
    if unknown := set(options.names) - set(MUTANTS):
        parser.error(f"there is no mutant {', '.join(sorted(unknown))}")
    results = Results(options.folder / "results.jsonl")
    runs, sources = options.folder / "runs", results.sources
    wanted: dict[str, Callable[[], Result]] = {
        name: partial(of_mutant, MUTANTS[name], runs, sources) for name in options.names or MUTANTS
    }
    if options.seeds:
        faults = tuple(options.fault)
        wanted = {
            " ".join(("seed", str(seed), *faults)): partial(of_seed, seed, runs, sources, faults=faults)
            for seed in range(1, options.seeds + 1)
        }
    for name, judge in wanted.items():
        if options.names or name not in results.found:
            results.add(judge())
        print(results.found[name].line(), flush=True)  # noqa: T201
    good = sum(results.found[name].good for name in wanted)
    what = "seeds without a false alarm" if options.seeds else "mutants found"
    print(f"{good} of {len(wanted)} {what}")  # noqa: T201
    return int(good < len(wanted))


if __name__ == "__main__":
    sys.exit(main())
