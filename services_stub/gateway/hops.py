"""Reports the requests that the gateway passed on: those of flows, as the services name them in their answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import structlog

from services_stub.contracts.events.trace import RequestHop
from services_stub.gateway.openapi import OWN
from services_stub.runtime.clock import microseconds
from services_stub.runtime.context import Context
from services_stub.runtime.hops import REPORT_EVERY, HopReporter
from services_stub.runtime.kafka.producer import Publisher
from services_stub.runtime.periodic import PeriodicWorker
from services_stub.runtime.sampling import SampleSender

_FLUSH_SECONDS = 1.0


class Sender(SampleSender, Protocol):
    """The part of a producer that is needed here."""

    def poll(self) -> None:
        """Report what was delivered."""

    def flush(self, timeout: float) -> int:
        """Wait until all is delivered; the number that is not."""


class RequestHops:
    """A worker that sends what was noted, by a producer of its own: the gateway has none otherwise."""

    def __init__(self, context: Context, sender_of: Callable[[], Sender]) -> None:
        self._context, self._sender_of = context, sender_of
        self._sender: Sender | None = None
        self._worker = PeriodicWorker("request-hops", self._send, REPORT_EVERY)

    def note(self, named: str, method: str, service: str, status: int, seconds: float) -> None:
        """Report a request to `service` that took `seconds` until now; `named` is the header `HOP_HEADER` of it."""
        correlation_id, _, rest = named.partition(" ")
        request_id, _, path = rest.partition(" ")
        now = microseconds()
        request = RequestHop(
            request_id=request_id,
            correlation_id=correlation_id,
            method=method,
            path=path,
            status=status,
            caller=OWN,
            callee=service,
            started_at=now - round(seconds * 1_000_000),
            answered_at=now,
        )
        self._context.hops.report_request(request)

    def start(self) -> None:
        """Begin to send."""
        self._sender = self._sender_of()
        self._context.hops = HopReporter(self._context.settings, self._sender)
        self._worker.start()

    def stop(self, timeout: float) -> None:
        """Send what is left."""
        self._worker.stop(timeout)
        self._context.hops.flush(now=True)
        if self._sender is not None:
            self._sender.flush(_FLUSH_SECONDS)

    def _send(self) -> bool:
        self._context.hops.flush()
        if self._sender is not None:
            self._sender.poll()
        return False


def request_hops_of(context: Context) -> RequestHops | None:
    """The reports of a gateway with this context; None where nothing is sampled."""
    if context.settings.trace_sampling <= 0:
        return None
    return RequestHops(context, lambda: Publisher(context.settings, _on_fatal))


def _on_fatal(error: Exception) -> None:
    structlog.get_logger().error("requests are not reported any more", reason=str(error))
