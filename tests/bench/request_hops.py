"""The CPU time that reports of requests cost an order: `python -m tests.bench.request_hops`.

A whole marketplace on a busy machine varies by more from one run to the next, so each part is timed alone: the
application around a service with its reports and without, the gateway's note, a call of a checkout, and the sending to
a broker in this process, whose own work counts as well.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from types import SimpleNamespace
from typing import Any

from confluent_kafka import Producer

from services_stub.contracts.base import Event
from services_stub.contracts.encoding import encode_json
from services_stub.contracts.envelope import Cause, new_traceparent
from services_stub.contracts.events.trace import HopsReported, RequestHop
from services_stub.contracts.topics import TRACE_HOPS
from services_stub.gateway.hops import RequestHops
from services_stub.order.api.peers import Attempt, CheckoutPeers
from services_stub.runtime.hops import HopReporter
from services_stub.runtime.request_hops import ReportedRequests, belongs_to
from services_stub.runtime.settings import Settings
from tests.bench.machine import description
from tests.raw_kafka import broker_in_thread

ROUNDS, CALLS = 15, 2_000
PER_REPORT = 30
"""Requests in a report: as many as a service answers in the tenth of a second between two at 300 orders a second."""

CAUSE = Cause("0191f3f2-order", "0191f3f2-request", new_traceparent(sampled=True))
ATTEMPT = Attempt("0191f3f2-order", "a", "u", CAUSE)
SETTINGS = Settings(service="bench", instance="bench-1", port=0, bootstrap_servers="", data_dir="", internal_token="")
SCOPE: Any = {"type": "http", "method": "POST", "path_template": "/api/orders", "headers": []}
START: Any = {"type": "http.response.start", "status": 201, "headers": [(b"content-type", b"application/json")]}
COMPLETE: Any = {"type": "http.response.body", "body": b"{}"}


class _Dropping:
    """A sender that is never reached: nothing is flushed."""

    def send(self, *_record: object) -> bool:
        raise AssertionError

    def waiting(self) -> int:
        return 0


def main() -> None:
    """Measure and print."""
    _say(description())
    _say(f"CPU time in microseconds per order: median of {ROUNDS} rounds of {CALLS} (least to most)\n")
    parts = [*_parts()]
    total = 0.0
    for name, times, found in parts:
        each = statistics.median(found)
        total += times * each
        _say(f"  {name:<52} {times:>5.2f} × {each:6.2f} ({min(found):.2f} to {max(found):.2f})")
    _say(f"  {'all':<52} {total:>16.2f}")


def _parts() -> Iterator[tuple[str, float, list[float]]]:
    """Each part: how often an order takes it, and its cost in each round.

    An order adds to the cart through gateway and cart, and is placed through gateway, order, cart and product.
    """
    hops = HopReporter(SETTINGS, _Dropping())
    flow, none = (_differences(ReportedRequests(app, "bench", hops), app) for app in (_answers(CAUSE), _answers(None)))
    yield "a service's request of a flow", 3, flow
    yield "a service's request of none", 1, none
    context: Any = SimpleNamespace(hops=hops)
    noted = RequestHops(context, _never)
    named = f"{CAUSE.correlation_id} {CAUSE.causation_id} /api/orders"
    yield "the gateway's note of a request", 1, _rounds(lambda: noted.note(named, "POST", "order", 201, 0.01), hops)
    unused: Any = None
    peers = CheckoutPeers(unused, hops)
    yield "a call of a checkout", 2, _rounds(lambda: _call(peers._reported), hops)
    yield "a request in a report that is encoded and sent", 6, _sending()


def _answers(cause: Cause | None) -> Any:
    async def app(_scope: object, _receive: object, send: Callable[[Any], Awaitable[None]]) -> None:
        if cause is not None:
            belongs_to(cause)
        await send({**START})
        await send(COMPLETE)

    return app


def _differences(reported: Any, bare: Any) -> list[float]:
    """Of the application with reports to that without, in alternation."""
    hops = reported._hops
    return [_asked(reported, hops) - _asked(bare, hops) for _ in range(ROUNDS)]


def _asked(app: Any, hops: HopReporter) -> float:
    async def send(_message: object) -> None:
        pass

    async def ask() -> float:
        begun = time.thread_time()
        for _ in range(CALLS):
            await app(SCOPE, None, send)
        return time.thread_time() - begun

    taken = asyncio.run(ask())
    hops._requests.clear()
    return taken / CALLS * 1e6


def _rounds(call: Callable[[], None], hops: HopReporter) -> list[float]:
    found = []
    for _ in range(ROUNDS):
        begun = time.thread_time()
        for _ in range(CALLS):
            call()
        found.append((time.thread_time() - begun) / CALLS * 1e6)
        hops._requests.clear()
    return found


def _call(reported: Any) -> None:
    with reported(ATTEMPT, "cart", "POST", "/internal/checkouts"):
        pass


def _sending() -> list[float]:
    """With all threads of this process: those of the client and of the broker."""
    cluster, servers = broker_in_thread(TRACE_HOPS)
    producer = Producer({"bootstrap.servers": servers, "linger.ms": 5, "compression.type": "none"})
    hop = RequestHop(
        request_id="r" * 36,
        correlation_id="o" * 36,
        method="POST",
        path="/internal/checkouts",
        status=201,
        caller="order",
        callee="cart",
        started_at=time.time_ns() // 1000,
        answered_at=time.time_ns() // 1000,
    )
    report: Event = HopsReported(group="bench", instance="bench-1", hops=[], requests=[hop] * PER_REPORT)
    found = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        for _ in range(CALLS // PER_REPORT):
            producer.produce(TRACE_HOPS, encode_json(report), b"bench-1")
            producer.flush(5)
        found.append((time.process_time() - begun) / (CALLS // PER_REPORT) / PER_REPORT * 1e6)
    del cluster
    return found


def _never() -> Any:
    raise AssertionError


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    main()
