"""Two runs side by side: their latencies, tested for a difference, and what else differs. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from simulator.history.operations import STAGES
from simulator.history.verdict import INTERNAL_ERROR, INTERRUPTED, Verdict
from simulator.measure.measurements import Interval, Measurements
from simulator.measure.summary import summarized
from simulator.report.results import Results
from simulator.report.series import load_of
from simulator.report.statistics import holm, mann_whitney

REGRESSION = 5
"""The exit code."""

SIGNIFICANT = 0.05
"""The largest adjusted p-value of a difference that is not chance."""

RELEVANT = 0.05
"""The smallest difference that counts, as a share of the first run's percentile."""

FEWEST_BLOCKS = 8
"""In each run; with fewer the test could not tell."""

_MOST_BLOCKS = 60
_LEAST_SECONDS = 2
_LEAST_OPERATIONS = {50: 10, 95: 20, 99: 100}
"""In each block, by percentile: of fewer operations it is only the largest one."""


class Difference(msgspec.Struct, frozen=True, rename="camel"):
    """A percentile of an operation or stage in two runs.

    Percentiles are in milliseconds, null for one that had no answer. `p_value` is adjusted; null where there are too
    few blocks to tell. `slower` is the share of all pairs of blocks in which that of the second run is slower.
    """

    operation: str
    percent: int
    before: float | None
    after: float | None
    blocks: tuple[int, int]
    p_value: float | None
    slower: float | None
    verdict: str
    """`slower`, `faster`, `none` (no difference was shown), or `unknown`."""

    @property
    def change(self) -> float | None:
        """The difference as a share of the first; None where one of them had no answer."""
        return None if not self.before or self.after is None else self.after / self.before - 1


class Side(msgspec.Struct, frozen=True, rename="camel"):
    """A run of a comparison."""

    run_id: str
    seed: int
    verdict: str
    partial: bool
    limit: str
    """Why its load generator was the limit; empty where it was not."""
    seconds: float
    offered: float
    achieved: float
    no_answer: int
    open_sagas: int
    violations: int | None
    """None where it was not judged."""


class Comparison(msgspec.Struct, frozen=True, rename="camel"):
    """Two runs, the first of which is the baseline."""

    before: Side
    after: Side
    notes: Sequence[str]
    """Other differences, and reasons why it cannot be told which run is faster."""
    differences: Sequence[Difference]
    verdict: str
    """`regression`, `no regression`, or `unknown`."""
    exit_code: int
    """0, or 5 for a regression, or 2 where it is not known."""


def compared(before: Results, after: Results) -> Comparison:
    """Compare two runs."""
    sides = side_of(before), side_of(after)
    limited = any(side.limit for side in sides)
    differences = judged(list(_differences(before, after)), limited=limited)
    notes = list(_notes(before, after, sides))
    worse = _order(after) < _order(before) and after.summary.verdict is not Verdict.UNKNOWN
    if worse:
        notes.append(f"the verdict has become {after.summary.verdict.value}")
    if worse or any(each.verdict == "slower" for each in differences):
        verdict, code = "regression", REGRESSION
    elif limited or all(each.verdict == "unknown" for each in differences):
        verdict, code = Verdict.UNKNOWN.value, Verdict.UNKNOWN.exit_code
    else:
        verdict, code = "no regression", 0
    return Comparison(*sides, notes, differences, verdict, code)


def side_of(results: Results) -> Side:
    """One run of a comparison."""
    summary, requests = results.summary, results.summary.requests
    judged_run = results.judged
    return Side(
        run_id=results.record.run_id,
        seed=results.record.seed,
        verdict=summary.verdict.value,
        partial=summary.exit_code in (INTERRUPTED, INTERNAL_ERROR),
        limit=summary.generator.limit or "",
        seconds=summary.seconds,
        offered=requests.planned_per_second,
        achieved=requests.answered_per_second,
        no_answer=requests.failed + requests.unknown + requests.dropped,
        open_sagas=summary.open_sagas,
        violations=None if judged_run is None else sum(judged_run.counts.values()),
    )


def judged(differences: Sequence[Difference], *, limited: bool) -> list[Difference]:
    """The differences with adjusted p-values and their verdicts."""
    adjusted = iter(holm([each.p_value for each in differences if each.p_value is not None]))
    found = []
    for each in differences:
        p_value = None if each.p_value is None else next(adjusted)
        changed = msgspec.structs.replace(each, p_value=p_value)
        found.append(msgspec.structs.replace(changed, verdict="unknown" if limited else _verdict(changed)))
    return found


