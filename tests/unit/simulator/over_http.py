"""The HTTP part of the purchase: gateway asks order, order asks cart and product, and each of them reports it."""

from __future__ import annotations

import msgspec

from services_stub.contracts.events import HopsReported, RequestHop
from simulator.trace import TracedRecord
from tests.unit.simulator.purchase import purchase
from tests.unit.simulator.records import ORDER, START

PLACE, TAKE, RESERVE = "/api/orders", "/internal/checkouts", "/internal/reservations"


def asked(
    caller: str, callee: str, path: str, since_ms: float, until_ms: float, *, status: int = 200, request_id: str = ""
) -> RequestHop:
    """The report of a request by its caller; without a caller, by its callee."""
    return RequestHop(
        request_id=request_id or "request-1",
        correlation_id=ORDER,
        method="POST",
        path=path,
        status=status,
        caller=caller,
        callee=callee,
        started_at=START + round(since_ms * 1000),
        answered_at=START + round(until_ms * 1000),
    )


def report(reporter: str, *requests: RequestHop, offset: int = 0) -> TracedRecord:
    """A record of `trace-hops` that tells of requests."""
    content = HopsReported(group=reporter, instance=f"{reporter}-1", hops=[], requests=list(requests))
    return TracedRecord("trace-hops", 1, offset, START + 150_000, (), msgspec.json.encode(content))


PLACED = asked("gateway", "order", PLACE, 0, 7, status=201)
REPORTS_OF_REQUESTS = [
    report("gateway", PLACED),
    report(
        "order",
        asked("", "order", PLACE, 0.5, 6.5, status=201),
        asked("order", "cart", TAKE, 0.75, 1.5),
        asked("order", "product", RESERVE, 1.625, 3.5),
        offset=1,
    ),
    report("cart", asked("", "cart", TAKE, 1, 1.25), offset=2),
    report("product", asked("", "product", RESERVE, 1.75, 3.25), offset=3),
]


def purchase_over_http() -> list[TracedRecord]:
    """All records of the purchase, and those that tell of its requests."""
    return [*purchase(), *REPORTS_OF_REQUESTS]
