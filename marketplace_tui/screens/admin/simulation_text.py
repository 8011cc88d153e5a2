"""A run of the simulator as lines of text."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from marketplace_tui.model.admin.simulation import FoundRun, RunState, Simulation
from marketplace_tui.text.lines import Line, Look, Span, cut_line, spans, wrapped
from marketplace_tui.text.signs import AHEAD, BARS, DONE, ELLIPSIS, FAILED, RULE, SEPARATOR, WARNING
from marketplace_tui.text.values import clock_time
from services_stub.client.user_files import default_data_directory
from services_stub.contracts.times import from_microseconds, to_microseconds
from simulator.history.progress import Begun
from simulator.report.watched_run import UNICODE, Figure, Light, backlog, latencies, lights, rates, sparkline

NAME, WORDS = 12, 22
"""The cells of a figure's name, and of its words before its sparkline."""

_LEAST_BAR = 8
_LATEST = 253_402_214_400_000_000
"""Microseconds of Unix time; a day later there is no date any more, whatever the time zone is."""

_VERDICTS: dict[str, tuple[str, Look]] = {"pass": (DONE, "good"), "unknown": (WARNING, "warning")}
"""The sign and the look of those that say nothing bad of the marketplace."""

_STATES: dict[bool | None, tuple[str, str, Look]] = {
    True: (DONE, "fine", "good"),
    False: (FAILED, "wrong", "bad"),
    None: (AHEAD, "not known", "dim"),
}
"""The sign, the word and the look of a light."""


@dataclass(frozen=True)
class Entry:
    """A line of the list: its key, its text, and the text that is copied."""

    key: str
    text: str
    copied: str
    look: Look = "plain"


def head(model: Simulation, now: datetime, width: int, *, flat: bool) -> list[Line]:
    """The run and why it is shown, how far it is, the faults in force, and the lights; or what to do without a run."""
    shown = model.shown.run
    if model.problem or not model.is_loaded or shown is None:
        return _nothing(model, width)
    name = model.run.name or f"run {shown.name}"
    far = _progress(model, now, width, flat=flat)
    lines = [spans(name, "strong"), _which(model, shown, now), far, _banner(model, shown), _lights(model, flat=flat)]
    return [cut_line(line, width) for line in lines]


def figures(model: Simulation, width: int, *, flat: bool, spaced: bool) -> list[Line]:
    """The figures with their sparklines; `spaced` has an empty line between groups. In words where it is `flat`."""
    if model.shown.run is None or model.problem:
        return []
    lines: list[Line] = []
    for group in (rates(model.run), latencies(model.run), backlog(model.run)):
        lines += [()] if spaced and lines else []
        lines += [cut_line(_figure(each, width, flat=flat), width) for each in group]
    return lines


def entries(model: Simulation) -> list[Entry]:
    """Everything that was said, and at the end the results and the paths of the reports."""
    run, shown = model.run, model.shown.run
    if shown is None or model.problem:
        return []
    first = run.lines_said - len(run.said)
    found = [Entry(f"said {first + number}", line, line) for number, line in enumerate(run.said)]
    if run.ended is not None:
        found += [Entry(f"result {number}", line, line) for number, line in enumerate(run.ended.lines)]
        found += [Entry(f"report {path.name}", short_path(path), str(path), "accent") for path in model.shown.reports]
    return found


def short_path(path: Path) -> str:
    """A path with `~` for the home directory."""
    home = Path.home()
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)


def command(model: Simulation) -> str:
    """The command that starts a run of this marketplace."""
    words = ["marketplace", "simulate", "run", "--seed", "7", "--rate", "50", "--duration", "60s"]
    if model.marketplace is not None and model.marketplace.data_dir != str(default_data_directory()):
        words += ["--data-dir", model.marketplace.data_dir]
    return shlex.join(words)


def choice(run: FoundRun, now: datetime) -> tuple[str, str]:
    """A run to choose in words: when and with what result, and what it was."""
    if run.begun is None:
        return run.name, run.status
    load = f"seed {run.begun.seed}, {run.begun.load}"
    words = f"{_when(run.begun, now)}  {run.status.partition(':')[0]}"
    return words, load if run.is_own else f"another marketplace, {load}"


