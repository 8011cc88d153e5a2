"""A flow as a Mermaid sequence diagram, for Markdown files and the live editors of Mermaid."""

from __future__ import annotations

from collections.abc import Sequence

from services_stub.contracts.events import HopOutcome
from simulator.trace.drawings.messages import Message, messages_of, names_in
from simulator.trace.drawings.plain import duration, plain
from simulator.trace.findings import Finding
from simulator.trace.flow import Flow, FlowEvent, FlowRequest
from simulator.trace.kinds import BROKEN

MOST_EVENTS = 500
_LONGEST_TEXT = 120
_SAFE = frozenset(" -_.,+/()[]@=")


def mermaid(flow: Flow, findings: Sequence[Finding] = ()) -> list[str]:
    """The lines of the diagram: an asynchronous arrow from the publisher of each event to each of its consumers.

    A request is an arrow to its callee, and its answer a dashed one back.

    Of a longer flow the first `MOST_EVENTS` events are drawn. Texts are escaped: none of them is ever markup.
    """
    messages = messages_of(flow, MOST_EVENTS)
    names = dict.fromkeys(names_in(messages))
    names |= dict.fromkeys(seen.group for each in messages if each.event for seen in each.event.consumers)
    ids = {name: f"s{number}" for number, name in enumerate(names)}
    lines = ["sequenceDiagram"]
    lines += [f"    participant {ids[name]} as {_escaped(name or 'unknown')}" for name in names]
    if not names:
        lines.append("    participant s0 as no event was found")
    for message in messages:
        lines += _message(flow, message, ids)
    for finding in findings:
        if finding.kind in BROKEN:
            over = ids.get(finding.about.publisher if finding.about is not None else "", next(iter(ids.values()), "s0"))
            lines.append(f"    Note over {over}: {_escaped(f'{finding.kind}: {finding.what}')}")
    return lines


def _message(flow: Flow, message: Message, ids: dict[str, str]) -> list[str]:
    if message.event is not None:
        return _event(flow, message.event, ids)
    assert message.request is not None
    return [_request(flow, message.request, ids, answered=message.answered)]


def _request(flow: Flow, request: FlowRequest, ids: dict[str, str], *, answered: bool) -> str:
    callee = ids[request.callee]
    said = request.answer if answered else f"{request.name} +{duration(request.started_at - flow.started_at)}"
    if not request.caller:
        return f"    Note right of {callee}: {_escaped(said)}"
    caller = ids[request.caller]
    if not answered:
        return f"    {caller}->>{callee}: {_escaped(said)}"
    return f"    {callee}--{'x' if request.failed else '>>'}{caller}: {_escaped(said)}"


def _event(flow: Flow, event: FlowEvent, ids: dict[str, str]) -> list[str]:
    source = ids[event.publisher]
    said = f"{event.topic} +{duration(event.at - flow.started_at)}"
    if not event.consumers:
        return [f"    Note right of {source}: {_escaped(said)}"]
    return [
        f"    {source}{'-x' if seen.outcome is HopOutcome.DEAD_LETTER else '-)'}{ids[seen.group]}: "
        + _escaped(said if seen.outcome is HopOutcome.HANDLED else f"{said} ({seen.outcome})")
        for seen in event.consumers
    ]


def _escaped(text: str) -> str:
    """`text` with everything that Mermaid could read as its own as a numeric entity."""
    return "".join(
        character if character.isalnum() or character in _SAFE else f"#{ord(character)};"
        for character in plain(text)[:_LONGEST_TEXT]
    )
