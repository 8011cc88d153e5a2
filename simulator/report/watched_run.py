"""A run as those who watch it see it, made from its progress alone: figures, lights, and what was said. Pure.

The view at a terminal and the screen of the client draw it, each in its own way.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from simulator.history.progress import Begun, Ended, FaultOver, Moment, Phase, PhaseBegun, Progress, Said, Second
from simulator.history.verdict import Verdict, result_words
from simulator.report.progress_text import fault_line, latency_words

KEPT = 120
"""So many seconds, moments and lines are kept."""

_RECENT = 5
"""Seconds whose troubles a light shows."""


class Look(NamedTuple):
    """The characters of a view."""

    levels: str
    none: str
    done: str
    left: str
    good: str
    bad: str
    open: str


UNICODE = Look("▁▂▃▄▅▆▇█", "×", "█", "░", "●", "✗", "○")
ASCII = Look("_.:-=+*#", "x", "#", ".", "*", "x", "o")


class Figure(NamedTuple):
    """A figure of a run: its name, the newest in words, and those before it; none of them where they are no numbers."""

    name: str
    words: str
    values: Sequence[float | None] = ()


class Light(NamedTuple):
    """Whether a part of a run is well: True, False, or None where that is not known; the words say which."""

    well: bool | None
    words: str


class WatchedRun:
    """All that is known of a run so far."""

    def __init__(self) -> None:
        self.begun: Begun | None = None
        self.phase: Phase | None = None
        self.ended: Ended | None = None
        self.seconds: deque[Second] = deque(maxlen=KEPT)
        self.moments: deque[Moment] = deque(maxlen=KEPT)
        self.said: deque[str] = deque(maxlen=KEPT)
        self.lines_said = 0
        """Lines that were said, those that are not kept any more included."""

    def add(self, progress: Progress) -> None:
        """Take a piece of progress."""
        match progress:
            case Begun():
                self.begun = progress
            case PhaseBegun():
                self.phase = progress.phase
                self._say(progress.text)
            case Second():
                self.seconds.append(progress)
            case Moment():
                self.moments.append(progress)
            case Said():
                self._say(progress.text)
            case FaultOver():
                self._say(fault_line(progress.fault))
            case Ended():
                self.ended = progress

    def _say(self, line: str) -> None:
        self.said.append(line)
        self.lines_said += 1

    @property
    def name(self) -> str:
        """The run and its load; empty as long as that was not read."""
        return "" if self.begun is None else f"run {self.begun.run_id}: {self.begun.load}"

    @property
    def faults(self) -> tuple[str, ...]:
        """The faults in force."""
        return self.moments[-1].faults if self.moments else ()

    @property
    def result(self) -> str:
        """The verdict, or the reason that a run that ended has none; empty before."""
        return "" if self.ended is None else result_words(self.ended.verdict, self.ended.exit_code)

    def seconds_of_load(self, now: int) -> tuple[float, float]:
        """How long sessions have begun so far, and how long they are to begin. `now`: microseconds of Unix time."""
        of = 0.0 if self.begun is None else max(0, self.begun.planned_us) / 1_000_000
        started = next((each.at - each.second * 1_000_000 for each in reversed(self.seconds)), None)
        return (0.0 if started is None else min(max(0, now - started) / 1_000_000, of)), of


def rates(run: WatchedRun) -> list[Figure]:
    """Requests by the second: planned, answered, and the outcomes of those of the newest."""
    outcomes = run.seconds[-1].outcomes if run.seconds else {}
    counted = ", ".join(f"{count:,} {outcome}" for outcome, count in outcomes.items()) or "-"
    offered, achieved = [each.offered for each in run.seconds], [each.achieved for each in run.seconds]
    return [
        Figure("offered", _rate(offered), offered),
        Figure("achieved", _rate(achieved), achieved),
        Figure("outcomes", counted),
    ]


def latencies(run: WatchedRun) -> list[Figure]:
    """Percentiles by the second, from the planned start; beside the newest, that from the sending."""
    return [Figure(name, _percentile(run, name), _corrected(run, name)) for name in ("p50", "p95", "p99")]


def backlog(run: WatchedRun) -> list[Figure]:
    """All that is under way, and the CPU of the marketplace."""
    newest = run.moments[-1] if run.moments else None
    open_sagas, lag, cpu = ("-", "-", "-")
    if newest is not None:
        open_sagas, cpu = f"{newest.open_sagas:,}", f"{newest.cpu:.2f} cores"
        lag = f"{newest.lag:,}, {newest.lag_seconds:.1f} s"
    return [
        Figure("open sagas", open_sagas, [each.open_sagas for each in run.moments]),
        Figure("lag", lag, [each.lag for each in run.moments]),
        Figure("CPU", cpu, [each.cpu for each in run.moments]),
    ]


def lights(run: WatchedRun) -> list[Light]:
    """Whether the generator keeps up, all is answered, the log is read, and the invariants hold."""
    recent = list(run.seconds)[-_RECENT:]
    limited = any(each.limit for each in recent)
    none = sum(each.outcomes.get(kind, 0) for each in recent for kind in ("failed", "unknown", "dropped"))
    unread = bool(run.moments and run.moments[-1].unread)
    return [
        Light(not limited if recent else None, "generator late" if limited else "generator"),
        Light(not none if recent else None, f"{none:,} without answer" if none else "answers"),
        Light(not unread if run.moments else None, "log not read" if unread else "log"),
        _invariants(run.ended, run.moments[-1] if run.moments else None, unread),
    ]


def _invariants(ended: Ended | None, newest: Moment | None, unread: bool) -> Light:
    if ended is None:
        if newest is not None and newest.violations:
            return Light(False, f"invariants: {newest.violations:,} violated so far")
        return Light(None if newest is None or unread else True, "invariants so far")
    if ended.partial:
        return Light(None, "invariants: not judged")
    if ended.verdict == Verdict.VIOLATED.value:
        return Light(False, "invariants")
    return Light(None, "invariants: the log was not read") if unread else Light(True, "invariants")


def sparkline(values: Sequence[float | None], width: int, look: Look) -> str:
    """The newest values as bars, from 0 to the largest of them; a sign for one that is None."""
    shown = values[-width:] if width > 0 else []
    largest = max((value for value in shown if value is not None), default=0.0)
    top = len(look.levels) - 1
    return "".join(look.none if value is None else look.levels[_level(value, largest, top)] for value in shown)


def _level(value: float, largest: float, top: int) -> int:
    return round(top * max(0.0, value / largest)) if largest > 0 else 0


def _corrected(run: WatchedRun, name: str) -> list[float | None]:
    return [getattr(each.corrected, name) for each in run.seconds]


def _percentile(run: WatchedRun, name: str) -> str:
    if not run.seconds:
        return "-"
    second = run.seconds[-1]
    corrected, raw = (latency_words(getattr(each, name), second) for each in (second.corrected, second.raw))
    return f"{corrected:<9} raw {raw}"


def _rate(values: Sequence[float]) -> str:
    return f"{values[-1]:,.0f}/s" if values else "-"
