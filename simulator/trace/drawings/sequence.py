"""A flow as a sequence diagram: a lifeline for each service that published, an arrow to each that handled an event.

Services that only listened share one lifeline at the right, so that a purchase fits 80 columns.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from services_stub.contracts.events import HopOutcome
from simulator.trace.drawings.plain import ASCII, UNICODE, Signs, duration, finished, fit, padded, plain
from simulator.trace.flow import Flow, FlowEvent

MOST_EVENTS = 500
_NARROWEST = 4


def sequence(flow: Flow, *, width: int = 80, ascii_only: bool = False) -> list[str]:
    """The lines, none wider than `width` cells. Of a longer flow the first `MOST_EVENTS` events are drawn."""
    signs = ASCII if ascii_only else UNICODE
    if not flow.events:
        return finished(["no event of this flow was found"], width, signs)
    lifelines, others = _lifelines(flow, max(1, width // 12))
    step = max(_NARROWEST, width // max(1, len(lifelines)))
    places = {name: number * step + step // 2 for number, name in enumerate(lifelines)}
    lines = ["".join(padded(fit(name, step - 1, signs.more).center(step - 1), step) for name in lifelines)]
    if others:
        lines.append(fit(f"others: {', '.join(others)}", width, signs.more).rjust(0))
    for event in flow.events[:MOST_EVENTS]:
        lines.append(_label(flow, event, places, signs))
        arrows = _arrows(event, places, others, signs)
        if arrows:
            lines.append(arrows)
    if len(flow.events) > MOST_EVENTS:
        lines.append(f"{signs.more} {len(flow.events) - MOST_EVENTS:,} more events")
    return finished(lines, width, signs)


def _lifelines(flow: Flow, most: int) -> tuple[list[str], list[str]]:
    """The publishers in the order in which they are first seen, and `others` with those that it stands for."""
    publishers = list(dict.fromkeys(event.publisher for event in flow.events))
    groups = dict.fromkeys(seen.group for event in flow.events for seen in event.consumers)
    shown = publishers[:most]
    others = [name for name in (*publishers[most:], *groups) if name not in shown]
    return ([*shown, "others"] if others else shown), list(dict.fromkeys(others))


def _label(flow: Flow, event: FlowEvent, places: dict[str, int], signs: Signs) -> str:
    at = places.get(event.publisher, places.get("others", 0))
    outcomes = [f"{seen.group} {seen.outcome}" for seen in event.consumers if seen.outcome is not HopOutcome.HANDLED]
    text = f"{signs.tee} {event.topic} +{duration(event.at - flow.started_at)}"
    if outcomes:
        text += f" ({', '.join(outcomes)})"
    return _over(_verticals(places, signs), at, plain(text))


def _arrows(event: FlowEvent, places: dict[str, int], others: Sequence[str], signs: Signs) -> str:
    """The line with an arrow from the publisher to each consumer; empty where there is none."""
    start = places.get(event.publisher, places.get("others", 0))
    targets = sorted(
        {places["others"] if seen.group in others else places[seen.group] for seen in event.consumers} - {start}
    )
    if not targets:
        return ""
    cells = list(_verticals(places, signs))
    for at in range(min(start, *targets), max(start, *targets)):
        if cells[at] == " ":
            cells[at] = signs.across
    cells[start] = signs.tee if targets[-1] > start and targets[0] > start else signs.line
    for target in targets:
        cells[target - 1 if target > start else target + 1] = signs.right if target > start else signs.left
    return "".join(cells)


def _verticals(places: dict[str, int], signs: Signs) -> str:
    cells = [" "] * (max(places.values()) + 1)
    for at in places.values():
        cells[at] = signs.line
    return "".join(cells)


def _over(line: str, at: int, text: str) -> str:
    """`line`, whose characters take one cell each, with `text` laid over it from the cell `at` on."""
    return line[:at] + text + line[at + cell_len(text) :]
