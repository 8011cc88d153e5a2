"""Handles batches of a consumer in the service's database, as entries of its writer."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence

import structlog

from services_stub.contracts.base import Event
from services_stub.contracts.events.trace import HopOutcome as Outcome
from services_stub.runtime.clock import microseconds
from services_stub.runtime.completions import Completions
from services_stub.runtime.dead_letters import dead_letter
from services_stub.runtime.decoding import Poisoned
from services_stub.runtime.errors import Poison, Refused
from services_stub.runtime.handling import Handled, Item, log_dead_letter
from services_stub.runtime.kafka.records import Record
from services_stub.runtime.service import Handler
from services_stub.runtime.sql import inbox
from services_stub.runtime.sql.database import Savepoint, concerns_batch
from services_stub.runtime.sql.transaction import Received, Transaction
from services_stub.runtime.sql.writer import Writer

_COMES_AGAIN = (Outcome.RETRIED, Outcome.DEAD_LETTER)
"""The outcomes after which the event is still to be handled: with a later attempt, or when its record is sent again."""


class InDatabase:
    """Handles batches in one transaction each: inbox, effects, outgoing events and dead letters are one commit."""

    def __init__(self, service: str, writer: Writer, handlers: Mapping[type[Event], Handler]) -> None:
        self._service, self._writer, self._handlers = service, writer, handlers

    def __call__(self, items: Sequence[Item], attempt: int) -> Handled:
        """Hand the batch to the writer and wait for its commit."""
        entry = _EventBatch(self._service, self._writer.cluster_id, self._handlers, items, attempt)
        self._writer.submit(entry)
        return entry.wait()


class _EventBatch:
    """A batch of events as an entry of the writer."""

    def __init__(
        self,
        service: str,
        cluster_id: str,
        handlers: Mapping[type[Event], Handler],
        items: Sequence[Item],
        attempt: int,
    ) -> None:
        self._service, self._cluster_id, self._handlers = service, cluster_id, handlers
        self._items, self._attempt = items, attempt
        self._handled = Handled([], 0, 0)
        self._error: Exception | None = None
        self._done = threading.Event()

    def apply(self, transaction: Transaction, savepoint: Savepoint) -> None:
        """Handle every event that was not handled before."""
        ids = [item.envelope.id for _, item in self._items if isinstance(item, Received)]
        seen = inbox.seen(transaction.connection, ids)
        self._handled = handled = Handled([], 0, 0)
        for place, (record, item) in enumerate(self._items):
            if isinstance(item, Poisoned):
                outcome = self._give_up(transaction, record, item.reason)
            elif item.envelope.id in seen:
                outcome = Outcome.DUPLICATE
            else:
                outcome = self._apply_one(transaction, savepoint, record, item, place)
                if outcome not in _COMES_AGAIN:
                    seen.add(item.envelope.id)
                    inbox.claim(transaction, item.envelope.id)
            handled.outcomes.append(outcome)
        handled.handled_at = microseconds()

    def _apply_one(
        self, transaction: Transaction, savepoint: Savepoint, record: Record, item: Received[Event], place: int
    ) -> Outcome:
        transaction.begin_item(item.envelope.cause())
        savepoint.set()
        try:
            outcome = self._handlers[type(item.event)](transaction, item) or Outcome.HANDLED
        except Exception as error:
            if concerns_batch(error):
                raise
            savepoint.rollback()
            transaction.rollback_item()
            return self._failed(transaction, record, item, place, error)
        savepoint.release()
        return outcome

    def _failed(
        self, transaction: Transaction, record: Record, item: Received[Event], place: int, error: Exception
    ) -> Outcome:
        if isinstance(error, Poison):
            return self._give_up(transaction, record, str(error))
        if isinstance(error, Refused):
            _log_rejected(self._service, item, str(error))
            return Outcome.REJECTED
        self._handled.bugs[place] = error
        return Outcome.RETRIED

    def _give_up(self, transaction: Transaction, record: Record, reason: str) -> Outcome:
        # Claimed is the record, and not its event. Offsets begin anew in a cluster that lost its log.
        claim = f"{self._cluster_id}/{record.topic}/{record.partition}/{record.offset}"
        if not inbox.seen(transaction.connection, [claim]):
            inbox.claim(transaction, claim)
            log_dead_letter(self._service, record, reason)
            transaction.outbox.append(dead_letter(record, group=self._service, reason=reason, attempt=self._attempt))
        return Outcome.DEAD_LETTER

    def committed(self, _completions: Completions) -> None:
        """Let the consumer go on."""
        self._handled.committed_at = microseconds()
        self._done.set()

    def failed(self, error: Exception, _completions: Completions) -> None:
        """Let the consumer try again."""
        self._error = error
        self._done.set()

    def wait(self) -> Handled:
        """Wait for the commit."""
        self._done.wait()
        if self._error is not None:
            raise self._error
        return self._handled


def _log_rejected(service: str, item: Received[Event], reason: str) -> None:
    event = {"topic": item.topic, "event_id": item.envelope.id, "correlation_id": item.envelope.correlation_id}
    structlog.get_logger().warning("event rejected", service=service, **event, reason=reason)
