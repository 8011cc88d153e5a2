"""The requests and sagas that a fault hit: those that were under way while it was in force."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from simulator.history import FaultRecord, Operation
from simulator.run.sagas import Saga


def with_hits(
    faults: Sequence[FaultRecord], operations: Iterable[Operation], sagas: Iterable[Saga], now: int
) -> list[FaultRecord]:
    """The faults as they were planned one after the other, with the number of requests and sagas that each one hit.

    `now` is the end of what has no end.
    """
    requests = [(operation.sent_at, operation.done_at) for operation in operations]
    orders = [(saga.created_at, saga.settled_at or now) for saga in sagas if saga.created_at]
    return [
        replace(
            fault,
            hit_requests=_under_way(requests, fault.begun_at, fault.ended_at or now),
            hit_sagas=_under_way(orders, fault.begun_at, fault.ended_at or now),
        )
        if fault.begun_at
        else fault
        for fault in sorted(faults, key=lambda fault: fault.planned_at)  # they are told of as they end
    ]


def _under_way(times: Iterable[tuple[int, int]], begin: int, end: int) -> int:
    return sum(begun <= end and ended >= begin for begun, ended in times)
