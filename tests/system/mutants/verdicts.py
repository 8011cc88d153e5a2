"""Whether the auditor is right: about a mutant, which it must find by its names, and about a sound marketplace."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.system.mutants.judged import JudgedRun, NotJudged, judged_run
from tests.system.mutants.mutant import Mutant
from tests.system.mutants.results import Result

SEED = 7

_VIOLATED = (1, 4)
"""Exit codes of runs with violations: one that cannot be drained has its own."""
_SOUND = (0, 2)
"""On a busy machine the load generator may be the limit, which makes a run unknown and nothing else."""


def of_mutant(mutant: Mutant, folder: Path, sources: str) -> Result:
    """A run with a mutant: every check that must find it has found it, with evidence."""
    try:
        run = judged_run(folder, SEED, mutant=mutant.name, faults=mutant.faults)
    except NotJudged as error:
        return _not_judged(mutant.name, error, sources)
    missing = sorted(mutant.found - run.counts.keys())
    bare = sorted(mutant.found & run.without_evidence)
    words = [f"{check} was not found" for check in missing] + [f"{check} has no evidence" for check in bare]
    if run.code not in _VIOLATED:
        words.append(f"exit code {run.code}")
    return _result(mutant.name, run, words, sources)


def of_seed(seed: int, folder: Path, sources: str, *, faults: tuple[str, ...] = ()) -> Result:
    """A run on the sound marketplace: there is no violation, and there were orders."""
    name = " ".join(("seed", str(seed), *faults))
    try:
        run = judged_run(folder, seed, faults=faults)
    except NotJudged as error:
        return _not_judged(name, error, sources)
    words = [] if run.code in _SOUND else [f"exit code {run.code}"]
    words += ["false alarm"] if run.counts else []
    words += [] if run.orders else ["no orders"]
    return _result(name, run, words, sources)


def _result(name: str, run: JudgedRun, wrong: list[str], sources: str) -> Result:
    """The directory of a run is kept where something is wrong."""
    if not wrong:
        shutil.rmtree(run.path)
    return Result(
        name=name,
        good=not wrong,
        orders=run.orders,
        counts=dict(run.counts),
        words=", ".join(wrong),
        seconds=round(run.seconds, 1),
        path=str(run.path) if wrong else "",
        sources=sources,
    )


def _not_judged(name: str, error: NotJudged, sources: str) -> Result:
    last = " / ".join(str(error).splitlines()[-5:])
    return Result(name=name, good=False, orders=0, counts={}, words=f"not judged: {last}", seconds=0, sources=sources)
