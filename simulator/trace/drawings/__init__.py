"""Flows as plain text: pure functions of a flow and a width, whose lines are never wider than that."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from simulator.trace.drawings.plain import ASCII, UNICODE, finished
from simulator.trace.drawings.sequence import sequence
from simulator.trace.drawings.states import code, raw, states
from simulator.trace.drawings.steps import steps
from simulator.trace.drawings.waterfall import waterfall
from simulator.trace.drawings.words import diagnosis
from simulator.trace.findings import Finding
from simulator.trace.flow import Flow

_LEAST_HEIGHT = 8


def draw(
    flow: Flow, findings: Sequence[Finding], view: str, width: int, height: int | None, ascii_only: bool
) -> list[str]:
    """A flow by a view: waterfall (with the diagnosis below), sequence, states, steps, code, raw, or all."""
    signs = ASCII if ascii_only else UNICODE
    said = finished(diagnosis(flow, findings, width, signs), width, signs)
    room = None if height is None else max(_LEAST_HEIGHT, height - len(said))
    views: dict[str, Callable[[], list[str]]] = {
        "waterfall": lambda: [
            *waterfall(flow, findings, width=width, height=room, ascii_only=ascii_only),
            *said,
        ],
        "sequence": lambda: sequence(flow, width=width, ascii_only=ascii_only),
        "states": lambda: states(flow, width=width, ascii_only=ascii_only),
        "steps": lambda: steps(flow, width=width, ascii_only=ascii_only),
        "code": lambda: code(flow, width=width, ascii_only=ascii_only),
        "raw": lambda: raw(flow, width=width, ascii_only=ascii_only),
    }
    if view != "all":
        return views[view]()
    return [line for each in views.values() for line in (*each(), "")][:-1]
