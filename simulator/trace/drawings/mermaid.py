"""A flow as a Mermaid sequence diagram, for Markdown files and the live editors of Mermaid."""

from __future__ import annotations

from collections.abc import Sequence

from services_stub.contracts.events import HopOutcome
from simulator.trace.drawings.plain import duration, plain
from simulator.trace.findings import BROKEN, Finding
from simulator.trace.flow import Flow, FlowEvent

MOST_EVENTS = 500
_LONGEST_TEXT = 120
_SAFE = frozenset(" -_.,+/()[]@=")


def mermaid(flow: Flow, findings: Sequence[Finding] = ()) -> list[str]:
    """The lines of the diagram: an asynchronous arrow from the publisher of each event to each of its consumers.

    Of a longer flow the first `MOST_EVENTS` events are drawn. Texts are escaped: none of them is ever markup.
    """
    events = flow.events[:MOST_EVENTS]
    names = dict.fromkeys(event.publisher for event in events)
    names |= dict.fromkeys(seen.group for event in events for seen in event.consumers)
    ids = {name: f"s{number}" for number, name in enumerate(names)}
    lines = ["sequenceDiagram"]
    lines += [f"    participant {ids[name]} as {_escaped(name or 'unknown')}" for name in names]
    if not names:
        lines.append("    participant s0 as no event was found")
    for event in events:
        lines += _event(flow, event, ids)
    for finding in findings:
        if finding.kind in BROKEN:
            over = ids.get(finding.about.publisher if finding.about is not None else "", next(iter(ids.values()), "s0"))
            lines.append(f"    Note over {over}: {_escaped(f'{finding.kind}: {finding.what}')}")
    return lines


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
