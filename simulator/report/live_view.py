"""A run that is under way, as a few lines for a terminal. Pure."""

from __future__ import annotations

from rich.text import Text

from simulator.report.watched_run import (
    UNICODE,
    Figure,
    Look,
    WatchedRun,
    backlog,
    latencies,
    lights,
    rates,
    sparkline,
)
from simulator.trace.drawings.plain import fit, padded

_FEWEST_LINES = 18
"""Lines without those that were said."""

_NAME, _FIGURE = 12, 21


def view(run: WatchedRun, now: int, width: int, height: int, look: Look = UNICODE) -> list[Text]:
    """The lines, none wider and not more than there is space for. `now`: microseconds of Unix time."""
    lines = [*_heading(run, now, width, look), Text()]
    for figures in (rates(run), latencies(run), backlog(run)):
        lines += [*(_row(figure, width, look) for figure in figures), Text()]
    lines += [_banner(run, width), _lights(run, width, look)]
    said = list(run.said)[-max(0, height - _FEWEST_LINES - 1) :] if height > _FEWEST_LINES + 1 else []
    lines += [Text(), *(Text(fit(each, width), "dim") for each in said)] if said else []
    return lines[:height]


def _heading(run: WatchedRun, now: int, width: int, look: Look) -> list[Text]:
    if run.begun is None:
        return [Text("starting"), Text()]
    elapsed, of = run.seconds_of_load(now)
    words = f" {run.phase or 'starting'}, {elapsed:.0f} of {of:.0f} s"
    length = max(4, width - len(words))
    done = round(length * elapsed / of) if of else length
    bar = Text.assemble((look.done * done, "cyan"), (look.left * (length - done), "dim"), words)
    bar.truncate(width)
    return [Text(fit(run.name, width), "bold"), bar]


def _banner(run: WatchedRun, width: int) -> Text:
    if not run.faults:
        return Text("no fault in force", "dim")
    return Text(padded(f" FAULT {', '.join(run.faults)}", width), "bold black on yellow")


def _lights(run: WatchedRun, width: int, look: Look) -> Text:
    text = Text()
    for well, words in lights(run):
        sign, style = {True: (look.good, "green"), False: (look.bad, "bold red"), None: (look.open, "dim")}[well]
        text.append(f"{sign} {words}", style)
        text.append("   ")
    text.truncate(width)
    return text


def _row(figure: Figure, width: int, look: Look) -> Text:
    if not figure.values:
        return Text(fit(f"{figure.name:<{_NAME}}{figure.words}", width))
    head = f"{figure.name:<{_NAME}}{figure.words:<{_FIGURE}} "
    return Text.assemble(fit(head, width), (sparkline(figure.values, width - len(head), look), "cyan"))
