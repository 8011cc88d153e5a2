"""Hop reports: what a consumer did with each sampled event, sent beside the business and never in its way."""

from __future__ import annotations

import time
from collections.abc import Sequence

from services_stub.contracts import topics
from services_stub.contracts.base import Event
from services_stub.contracts.envelope import is_sampled
from services_stub.contracts.events.trace import Hop, HopOutcome, HopsReported
from services_stub.contracts.money import encode_json
from services_stub.runtime.kafka.producer import Publisher
from services_stub.runtime.settings import Settings
from services_stub.runtime.transaction import Received


def microseconds() -> int:
    """Unix time in microseconds, the clock of hop reports."""
    return time.time_ns() // 1000


class HopReporter:
    """Sends one record per batch on `trace-hops`; where the producer's queue is full, the report is dropped."""

    def __init__(self, settings: Settings, publisher: Publisher) -> None:
        self._group, self._instance, self._publisher = settings.service, settings.instance, publisher
        self._enabled = settings.trace_sampling > 0

    def report(
        self, batch: Sequence[tuple[Received[Event], HopOutcome]], polled_at: int, handled_at: int, committed_at: int
    ) -> None:
        """Report the events of a batch whose trace is sampled."""
        if not self._enabled:
            return
        hops = [
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
        if hops:
            report = HopsReported(group=self._group, instance=self._instance, hops=hops)
            self._publisher.send(topics.TRACE_HOPS, self._instance.encode(), encode_json(report), [])
