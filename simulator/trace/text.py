"""Draws a flow as lines of plain text: one for each event, and below it who consumed it. Fits 80 columns."""

from __future__ import annotations

from services_stub.contracts.envelope import TYPE_PREFIX
from services_stub.contracts.events import HopOutcome
from simulator.trace.flow import Consumption, Flow, FlowEvent

WIDTH = 80
_TIME = 10
_GAP = "  "
_BRANCH = "└► "
_HEADINGS = ("time", "topic[partition]@offset", "type", "published by")


def draw_flow(flow: Flow, *, width: int = WIDTH) -> list[str]:
    """The lines of a flow. Times are milliseconds since its start; of a consumer, when it had committed."""
    if not flow.events:
        return ["no event of this flow was found"]
    cells = [_cells(flow, event) for event in flow.events]
    place = max(len(row[1]) for row in [_HEADINGS, *cells])
    kind = max(len(row[2]) for row in [_HEADINGS, *cells])
    lines = [_row(_HEADINGS, place, kind)]
    for event, row in zip(flow.events, cells, strict=True):
        lines.append(_row(row, place, kind))
        lines.extend(_consumer_lines(flow, event, width))
    return lines


def type_name(kind: str) -> str:
    """A `ce_type` without the prefix that all types of the marketplace have."""
    return kind.removeprefix(f"{TYPE_PREFIX}.")


def milliseconds(seconds: float) -> str:
    """A time as the table shows it."""
    return f"{seconds * 1000:.1f} ms"


def _cells(flow: Flow, event: FlowEvent) -> tuple[str, str, str, str]:
    return (
        milliseconds(flow.since_start(event.at)),
        event.place,
        type_name(event.envelope.type),
        event.publisher,
    )


def _row(cells: tuple[str, str, str, str], place: int, kind: int) -> str:
    time, where, what, who = cells
    return f"{time:>{_TIME}}{_GAP}{where:<{place}}{_GAP}{what:<{kind}}{_GAP}{who}".rstrip()


def _consumer_lines(flow: Flow, event: FlowEvent, width: int) -> list[str]:
    indent = " " * (_TIME + len(_GAP))
    if not event.consumers:
        return [f"{indent}{_BRANCH}no consumer reported it"]
    lines: list[str] = []
    line = indent + _BRANCH
    for position, consumption in enumerate(event.consumers):
        words = _consumer(flow, consumption) + (" · " if position + 1 < len(event.consumers) else "")
        if len((line + words).rstrip()) > width and line.strip() not in ("", _BRANCH.strip()):
            lines.append(line.rstrip())
            line = indent + " " * len(_BRANCH)
        line += words
    return [*lines, line.rstrip()]


def _consumer(flow: Flow, consumption: Consumption) -> str:
    outcome = "" if consumption.outcome is HopOutcome.HANDLED else f" ({consumption.outcome})"
    return f"{consumption.group} {milliseconds(flow.since_start(consumption.committed_at))}{outcome}"
