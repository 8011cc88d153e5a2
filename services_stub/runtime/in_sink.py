"""Handles batches of a consumer in a store that is not SQL: the sink must tolerate duplicates by itself."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import structlog

from services_stub.contracts.events.trace import HopOutcome as Outcome
from services_stub.runtime.clock import microseconds
from services_stub.runtime.dead_letters import dead_letter
from services_stub.runtime.decoding import Poisoned
from services_stub.runtime.errors import Unavailable
from services_stub.runtime.handling import Handled, Item, log_dead_letter
from services_stub.runtime.kafka.producer import Publisher
from services_stub.runtime.service import Sink
from services_stub.runtime.sql.transaction import Received

_FLUSH = 10.0


class InSink:
    """Gives the events of a batch to the service's sink, and its dead letters to the broker."""

    def __init__(self, service: str, sink: Sink, publisher: Publisher) -> None:
        self._service, self._sink, self._publisher = service, sink, publisher

    def __call__(self, items: Sequence[Item], attempt: int) -> Handled:
        """Give the events to the sink, and wait until the broker has the dead letters."""
        outcomes = iter(self._sink([item for _, item in items if isinstance(item, Received)]))
        result = [Outcome.DEAD_LETTER if isinstance(item, Poisoned) else next(outcomes) for _, item in items]
        for (record, item), outcome in zip(items, result, strict=True):
            if outcome is Outcome.DEAD_LETTER:
                reason = item.reason if isinstance(item, Poisoned) else "the sink cannot apply it; its log says why"
                log_dead_letter(self._service, record, reason)
                row = dead_letter(record, group=self._service, reason=reason, attempt=attempt)
                refused = partial(_log_refused, self._service, row.topic)
                if not self._publisher.send(row.topic, row.key, row.value, row.headers, on_refused=refused):
                    raise Unavailable("Kafka: the queue of the producer is full")
        if Outcome.DEAD_LETTER in result and self._publisher.flush(_FLUSH):
            raise Unavailable("Kafka: dead letters are not acknowledged")
        now = microseconds()
        return Handled(result, now, now)


def _log_refused(service: str, topic: str, reason: str) -> None:
    structlog.get_logger().error("a dead letter is refused for good", service=service, topic=topic, reason=reason)
