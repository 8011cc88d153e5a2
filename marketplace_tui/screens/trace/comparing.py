"""Two flows side by side: the first one is marked, the second one compared with it."""

from __future__ import annotations

from marketplace_tui.model.trace.flow import FlowModel
from marketplace_tui.screens.base import ClientScreen
from marketplace_tui.text.values import short_id


def compared(screen: ClientScreen, model: FlowModel) -> bool:
    """Mark a flow, or compare it with the marked one, which is the mark no longer then; whether it was compared."""
    marketplace = screen.client_app.marketplace
    marked, drawn = marketplace.marked_flow, model.drawn
    if drawn is None:
        return False
    if marked is None or marked.correlation_id == model.flow_id:
        marketplace.marked_flow = drawn.flow
        screen.say(f"{short_id(model.flow_id)} is marked: D on another flow puts both side by side")
        return False
    marketplace.marked_flow = None
    model.compare(marked)
    return True
