"""Hop reports: what a service did with sampled events and requests, sent beside the business and never in its way."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence

from services_stub.contracts import topics
from services_stub.contracts.base import Event
from services_stub.contracts.encoding import encode_json
from services_stub.contracts.envelope import is_sampled
from services_stub.contracts.events.trace import MOST_REQUESTS, Hop, HopOutcome, HopsReported, RequestHop
from services_stub.runtime.sampling import MOST_WAITING, SampleSender
from services_stub.runtime.settings import Settings
from services_stub.runtime.sql.transaction import Received

LARGEST_REPORT = MOST_REQUESTS
MOST_REQUESTS_WAITING = 10 * MOST_REQUESTS
"""Requests that are not sent yet: as many wait only where nothing can be sent, and further ones are dropped."""

REPORT_EVERY = 0.5
"""Seconds. A report is a request to the broker, whatever is in it."""


class HopReporter:
    """Gathers hops and sends them together on `trace-hops`; where many records wait for the broker, they are dropped.

    Events are reported and reports are sent in one thread; requests may be reported in another one meanwhile. It is
    not `enabled` where nothing is sampled, or where the service sends nothing. `dropped` counts the events and requests
    that were sampled and not sent.
    """

    def __init__(self, settings: Settings, sender: SampleSender | None) -> None:
        self._group, self._instance, self._sender = settings.service, settings.instance, sender
        self.enabled = settings.trace_sampling > 0 and sender is not None
        self._hops: list[Hop] = []
        self._requests: deque[RequestHop] = deque()
        self._sent_at = 0.0
        self.dropped = 0

    def report(
        self, batch: Sequence[tuple[Received[Event], HopOutcome]], polled_at: int, handled_at: int, committed_at: int
    ) -> None:
        """Take the events of a batch whose trace is sampled; they are sent with one of the next calls of `flush`."""
        if not self.enabled:
            return
        self._hops += [
            Hop(
                event_id=received.envelope.id,
                correlation_id=received.envelope.correlation_id,
                topic=received.topic,
                partition=received.partition,
                offset=received.offset,
                polled_at=polled_at,
                handled_at=handled_at,
                committed_at=committed_at,
                outcome=outcome,
            )
            for received, outcome in batch
            if is_sampled(received.envelope.traceparent)
        ]

    def report_request(self, request: RequestHop) -> None:
        """Take a request whose trace is sampled; the same then."""
        if len(self._requests) >= MOST_REQUESTS_WAITING:
            self.dropped += 1
        elif self.enabled:
            self._requests.append(request)

    def flush(self, *, now: bool = False) -> None:
        """Send what was gathered, if that is long enough ago or much, or `now`."""
        waiting = max(len(self._hops), len(self._requests))
        due = now or waiting >= LARGEST_REPORT or time.monotonic() - self._sent_at >= REPORT_EVERY
        if waiting and due and self._sender is not None:
            requests = [self._requests.popleft() for _ in range(min(len(self._requests), MOST_REQUESTS))]
            report = HopsReported(group=self._group, instance=self._instance, hops=self._hops, requests=requests)
            key, value = self._instance.encode(), encode_json(report)
            if self._sender.waiting() >= MOST_WAITING or not self._sender.send(topics.TRACE_HOPS, key, value, []):
                self.dropped += len(self._hops) + len(requests)
            self._hops, self._sent_at = [], time.monotonic()
