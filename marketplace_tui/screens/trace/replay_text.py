"""A step of a flow as lines of text: the ways of the flow with that of the step, and what the step changed.

The arrows say which way is gone now, was gone before, or lies ahead, so that it reads without colour.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from marketplace_tui.model.trace.replay import ReplayModel, Way
from marketplace_tui.text.lines import OF_STATUS, Line, Look, Span, apart, cut_line, spans, wrapped
from marketplace_tui.text.shown import fitted, shown
from marketplace_tui.text.signs import AHEAD, ARROW, DONE, ELLIPSIS, NONE, SEPARATOR
from marketplace_tui.text.values import short_id
from simulator.trace import FlowEvent
from simulator.trace.drawings.plain import duration
from simulator.trace.drawings.steps import groups_of
from simulator.trace.text import type_name

NOW, BEFORE, LATER = "══▶", "──▶", "┄┄▶"
"""The arrows of the way of the step, of one that was gone before, and of one that lies ahead."""

_PUBLISHER, _TOPIC = 12, 20
_MOST_SIGNS = 40
"""Steps that have a sign each; of more than that there is only the number."""


class ReplayDrawing:
    """The ways of a flow, that of the step with a line for each of its consumers; in words where it is `flat`."""

    def __init__(self, model: ReplayModel, *, flat: bool) -> None:
        self._model, self._flat = model, flat
        self._step = model.transitions[model.step].event
        self._groups = groups_of(self._step)
        self._more = max(len(self._groups) - 1, 0)

    def __len__(self) -> int:
        return len(self._model.ways) + self._more

    def heading(self, width: int) -> Sequence[Line]:
        """The meaning of the arrows."""
        words = f"{NOW} this step   {BEFORE} before it   {LATER} ahead"
        return [] if self._flat else [cut_line((Span(words, "dim"),), width)]

    def way_at(self, line: int) -> int:
        """The index of the way of a line."""
        here = self._model.way
        return line if line <= here else max(here, line - self._more)

    @property
    def cursor(self) -> int:
        """The line of the step."""
        return self._model.way

    def line(self, number: int, width: int) -> Line:
        """A way, or a further consumer of the step."""
        index, here = self.way_at(number), self._model.way
        way = self._model.ways[index]
        if self._flat:
            return spans(self._in_words(way, index, number))
        if index != here:
            arrow = BEFORE if way.events[0] < self._model.step else LATER
            groups = ", ".join(way.groups) or "no consumer reported"
            look: Look = "plain" if arrow == BEFORE else "dim"
            return cut_line((*_ends(way, arrow, look), *spans(groups, look)), width)
        consumer = number - here
        if consumer:
            blank = Span(" " * (_PUBLISHER + _TOPIC + 6))
            return cut_line((blank, Span(f"{NOW} ", "accent"), *self._consumer(consumer)), width)
        return cut_line((*_ends(way, NOW, "strong"), *self._consumer(0)), width)

    def _consumer(self, number: int) -> Line:
        """A consumer of the step with what came of it."""
        if not self._groups:
            return (Span("no consumer reported", "dim"),)
        group = self._groups[number]
        return (Span(fitted(group, 13), "strong"), *_outcome(self._step, group))

    def _in_words(self, way: Way, index: int, line: int) -> str:
        here = self._model.way
        if index == here and line > here:
            group = self._groups[line - here]
            return f"and to {group}: {_plain(_outcome(self._step, group))}"
        if index == here:
            first = f" to {self._groups[0]}: {_plain(_outcome(self._step, self._groups[0]))}" if self._groups else ""
            return f"This step: {way.publisher} publishes {way.topic}{first}"
        when = "Before" if way.events[0] < self._model.step else "Ahead"
        return f"{when}: {way.publisher} publishes {way.topic} to {', '.join(way.groups) or 'no consumer'}"


def head(model: ReplayModel, width: int) -> list[Line]:
    """The number of the step, when it was, and how far that is."""
    drawn = model.model.drawn
    if drawn is None or model.transition is None:
        return [(Span(f"Reading the contents of the events{ELLIPSIS}", "dim"),), ()]
    event, total = model.transition.event, len(model.transitions)
    number: Line = (
        Span(f"Step {model.step + 1} of {total}", "strong"),
        Span(f"  +{duration(event.at - drawn.flow.started_at)}"),
        Span(f"  in {shown(short_id(drawn.flow.correlation_id))}", "dim"),
    )
    signs = "".join(DONE if index <= model.step else AHEAD for index in range(total if total <= _MOST_SIGNS else 0))
    first = apart(number, (Span(signs, "accent"),), width)
    return [
        first,
        cut_line((*spans(event.place), Span(f" {SEPARATOR} "), *spans(type_name(event.envelope.type))), width),
    ]


def changes(model: ReplayModel, width: int, most: int) -> list[Line]:
    """The states that the step changed, in at most so many lines."""
    if model.transition is None:
        return []
    title = (Span("What it changed", "strong"),)
    if not model.changes:
        words = "Nothing that its contents tell of."
        return [title, *((Span(line, "dim"),) for line in wrapped(words, width))]
    lines = [line for change in model.changes for line in _change(change.what, change.before, change.after, width)]
    if len(lines) > most - 1:
        lines = [
            *lines[: most - 2],
            (Span(f"{ELLIPSIS} and more: ", "dim"), Span("enter", "key"), Span(" shows it all")),
        ]
    return [title, *lines]


def _change(what: str, before: str, after: str, width: int) -> list[Line]:
    """A state before and after, in one line where there is room."""
    states: Line = (
        *spans(before or NONE, OF_STATUS.get(before, "plain")),
        Span(f" {ARROW} ", "dim"),
        *spans(after, OF_STATUS.get(after, "strong")),
    )
    name = min(max(width // 3, 12), 28)
    if cell_len(what) <= name and width >= 60:
        return [cut_line((Span(fitted(what, name), "dim"), Span("  "), *states), width)]
    return [cut_line(spans(what, "dim"), width), cut_line((Span("  "), *states), width)]


def _ends(way: Way, arrow: str, look: Look) -> Line:
    shaft = Span(f" {arrow} ", "accent" if arrow == NOW else "dim")
    return (Span(fitted(way.publisher, _PUBLISHER), look), shaft, Span(fitted(way.topic, _TOPIC), look), shaft)


def _outcome(event: FlowEvent, group: str) -> Line:
    """The last thing that a group did with an event, and how long after it was published."""
    reports = event.consumed_by(group)
    given_up = [each for each in event.dead_letters if each.group == group]
    if given_up:
        return spans(f"dead letter +{duration(given_up[-1].at - event.at)}", "bad")
    last = reports[-1]
    tries = f", {len(reports)} reports" if len(reports) > 1 else ""
    return spans(f"{last.outcome} +{duration(last.handled_at - event.at)}{tries}")


def _plain(line: Line) -> str:
    return "".join(span.text for span in line)
