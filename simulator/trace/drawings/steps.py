"""A flow step by step: each event with its way from the publisher over its topic, and the states that it changed."""

from __future__ import annotations

from simulator.trace.changes import Change, transitions_of
from simulator.trace.drawings.plain import ASCII, UNICODE, Signs, duration, finished, wrapped
from simulator.trace.flow import Flow, FlowEvent

_INDENT = "      "


def steps(flow: Flow, *, width: int = 80, ascii_only: bool = False) -> list[str]:
    """The steps of a flow."""
    signs = ASCII if ascii_only else UNICODE
    if not flow.events:
        return finished(["no event of this flow was found"], width, signs)
    lines: list[str] = []
    for number, step in enumerate(transitions_of(flow), 1):
        time = f"+{duration(step.event.at - flow.started_at)}"
        lines += wrapped(f"{number}/{len(flow.events)} {time} {way_of(step.event, signs)}", width, _INDENT)
        for change in step.changes:
            lines += wrapped(change_words(change, signs), width, f"{_INDENT}  ", first=_INDENT)
    return finished(lines, width, signs)


def way_of(event: FlowEvent, signs: Signs) -> str:
    """Publisher, topic and consumers of an event."""
    groups = ", ".join(groups_of(event)) or "no consumer has reported it"
    arrow = signs.across + signs.right
    return f"{event.publisher} {arrow} {event.topic} {arrow} {groups}"


def groups_of(event: FlowEvent) -> tuple[str, ...]:
    """The groups that did something with an event, by reports and dead letters."""
    given_up = (each.group for each in event.dead_letters)
    return tuple(dict.fromkeys((*(seen.group for seen in event.consumers), *given_up)))


def change_words(change: Change, signs: Signs) -> str:
    """A change in a line."""
    return f"{change.what}: {change.before or '-'} {signs.across}{signs.right} {change.after}"
