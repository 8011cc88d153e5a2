"""The drawing of a view, and the line on which the cursor stays when another drawing is shown."""

from __future__ import annotations

from marketplace_tui.model.trace.flow import FlowModel
from marketplace_tui.screens.trace.drawings import (
    DiagnosisDrawing,
    DifferenceDrawing,
    FlowDrawing,
    SequenceDrawing,
    StatesDrawing,
    WaterfallDrawing,
)
from simulator.trace.drawings.messages import messages_of
from simulator.trace.drawings.plain import Signs
from simulator.trace.drawings.sequence import Lifelines
from simulator.trace.events import FlowEvent, is_same
from simulator.trace.flow import Flow

WATERFALL, SEQUENCE, STATES, DIAGNOSIS = VIEWS = ("Waterfall", "Sequence", "States", "Diagnosis")
DIFFERENCE = "Difference"


def views_of(model: FlowModel) -> tuple[str, ...]:
    """The views that a flow has now."""
    return (*VIEWS, DIFFERENCE) if model.difference else VIEWS


def drawing_of(model: FlowModel, view: str, width: int, room: int, signs: Signs, *, flat: bool) -> FlowDrawing | None:
    """A view of a flow for a width and a number of lines; None while it cannot be drawn."""
    drawn, judged = model.drawn, model.judged_now
    if drawn is None:
        return None
    if view == SEQUENCE:
        return SequenceDrawing(messages_of(drawn.flow), Lifelines(drawn.flow, width, signs), signs, flat=flat)
    if view == DIFFERENCE:
        return DifferenceDrawing(model.difference)
    if view != WATERFALL:
        if judged is None:
            return None
        if view == STATES:
            return StatesDrawing(drawn, judged, signs)
        return DiagnosisDrawing(drawn, judged, width, signs)
    return WaterfallDrawing(model.layout(room), model.shown, model.hits, signs, flat=flat)


def line_after(before: FlowDrawing | None, cursor: int, drawing: FlowDrawing, index: int) -> int:
    """The line of the event with an index, as far below its first line as the cursor was; the cursor's without one."""
    if index < 0:
        return cursor
    first = drawing.line_of(index)
    known = -1 if before is None else before.event_at(cursor)
    line = first if before is None or known < 0 else first + cursor - before.line_of(known)
    return line if drawing.event_at(line) == index else first


def event_at(before: FlowDrawing | None, cursor: int, flow: Flow, known: FlowEvent | None) -> int:
    """The index of the event of the cursor: by the drawing of this flow before, or else by where a known event lies.

    -1 where there is none.
    """
    if before is not None:
        return before.event_at(cursor)
    if known is None:
        return -1
    return next((index for index, event in enumerate(flow.events) if is_same(event, known)), -1)
