"""The consumers of an event as a line of text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from marketplace_tui.text.lines import Line, Look, Span
from marketplace_tui.text.shown import shown
from marketplace_tui.text.signs import ARROW, NONE, SEPARATOR
from services_stub.contracts.events.trace import HopOutcome

if TYPE_CHECKING:
    from simulator.trace import Consumption, FlowEvent


def handled_by(event: FlowEvent) -> Line:
    """The consumers of an event, how many milliseconds later they were done, and any outcome but handled."""
    line: list[Span] = []
    for seen in event.consumers:
        line.append(Span(f" {SEPARATOR} " if line else f"{ARROW} ", "dim"))
        line.append(Span(_consumption(seen, event.at), _look(seen.outcome)))
    return tuple(line) or (Span(NONE, "dim"),)


def _consumption(seen: Consumption, at: int) -> str:
    outcome = "" if seen.outcome is HopOutcome.HANDLED else f" {seen.outcome}"
    return f"{shown(seen.group)} {(seen.handled_at - at) / 1000:+,.0f}{outcome}"


def _look(outcome: HopOutcome) -> Look:
    if outcome in (HopOutcome.HANDLED, HopOutcome.DUPLICATE):
        return "plain"
    return "bad" if outcome is HopOutcome.DEAD_LETTER else "warning"