def _nothing(model: Simulation, width: int) -> list[Line]:
    if model.problem:
        lines = wrapped(f"The runs cannot be read: {model.problem}", width)
        return [*(spans(line, "bad") for line in lines), (Span("f5", "key", "app.refresh"), Span(" tries again."))]
    if not model.is_loaded:
        return [(Span(f"Looking for runs{ELLIPSIS}", "dim"),)]
    where, copies = short_path(model.runs), (Span("y", "key", "app.copy"), Span(" copies it.", "dim"))
    return [
        *(spans(line) for line in wrapped(f"There is no run of the simulator in {where}.", width)),
        *(spans(line) for line in wrapped("One that loads this marketplace, and judges it, is started by:", width)),
        (),
        *(spans(line, "accent") for line in wrapped(command(model), width)),
        (),
        (Span("Do that in another terminal, and see it here as it runs. ", "dim"), *copies),
    ]


def _which(model: Simulation, shown: FoundRun, now: datetime) -> Line:
    """Why this run is shown, what it is about, and whether there is a newer one."""
    begun = model.run.begun
    if model.chosen == shown.name:
        facts = [f"Chosen: {_about(shown)}"]
    else:
        facts = ["The newest of this marketplace" if shown.is_own else f"The newest on this machine: {_about(shown)}"]
    if begun is not None:
        facts += [f"seed {begun.seed}", f"begun {_when(begun, now)}"]
    line = spans(f" {SEPARATOR} ".join(facts), "dim")
    if model.shown.runs[0] == shown:
        return line
    return (*line, Span(f" {SEPARATOR} "), Span("r", "key", "simulation.choose"), Span(" has a newer one", "warning"))


def _about(run: FoundRun) -> str:
    if run.is_own:
        return "this marketplace"
    if run.target is None or not run.target.gateway:
        return "a marketplace not known yet"
    if run.target.fresh:
        return "a marketplace of its own"
    return f"another marketplace, {run.target.data_dir or run.target.gateway}"


def _when(begun: Begun, now: datetime) -> str:
    return clock_time(from_microseconds(min(max(begun.at, 0), _LATEST)), now)


def _progress(model: Simulation, now: datetime, width: int, *, flat: bool) -> Line:
    """The part of the run that is under way as a bar, or its end."""
    run = model.run
    match model.state:
        case RunState.ENDED:
            sign, look = _VERDICTS.get(run.result, (FAILED, "bad"))
            return _signed(sign, f"verdict: {run.result}", look)
        case RunState.PARTIAL:
            return _signed(WARNING, run.result, "warning")
        case RunState.KILLED:
            return _signed(FAILED, "killed: its process is gone, and has told no verdict", "bad")
    elapsed, of = run.seconds_of_load(to_microseconds(now))
    words = f"{run.phase or 'starting'}, {elapsed:.0f} of {of:.0f} s"
    room = width - len(words) - 2
    if flat or room < _LEAST_BAR:
        return (Span(words, "strong"),)
    done = round(room * elapsed / of) if of else 0
    return (Span(BARS[-1] * done, "accent"), Span(RULE * (room - done), "dim"), Span(f"  {words}", "strong"))


def _signed(sign: str, words: str, look: Look) -> Line:
    return (Span(f"{sign} ", look), *spans(words, look))


def _banner(model: Simulation, shown: FoundRun) -> Line:
    """The faults in force; of a run that is over the place of its files."""
    if model.state not in (RunState.STARTING, RunState.RUNNING):
        return spans(f"files in {short_path(shown.path)}", "dim")
    if model.run.faults:
        return spans(f"{WARNING} FAULT {', '.join(model.run.faults)}", "warning")
    return (Span("no fault in force", "dim"),)


def _lights(model: Simulation, *, flat: bool) -> Line:
    line: list[Span] = []
    for each in lights(model.run):
        line += [Span(", " if flat else "  ")] if line else []
        line += _light(each, flat=flat)
    return tuple(line)


def _light(light: Light, *, flat: bool) -> Line:
    sign, word, look = _STATES[light.well]
    return spans(f"{light.words}: {word}", look) if flat else spans(f"{sign} {light.words}", look)


def _figure(figure: Figure, width: int, *, flat: bool) -> Line:
    if flat:
        return spans(f"{figure.name}: {' '.join(figure.words.split())}")
    name = Span(f"{figure.name:<{NAME}}", "dim")
    if not figure.values:
        return (name, *spans(figure.words))
    bars = sparkline(figure.values, width - NAME - WORDS, UNICODE)
    return (name, *spans(f"{figure.words:<{WORDS}}"), Span(bars, "accent"))
