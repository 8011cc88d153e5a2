"""A run that is under way, as a few lines for a terminal: made from its progress alone. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from rich.text import Text

from simulator.history.progress import (
    Begun,
    Ended,
    FaultOver,
    Moment,
    Phase,
    PhaseBegun,
    Progress,
    Said,
    Second,
)
from simulator.measure.text import latency_text
from simulator.report.progress_text import ProgressLines
from simulator.trace.drawings.plain import fit, padded

_KEPT = 120
_FEWEST_LINES = 18
"""Lines without those that were said."""

_NAME, _FIGURE = 12, 21
_RECENT = 5
"""Seconds whose troubles a light shows."""


class Look(NamedTuple):
    """The characters of the view."""

    levels: str
    none: str
    done: str
    left: str
    good: str
    bad: str
    open: str


UNICODE = Look("▁▂▃▄▅▆▇█", "×", "█", "░", "●", "✗", "○")
ASCII = Look("_.:-=+*#", "x", "#", ".", "*", "x", "o")


class Watched:
    """All that is known of a run so far."""

    def __init__(self) -> None:
        self.begun: Begun | None = None
        self.phase: Phase | None = None
        self.ended: Ended | None = None
        self.seconds: deque[Second] = deque(maxlen=_KEPT)
        self.moments: deque[Moment] = deque(maxlen=_KEPT)
        self.said: deque[str] = deque(maxlen=_KEPT)
        self._lines = ProgressLines()

    def add(self, progress: Progress) -> None:
        """Take a piece of progress."""
        lines = self._lines.of(progress)
        match progress:
            case Begun():
                self.begun = progress
            case PhaseBegun():
                self.phase = progress.phase
                self.said += lines
            case Second():
                self.seconds.append(progress)
            case Moment():
                self.moments.append(progress)
            case Said() | FaultOver():
                self.said += lines
            case Ended():
                self.ended = progress


def view(watched: Watched, now: int, width: int, height: int, look: Look = UNICODE) -> list[Text]:
    """The lines, none wider and not more than there is space for. `now`: microseconds of Unix time."""
    second = watched.seconds[-1] if watched.seconds else None
    moment = watched.moments[-1] if watched.moments else None
    lines = [
        *_heading(watched, now, width, look),
        Text(),
        *_rates(watched, second, width, look),
        Text(),
        *_latencies(watched, second, width, look),
        Text(),
        *_backlog(watched, moment, width, look),
        Text(),
        _banner(moment, width),
        _lights(watched, moment, width, look),
    ]
    said = list(watched.said)[-max(0, height - _FEWEST_LINES - 1) :] if height > _FEWEST_LINES + 1 else []
    lines += [Text(), *(Text(fit(each, width), "dim") for each in said)] if said else []
    return lines[:height]


def sparkline(values: Sequence[float | None], width: int, look: Look) -> str:
    """The newest values as bars, from 0 to the largest of them; a sign for one that is None."""
    shown = values[-width:] if width > 0 else []
    largest = max((value for value in shown if value is not None), default=0.0)
    top = len(look.levels) - 1
    return "".join(
        look.none if value is None else look.levels[round(top * value / largest) if largest else 0] for value in shown
    )


def _heading(watched: Watched, now: int, width: int, look: Look) -> list[Text]:
    begun = watched.begun
    if begun is None:
        return [Text("starting"), Text()]
    of = begun.planned_us / 1_000_000
    started = next((each.at - each.second * 1_000_000 for each in reversed(watched.seconds)), None)
    elapsed = 0.0 if started is None else min(max(0.0, (now - started) / 1_000_000), of)
    words = f" {watched.phase or 'starting'}, {elapsed:.0f} of {of:.0f} s"
    length = max(4, width - len(words))
    done = round(length * elapsed / of) if of else length
    bar = Text.assemble((look.done * done, "cyan"), (look.left * (length - done), "dim"), words)
    bar.truncate(width)
    return [Text(fit(f"run {begun.run_id}: {begun.load}", width), "bold"), bar]


def _rates(watched: Watched, second: Second | None, width: int, look: Look) -> list[Text]:
    outcomes = {} if second is None else second.outcomes
    counted = ", ".join(f"{count:,} {outcome}" for outcome, count in outcomes.items()) or "-"
    offered, achieved = [each.offered for each in watched.seconds], [each.achieved for each in watched.seconds]
    return [
        _row("offered", _rate(offered), offered, width, look),
        _row("achieved", _rate(achieved), achieved, width, look),
        Text(fit(f"{'outcomes':<{_NAME}}{counted}", width)),
    ]


def _latencies(watched: Watched, second: Second | None, width: int, look: Look) -> list[Text]:
    rows = []
    for name in ("p50", "p95", "p99"):
        figure = "-"
        if second is not None:
            corrected, raw = (_latency(getattr(each, name), second) for each in (second.corrected, second.raw))
            figure = f"{corrected:<9} raw {raw}"
        rows.append(_row(name, figure, [getattr(each.corrected, name) for each in watched.seconds], width, look))
    return rows


def _backlog(watched: Watched, moment: Moment | None, width: int, look: Look) -> list[Text]:
    known = watched.moments
    figures: list[tuple[str, str, Callable[[Moment], float]]] = [
        ("open sagas", "-" if moment is None else f"{moment.open_sagas:,}", lambda each: each.open_sagas),
        ("lag", "-" if moment is None else f"{moment.lag:,}, {moment.lag_seconds:.1f} s", lambda each: each.lag),
        ("CPU", "-" if moment is None else f"{moment.cpu:.2f} cores", lambda each: each.cpu),
    ]
    return [_row(name, figure, [value(each) for each in known], width, look) for name, figure, value in figures]


def _banner(moment: Moment | None, width: int) -> Text:
    if moment is None or not moment.faults:
        return Text("no fault in force", "dim")
    return Text(padded(f" FAULT {', '.join(moment.faults)}", width), "bold black on yellow")


def _lights(watched: Watched, moment: Moment | None, width: int, look: Look) -> Text:
    """Whether the generator keeps up, all is answered, the log is read, and the invariants hold."""
    recent = list(watched.seconds)[-_RECENT:]
    limited = any(each.limit for each in recent)
    none = sum(each.outcomes.get(kind, 0) for each in recent for kind in ("failed", "unknown", "dropped"))
    unread = moment is not None and bool(moment.unread)
    lights: list[tuple[bool | None, str]] = [
        (not limited if recent else None, "generator late" if limited else "generator"),
        (not none if recent else None, f"{none:,} without answer" if none else "answers"),
        (not unread if moment else None, "log not read" if unread else "log"),
        _invariants(watched.ended),
    ]
    text = Text()
    for state, word in lights:
        sign, style = {True: (look.good, "green"), False: (look.bad, "bold red"), None: (look.open, "dim")}[state]
        text.append(f"{sign} {word}", style)
        text.append("   ")
    text.truncate(width)
    return text


def _invariants(ended: Ended | None) -> tuple[bool | None, str]:
    if ended is None or ended.partial:
        return None, "invariants: judged after the drain"
    return ended.verdict != "invariant violated", "invariants"


def _row(name: str, figure: str, values: Iterable[float | None], width: int, look: Look) -> Text:
    head = f"{name:<{_NAME}}{figure:<{_FIGURE}} "
    return Text.assemble(fit(head, width), (sparkline(list(values), width - len(head), look), "cyan"))


def _rate(rates: Sequence[float]) -> str:
    return f"{rates[-1]:,.0f}/s" if rates else "-"


def _latency(milliseconds: float | None, second: Second) -> str:
    if milliseconds is None:
        return "none" if second.outcomes else "-"
    return latency_text(milliseconds * 1000)