def _verdict(difference: Difference) -> str:
    if difference.p_value is None:
        return "unknown"
    if difference.p_value >= SIGNIFICANT:
        return "none"
    before, after = (math.inf if each is None else each for each in (difference.before, difference.after))
    slower = (difference.slower or 0) > 0.5
    if slower and after > before * (1 + RELEVANT):
        return "slower"
    return "faster" if not slower and after < before * (1 - RELEVANT) else "none"


def _differences(before: Results, after: Results) -> Iterator[Difference]:
    names = before.measurements.operations.keys() & after.measurements.operations.keys()
    ordered = [*sorted(names - set(STAGES)), *(stage for stage in STAGES if stage in names)]
    for name in ordered:
        for percent in _LEAST_OPERATIONS:
            ones, others = (
                block_percentiles(each.measurements, name, load_of(each.record), percent) for each in (before, after)
            )
            enough = min(len(ones), len(others)) >= FEWEST_BLOCKS
            rank = mann_whitney(ones, others) if enough else None
            yield Difference(
                operation=name,
                percent=percent,
                before=_percentile(before, name, percent),
                after=_percentile(after, name, percent),
                blocks=(len(ones), len(others)),
                p_value=None if rank is None else rank.p_value,
                slower=None if rank is None else round(rank.larger, 3),
                verdict="unknown",
            )


def block_percentiles(measurements: Measurements, operation: str, seconds: float, percent: int) -> list[float]:
    """A percentile of each block of consecutive seconds, in microseconds; infinite where it had no answer.

    A block has at least two seconds, at least so many operations that its percentile is not merely its largest one, and
    so many seconds that there are at most 60. What is left at the end is no block.
    """
    recorded = measurements.operations.get(operation, {})
    last = math.ceil(seconds * 1_000_000 / measurements.interval)
    least = max(_LEAST_SECONDS, math.ceil(last / _MOST_BLOCKS))
    found: list[float] = []
    begin = 0
    planned = 0
    for index in range(last):
        planned += planned_in(recorded.get(index))
        if index + 1 - begin >= least and planned >= _LEAST_OPERATIONS[percent]:
            summary = summarized(measurements, operation, frozenset(range(begin, index + 1)))
            figure = summary.response_percentile(percent)
            assert figure is not None
            found.append(figure)
            begin, planned = index + 1, 0
    return found


def planned_in(interval: Interval | None) -> int:
    """The number of operations that were planned in an interval."""
    return 0 if interval is None else sum(cell.count for cell in interval.cells.values())


def _percentile(results: Results, name: str, percent: int) -> float | None:
    return results.summary.operations[name].response.get(f"p{percent}") if name in results.summary.operations else None


def _order(results: Results) -> int:
    return list(Verdict).index(results.summary.verdict)


def _notes(before: Results, after: Results, sides: tuple[Side, Side]) -> Iterator[str]:
    for side in sides:
        if side.partial:
            yield f"{side.run_id} is partial"
        if side.limit:
            yield f"{side.run_id}: {side.limit}, so its latencies say nothing"
    for what, values in _conditions(before, after).items():
        if values[0] != values[1]:
            yield f"{what}: {values[0]} → {values[1]}"
    for name in sorted(before.measurements.operations.keys() ^ after.measurements.operations.keys()):
        yield f"{name} is in one of them alone"


def _conditions(before: Results, after: Results) -> dict[str, tuple[Any, Any]]:
    pair = (before.record, after.record)
    found: dict[str, tuple[Any, Any]] = {
        "seed": (before.record.seed, after.record.seed),
        "workers": (before.record.workers, after.record.workers),
        "faults": (_faults(before), _faults(after)),
    }
    for kind in ("versions", "machine"):
        one, other = (getattr(record, kind) for record in pair)
        found |= {name: (one.get(name, "–"), other.get(name, "–")) for name in sorted({*one, *other})}
    return found


def _faults(results: Results) -> str:
    return ", ".join(fault.name for fault in results.faults) or "none"


def scenario_differences(before: Results, after: Results) -> list[str]:
    """The keys in which the scenarios of two runs differ, with both values; none where they have the same plan."""
    one, other = ({**each.record.scenario, "sessions": each.record.sessions or "all"} for each in (before, after))
    return list(_different(one, other, ""))


def _different(one: Any, other: Any, path: str) -> Iterator[str]:
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted({*one, *other}):
            if (path, key) != ("", "description"):
                yield from _different(one.get(key), other.get(key), f"{path}.{key}".lstrip("."))
    elif one != other:
        yield f"{path}: {one} → {other}"
