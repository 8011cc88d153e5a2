"""Hop reports: what a consumer did with each sampled event, sent beside the business and never in its way."""

from __future__ import annotations

import time
from collections.abc import Sequence

from services_stub.contracts import topics
from services_stub.contracts.base import Event
from services_stub.contracts.encoding import encode_json
from services_stub.contracts.envelope import is_sampled
from services_stub.contracts.events.trace import Hop, HopOutcome, HopsReported
from services_stub.runtime.kafka.producer import Publisher
from services_stub.runtime.settings import Settings
from services_stub.runtime.sql.transaction import Received

LARGEST_REPORT = 500
REPORT_EVERY = 0.1
"""Seconds."""


def microseconds() -> int:
    """Unix time in microseconds, the clock of hop reports."""
    return time.time_ns() // 1000


class HopReporter:
    """Gathers hops and sends them together on `trace-hops`; where the producer's queue is full, they are dropped."""

    def __init__(self, settings: Settings, publisher: Publisher) -> None:
        self._group, self._instance, self._publisher = settings.service, settings.instance, publisher
        self._enabled = settings.trace_sampling > 0
        self._hops: list[Hop] = []
        self._sent_at = 0.0

    def report(
        self, batch: Sequence[tuple[Received[Event], HopOutcome]], polled_at: int, handled_at: int, committed_at: int
    ) -> None:
        """Take the events of a batch whose trace is sampled; they are sent with one of the next calls of `flush`."""
        if not self._enabled:
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

    def flush(self, *, now: bool = False) -> None:
        """Send what was gathered, if that is long enough ago or much, or `now`."""
        due = now or len(self._hops) >= LARGEST_REPORT or time.monotonic() - self._sent_at >= REPORT_EVERY
        if self._hops and due:
            report = HopsReported(group=self._group, instance=self._instance, hops=self._hops)
            self._publisher.send(topics.TRACE_HOPS, self._instance.encode(), encode_json(report), [])
            self._hops, self._sent_at = [], time.monotonic()
