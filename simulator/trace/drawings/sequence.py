"""A flow as a sequence diagram: a lifeline for each service that published, asked or was asked.

Arrows lead from an event to each that handled it, and from one who asks to the one who answers, and back. Services that
only listened share one lifeline at the right, so that a purchase fits 80 columns.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from services_stub.contracts.events import HopOutcome
from simulator.trace.drawings.messages import Message, messages_of, names_in
from simulator.trace.drawings.plain import ASCII, UNICODE, Signs, duration, finished, fit, padded, plain
from simulator.trace.flow import Flow, FlowEvent, FlowRequest

MOST_EVENTS = 500
_NARROWEST = 4


def sequence(flow: Flow, *, width: int = 80, ascii_only: bool = False) -> list[str]:
    """The lines, none wider than `width` cells. Of a longer flow the first `MOST_EVENTS` events are drawn."""
    signs = ASCII if ascii_only else UNICODE
    if not flow.events:
        return finished(["no event of this flow was found"], width, signs)
    drawn = Lifelines(flow, width, signs)
    lines = drawn.heading()
    for message in messages_of(flow, MOST_EVENTS):
        lines += drawn.of_message(message)
    if len(flow.events) > MOST_EVENTS:
        lines.append(f"{signs.more} {len(flow.events) - MOST_EVENTS:,} more events")
    return finished(lines, width, signs)


class Lifelines:
    """The lines of a sequence diagram, made when they are asked for; `finished` cuts them to their width."""

    def __init__(self, flow: Flow, width: int, signs: Signs) -> None:
        self._started_at, self._width, self._signs = flow.started_at, width, signs
        self._lifelines, self._others = _lifelines(flow, max(1, width // 12))
        self._step = max(_NARROWEST, width // max(1, len(self._lifelines)))
        self._places = {name: number * self._step + self._step // 2 for number, name in enumerate(self._lifelines)}

    def heading(self) -> list[str]:
        """The names of the lifelines, and of those that share the last one."""
        step, more = self._step, self._signs.more
        lines = ["".join(padded(fit(name, step - 1, more).center(step - 1), step) for name in self._lifelines)]
        return [*lines, fit(f"others: {', '.join(self._others)}", self._width, more)] if self._others else lines

    def count(self, message: Message) -> int:
        """How many lines a message has, without drawing them."""
        if message.event is not None:
            return 2 if self._targets(message.event) else 1
        return 1 if message.answered or not self._has_arrow(message) else 2

    def of_message(self, message: Message) -> list[str]:
        """An event on the lifeline of its publisher, a request on that of its caller; and arrows to those it is for."""
        if message.event is not None:
            drawn = [
                self._label(message.event),
                self._arrows(self._place_of(message.event.publisher), self._targets(message.event)),
            ]
        else:
            assert message.request is not None
            drawn = self._answer(message.request) if message.answered else self._sent(message.request)
        return drawn[: self.count(message)]

    def _place_of(self, name: str) -> int:
        return self._places.get(name, self._places.get("others", 0))

    def _targets(self, event: FlowEvent) -> set[int]:
        return {self._place_of(seen.group) for seen in event.consumers} - {self._place_of(event.publisher)}

    def _label(self, event: FlowEvent) -> str:
        outcomes = [
            f"{seen.group} {seen.outcome}" for seen in event.consumers if seen.outcome is not HopOutcome.HANDLED
        ]
        text = f"{self._signs.tee} {event.topic} +{duration(event.at - self._started_at)}"
        if outcomes:
            text += f" ({', '.join(outcomes)})"
        return _over(self._verticals(), self._place_of(event.publisher), plain(text))

    def _has_arrow(self, message: Message) -> bool:
        request = message.request
        return (
            request is not None
            and bool(request.caller)
            and self._place_of(request.caller) != self._place_of(request.callee)
        )

    def _sent(self, request: FlowRequest) -> list[str]:
        text = f"{self._signs.tee} {request.name} +{duration(request.started_at - self._started_at)}"
        callee, start = self._place_of(request.callee), self._place_of(request.caller or request.callee)
        return [_over(self._verticals(), start, plain(text)), self._arrows(start, {callee})]

    def _answer(self, request: FlowRequest) -> list[str]:
        """The arrow back, with the status on it where it has room."""
        caller, start = self._place_of(request.caller or request.callee), self._place_of(request.callee)
        words = f" {request.answer} "
        if caller == start:
            return [_over(self._verticals(), start, f"{self._signs.tee}{words}")]
        line = self._arrows(start, {caller})
        left, right = min(caller, start) + 2, max(caller, start) - 1
        at = left + (right - left - len(words)) // 2
        return [_over(line, at, words) if left <= at else line]

    def _arrows(self, start: int, towards: set[int]) -> str:
        """The line with an arrow from the lifeline at `start` to each of others; empty where there is none."""
        targets, signs = sorted(towards - {start}), self._signs
        if not targets:
            return ""
        cells = list(self._verticals())
        for at in range(min(start, *targets), max(start, *targets)):
            if cells[at] == " ":
                cells[at] = signs.across
        cells[start] = signs.tee if targets[-1] > start and targets[0] > start else signs.line
        for target in targets:
            cells[target - 1 if target > start else target + 1] = signs.right if target > start else signs.left
        return "".join(cells)

    def _verticals(self) -> str:
        cells = [" "] * (max(self._places.values()) + 1)
        for at in self._places.values():
            cells[at] = self._signs.line
        return "".join(cells)


def _lifelines(flow: Flow, most: int) -> tuple[list[str], Sequence[str]]:
    """The publishers in the order in which they are first seen, and `others` with those that it stands for."""
    publishers = names_in(messages_of(flow))
    groups = dict.fromkeys(seen.group for event in flow.events for seen in event.consumers)
    shown = publishers[:most]
    others = [name for name in (*publishers[most:], *groups) if name not in shown]
    return ([*shown, "others"] if others else shown), list(dict.fromkeys(others))


def _over(line: str, at: int, text: str) -> str:
    """`line`, whose characters take one cell each, with `text` laid over it from the cell `at` on."""
    return line[:at] + text + line[at + cell_len(text) :]
