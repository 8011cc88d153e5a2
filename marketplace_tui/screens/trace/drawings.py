"""A flow as drawings of which each line is made when it is seen: waterfall, sequence diagram, states, diagnosis."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Sequence
from itertools import accumulate, groupby
from typing import Protocol

from marketplace_tui.model.trace.flow import Drawn, Judged
from marketplace_tui.model.trace.layout import Layout
from marketplace_tui.model.trace.window import Window
from marketplace_tui.text.lines import OF_STATUS, Line, Look, Span, cut_line, spans
from marketplace_tui.text.shown import shown
from simulator.trace.drawings.axis import Axis
from simulator.trace.drawings.messages import Message
from simulator.trace.drawings.plain import ASCII, UNICODE, Signs, duration, finished
from simulator.trace.drawings.rows import Row
from simulator.trace.drawings.sequence import Lifelines
from simulator.trace.drawings.states import books_lines, state_line, width_of_places
from simulator.trace.drawings.waterfall import cells_of_axis, legend_of, start_of
from simulator.trace.drawings.words import diagnosis, finding_lines
from simulator.trace.kinds import BROKEN

_LOOKS: dict[str, Look] = {
    "topic": "dim",
    "writer": "warning",
    "handling": "good",
    "retry": "bad",
    "answer": "dim",
    "broker": "accent",
    "working": "dim",
    "before": "accent",
    "beyond": "accent",
}
"""The looks of the signs in bars, by their names."""


class FlowDrawing(Protocol):
    """A drawing whose lines belong to events."""

    def __len__(self) -> int:
        """How many lines there are."""

    def heading(self, width: int) -> Sequence[Line]:
        """The lines above."""

    def line(self, number: int, width: int) -> Line:
        """One line."""

    def event_at(self, line: int) -> int:
        """The index of the event of a line; -1 where it has none."""

    def line_of(self, event: int) -> int:
        """The first line of an event."""


def signs_of(ascii_only: bool) -> Signs:
    """The signs of drawings."""
    return ASCII if ascii_only else UNICODE


class WaterfallDrawing:
    """The rows of a layout with their bars; in words where it is `flat`. `hits` are indexes of events."""

    def __init__(self, layout: Layout, window: Window, hits: Collection[int], signs: Signs, *, flat: bool) -> None:
        self.layout = layout
        self._window, self._hits, self._signs, self._flat = window, frozenset(hits), signs, flat
        names = {name: getattr(signs, name) for name in _LOOKS}
        self._looks = {sign: _LOOKS[name] for name, sign in names.items()}
        self._started_at = layout.rows.flow.started_at

    def __len__(self) -> int:
        return len(self.layout)

    def heading(self, width: int) -> Sequence[Line]:
        """The ticks of the axis."""
        axis = self._axis(width)
        return [] if self._flat else [(Span(" " * (width - axis.cells) + axis.ticks(), "dim"),)]

    def line(self, number: int, width: int) -> Line:
        """A row: on the critical path or not, what, who, and its bar."""
        row = self.layout.row(number)
        if self._flat:
            return spans(_in_words(row, self._started_at))
        start = shown(start_of(row, width, self._signs))
        bar = self._axis(width).bar(row.spans, self._signs)
        parts = (("".join(signs), self._looks.get(sign, "plain")) for sign, signs in groupby(bar))
        return (Span(start[:1], "accent"), Span(start[1:], self._look(row)), *(Span(*part) for part in parts))

    def event_at(self, line: int) -> int:
        """The event of a row."""
        return self.layout.event_at(line)

    def line_of(self, event: int) -> int:
        """The row of an event."""
        return self.layout.line_of(event)

    def _axis(self, width: int) -> Axis:
        return Axis(self._started_at, self._window.start, self._window.end, cells_of_axis(width))

    def _look(self, row: Row) -> Look:
        if row.event in self._hits:
            return "match"
        if row.request is not None:
            return "bad" if row.request.failed else "plain"
        if row.event < 0 or row.label.startswith("  dead letter"):
            return "bad"
        return "dim" if row.label.startswith("  ") else "plain"


def _in_words(row: Row, started_at: int) -> str:
    """A row as a sentence, for people who hear it."""
    path = ", on the critical path" if row.critical else ""
    if row.request is not None:
        asked = f"{row.request.caller or 'a client'} asked {row.request.callee} for {row.request.name}"
        return f"{asked} after {duration(row.request.started_at - started_at)}, {row.request.answer} {row.who}{path}"
    if not row.spans:
        return row.label
    if not row.label.startswith("  "):
        return f"{row.label} published by {row.who} after {duration(row.spans[0].start - started_at)}{path}"
    parts = ", ".join(f"{span.kind} {duration(span.length)}" for span in row.spans)
    return f"{row.label.strip()} {row.who}: {parts}{path}"


class SequenceDrawing:
    """Lifelines and arrows for a width; in words where it is `flat`."""

    def __init__(self, messages: Sequence[Message], lifelines: Lifelines, signs: Signs, *, flat: bool) -> None:
        self._messages, self._lifelines, self._signs, self._flat = messages, lifelines, signs, flat
        self._starts = [0, *accumulate(1 if flat else lifelines.count(each) for each in messages)]
        self._lines = {each.index: line for each, line in zip(messages, self._starts, strict=False)}

    def __len__(self) -> int:
        return self._starts[-1]

    def heading(self, width: int) -> Sequence[Line]:
        """The names of the lifelines."""
        if self._flat:
            return []
        return [spans(line, "strong") for line in finished(self._lifelines.heading(), width, self._signs)]

    def line(self, number: int, width: int) -> Line:
        """An event or a request, or the arrows to those it is for."""
        place = self._place_of(number)
        message = self._messages[place]
        if self._flat:
            return spans(_told(message))
        drawn = self._lifelines.of_message(message)[number - self._starts[place]]
        return spans("".join(finished([drawn], width, self._signs)))

    def event_at(self, line: int) -> int:
        """The event of a line."""
        return self._messages[self._place_of(line)].index if 0 <= line < len(self) else -1

    def line_of(self, event: int) -> int:
        """The line of an event."""
        return self._lines.get(event, 0)

    def _place_of(self, line: int) -> int:
        return bisect_right(self._starts, line) - 1


def _told(message: Message) -> str:
    """A message as a sentence, for people who hear it."""
    if message.event is not None:
        groups = ", ".join(dict.fromkeys(seen.group for seen in message.event.consumers))
        return f"{message.event.publisher} to {groups or 'no consumer that reported it'}: {message.event.topic}"
    assert message.request is not None
    caller, callee = message.request.caller or "a client", message.request.callee
    return (
        f"{callee} to {caller}: {message.request.answer}"
        if message.answered
        else (f"{caller} to {callee}: {message.request.name}")
    )


class StatesDrawing:
    """A line for each event with the status of the order after it, and the money at the end."""

    def __init__(self, drawn: Drawn, judged: Judged, signs: Signs) -> None:
        self._steps, self._signs, self._started_at = judged.steps, signs, drawn.flow.started_at
        self._places = width_of_places(drawn.flow)
        self._books = books_lines(drawn.flow)

    def __len__(self) -> int:
        return len(self._steps) + len(self._books)

    def heading(self, width: int) -> Sequence[Line]:  # noqa: ARG002 - as long as it is
        """The names of the columns."""
        names = f"{'after':>10}  {'status':<10}  {'event':<{self._places}}  what changed"
        return [(Span(names, "dim"),)]

    def line(self, number: int, width: int) -> Line:
        """An event with its status."""
        if number >= len(self._steps):
            return spans("".join(finished([self._books[number - len(self._steps)]], width, self._signs)), "strong")
        step = self._steps[number]
        known = self._steps[number - 1].status if number else ""
        line = state_line(step, known, self._started_at, self._places, self._signs)
        look = OF_STATUS.get(step.status, "plain") if step.status != known else "plain"
        return spans("".join(finished([line], width, self._signs)), look)

    def event_at(self, line: int) -> int:
        """The event of a line."""
        return line if 0 <= line < len(self._steps) else -1

    def line_of(self, event: int) -> int:
        """The line of an event."""
        return event


class DiagnosisDrawing:
    """The findings with their evidence and what to look at, the longest wait, and the signs of the bars."""

    def __init__(self, drawn: Drawn, judged: Judged, width: int, signs: Signs) -> None:
        self._lines: list[Line] = []
        self._events: list[int] = []
        index = {event.place: number for number, event in enumerate(drawn.flow.events)}
        for finding in judged.findings:
            look: Look = "bad" if finding.kind in BROKEN else "plain"
            about = -1 if finding.about is None else index.get(finding.about.place, -1)
            lines = finished(finding_lines(finding, width, signs), width, signs)
            self._add([spans(line, look) for line in lines], about)
        if not judged.findings:
            good = finished(["Everything happened as the contracts promise."], width, signs)
            self._add([spans(line, "good") for line in good], -1)
        went = finished(diagnosis(drawn.flow, (), width, signs), width, signs)
        legend = finished(legend_of(drawn.flow, drawn.end, signs), width, signs)
        self._add([(), *(spans(line) for line in went), (), *(spans(line, "dim") for line in legend)], -1)

    def __len__(self) -> int:
        return len(self._lines)

    def heading(self, width: int) -> Sequence[Line]:  # noqa: ARG002 - none
        """Nothing stands above it."""
        return []

    def line(self, number: int, width: int) -> Line:  # noqa: ARG002 - made for its width
        """A line of it."""
        return self._lines[number]

    def event_at(self, line: int) -> int:
        """The event that a finding is about."""
        return self._events[line] if 0 <= line < len(self._events) else -1

    def line_of(self, event: int) -> int:
        """The first finding about an event, or the first line."""
        return self._events.index(event) if event in self._events else 0

    def _add(self, lines: Sequence[Line], event: int) -> None:
        self._lines += lines
        self._events += [event] * len(lines)


class DifferenceDrawing:
    """How long everything took in two flows, side by side, in milliseconds."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines

    def __len__(self) -> int:
        return len(self._lines) - 1

    def heading(self, width: int) -> Sequence[Line]:
        """The ids of both."""
        return [cut_line((Span(shown(self._lines[0]), "strong"),), width)]

    def line(self, number: int, width: int) -> Line:
        """One event, hop or kind of time."""
        return cut_line(spans(self._lines[number + 1]), width)

    def event_at(self, line: int) -> int:  # noqa: ARG002 - they are of two flows
        """No line is of one event."""
        return -1

    def line_of(self, event: int) -> int:  # noqa: ARG002 - as above
        """The first line."""
        return 0
