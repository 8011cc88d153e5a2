"""The evidence of violations: the events and requests that show them, the flow as a drawing, and a command."""

from __future__ import annotations

import shlex
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

import msgspec

from services_stub.contracts.times import from_microseconds, rfc3339
from simulator.auditor.checks import MEANING, Check
from simulator.auditor.violation import Violation
from simulator.history.directory import RunDirectory
from simulator.history.operations import Operation, operations_in
from simulator.trace.drawings import draw
from simulator.trace.findings import findings_of
from simulator.trace.flow import Flow
from simulator.trace.recording import recorded
from simulator.trace.records import place_text
from simulator.trace.store import FlowStore
from simulator.trace.stream import line_of

MOST_PER_CHECK = 10
"""Violations of one check whose evidence is gathered."""
_WIDTH = 110
_MOST_EVENTS = 40
_MOST_OPERATIONS = 10


class Evidence(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A violation with all that shows it, each as a line to read. `replay` is a command."""

    check: str
    meaning: str
    about: str
    detail: str
    correlation_id: str
    places: list[str]
    events: list[str]
    operations: list[str]
    flow: list[str]
    replay: str


def evidence_of(directory: RunDirectory, violations: Sequence[Violation]) -> list[Evidence]:
    """The evidence of the first violations of each check; raises as reading the files of the run does."""
    chosen: list[Violation] = []
    counts: Counter[str] = Counter()
    for violation in violations:
        counts[violation.check] += 1
        if counts[violation.check] <= MOST_PER_CHECK:
            chosen.append(violation)
    flows = {violation.flow for violation in chosen if violation.flow}
    places = {place for violation in chosen for place in violation.places}
    store = FlowStore(wanted=flows.__contains__)
    lines: dict[str, str] = {}
    for batch in recorded(directory.records):
        store.add_all(batch)
        lines |= {place_text(record.place): line_of(record) for record in batch if record.place in places}
    operations = _operations(directory, chosen)
    return [_evidence(directory, violation, store, lines, operations) for violation in chosen]


def _evidence(
    directory: RunDirectory,
    violation: Violation,
    store: FlowStore,
    lines: dict[str, str],
    operations: dict[str, list[Operation]],
) -> Evidence:
    flow = store.flow(violation.flow) if violation.flow else None
    places = [place_text(place) for place in violation.places]
    shown = [lines[place] for place in places if place in lines]
    if flow is not None and not shown:
        shown = _events(flow)
    asked = {
        id(operation): operation
        for name in (violation.about, violation.flow, *violation.requests)
        for operation in operations.get(name, ())
    }
    drawn = [] if flow is None else draw(flow, findings_of(flow, store.seen()), "waterfall", _WIDTH, None, False)
    command = ["marketplace", "trace", "show", violation.flow, "--recording", str(directory.records)]
    return Evidence(
        check=violation.check,
        meaning=MEANING[Check(violation.check)],
        about=violation.about,
        detail=violation.detail,
        correlation_id=violation.flow,
        places=places or ([] if flow is None else [event.place for event in flow.events][:_MOST_EVENTS]),
        events=shown,
        operations=[_operation_text(each) for each in list(asked.values())[:_MOST_OPERATIONS]],
        flow=drawn,
        replay=shlex.join(command) if flow is not None else "",
    )


def _events(flow: Flow) -> list[str]:
    return [f"{event.place}  {event.publisher}" for event in flow.events[:_MOST_EVENTS]]


def _operations(directory: RunDirectory, violations: Iterable[Violation]) -> dict[str, list[Operation]]:
    """The operations that concern violations, by order and by request."""
    wanted = {name for each in violations for name in (each.about, each.flow, *each.requests) if name}
    found: dict[str, list[Operation]] = defaultdict(list)
    for operation in operations_in(directory.operations) if directory.operations.exists() else ():
        for name in {operation.order_id, operation.request_id} & wanted:
            found[name].append(operation)
    return found


def _operation_text(operation: Operation) -> str:
    sent = rfc3339(from_microseconds(operation.sent_at))[11:]
    parts = [
        f"{sent} {operation.operation} by {operation.role} {operation.user_id or '-'}: {operation.outcome.value}",
        f"HTTP {operation.status}",
        f"request {operation.request_id}",
        f"session {operation.session}, step {operation.step}",
    ]
    if operation.idempotency_key:
        parts.append(f"key {operation.idempotency_key}")
    return ", ".join(parts)
