"""The loop of a consumer group: poll a batch, have it handled, and only then commit its offsets."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import msgspec
import structlog

from services_stub.contracts.base import Event
from services_stub.contracts.events.trace import HopOutcome as Outcome
from services_stub.runtime.completions import Completions
from services_stub.runtime.decoding import EventDecoder, Poisoned, dead_letter
from services_stub.runtime.errors import Poison, Refused, Unavailable
from services_stub.runtime.hops import HopReporter, microseconds
from services_stub.runtime.kafka.producer import Publisher
from services_stub.runtime.kafka.record_source import RecordSource
from services_stub.runtime.kafka.records import Record
from services_stub.runtime.retry import pause_after
from services_stub.runtime.service import Handler, Sink
from services_stub.runtime.sql import inbox
from services_stub.runtime.sql.database import Savepoint
from services_stub.runtime.sql.transaction import Received, Transaction
from services_stub.runtime.sql.writer import Writer

LARGEST_BATCH = 500
_WAIT = 0.19
_FLUSH = 10.0

Item = tuple[Record, Received[Event] | Poisoned]


class Handled(msgspec.Struct):
    """What became of a batch: an outcome for each item, and when (Unix time in microseconds)."""

    outcomes: list[Outcome]
    handled_at: int
    committed_at: int


class Handling(Protocol):
    """Makes the effects of a batch true and its dead letters safe; only then it returns."""

    def __call__(self, items: Sequence[Item], attempt: int) -> Handled:
        """Handle a batch.

        Raises:
            Unavailable: nothing was done; the same batch shall be tried again.
        """


class Consumer:
    """One group's loop in a thread of its own. `on_bug` is called with any error that is nobody's to expect."""

    def __init__(
        self,
        service: str,
        events: Sequence[type[Event]],
        source: RecordSource,
        handling: Handling,
        hops: HopReporter,
        on_bug: Callable[[BaseException], None],
        filters_out: Callable[[Event], bool] = lambda _event: False,
    ) -> None:
        self._service, self._source, self._handling, self._hops, self._on_bug = service, source, handling, hops, on_bug
        self._decoder = EventDecoder(events)
        self._filters_out = filters_out
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"consumer-{service}", daemon=True)
        self._held: list[Record] = []
        self._attempt = 0
        self._chance = random.Random()
        self.assigned = False

    def start(self) -> None:
        """Begin to consume."""
        self._thread.start()

    def stop(self, timeout: float) -> None:
        """Finish the batch under way, commit its offsets, and let go."""
        self._stopping.set()
        self._thread.join(timeout)
        self._hops.flush(now=True)
        self._source.close()

    def step(self) -> None:
        """Handle one batch: the one that must be tried again, or the next."""
        try:
            if not self.assigned:
                self._source.assign()
                self.assigned = True
            if not self._held:
                self._held = self._source.poll(LARGEST_BATCH, _WAIT)
            if self._held:
                self._handle(self._held)
            self._held, self._attempt = [], 0
            self._hops.flush()
        except Unavailable as error:
            self._attempt += 1
            pause = pause_after(self._attempt, self._chance)
            structlog.get_logger().warning(
                "will try again", service=self._service, attempt=self._attempt, pause=round(pause, 2), reason=str(error)
            )
            self._stopping.wait(pause)

    def _handle(self, records: list[Record]) -> None:
        polled_at = microseconds()
        items = [(record, self._decoder.decode(record)) for record in records]
        ignored = [self._ignored(item) for _, item in items]
        mine = [item for item, ignore in zip(items, ignored, strict=True) if not ignore]
        try:
            handled = self._handling(mine, self._attempt + 1) if mine else Handled([], polled_at, polled_at)
        except Unavailable:
            now = microseconds()
            self._hops.report([(i, Outcome.RETRIED) for _, i in mine if isinstance(i, Received)], polled_at, now, now)
            raise
        self._source.commit(records)
        outcomes = iter(handled.outcomes)
        reported = [
            (item, Outcome.HANDLED if ignore else next(outcomes))
            for (_, item), ignore in zip(items, ignored, strict=True)
        ]
        self._hops.report(
            [(item, outcome) for item, outcome in reported if isinstance(item, Received)],
            polled_at,
            handled.handled_at,
            handled.committed_at,
        )

    def _ignored(self, item: Received[Event] | Poisoned) -> bool:
        return isinstance(item, Received) and self._filters_out(item.event)

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                self.step()
        except BaseException as error:
            self._on_bug(error)
            raise


class InDatabase:
    """Handles batches in the service's database: inbox, effects, outgoing events and dead letters are one commit."""

    def __init__(self, service: str, writer: Writer, handlers: Mapping[type[Event], Handler]) -> None:
        self._service, self._writer, self._handlers = service, writer, handlers

    def __call__(self, items: Sequence[Item], attempt: int) -> Handled:
        """Hand the batch to the writer and wait for its commit."""
        entry = _EventBatch(self._service, self._handlers, items, attempt)
        self._writer.submit(entry)
        return entry.wait()


class _EventBatch:
    """A batch of events as an entry of the writer."""

    def __init__(
        self, service: str, handlers: Mapping[type[Event], Handler], items: Sequence[Item], attempt: int
    ) -> None:
        self._service, self._handlers, self._items, self._attempt = service, handlers, items, attempt
        self._outcomes: list[Outcome] = []
        self._handled_at = 0
        self._committed_at = 0
        self._error: Exception | None = None
        self._done = threading.Event()

    def apply(self, transaction: Transaction, savepoint: Savepoint) -> None:
        """Handle every event that was not handled before."""
        ids = [_identity(record, item) for record, item in self._items]
        seen = inbox.seen(transaction.connection, ids)
        self._outcomes = []
        for event_id, (record, item) in zip(ids, self._items, strict=True):
            if event_id in seen:
                self._outcomes.append(Outcome.DUPLICATE)
                continue
            seen.add(event_id)
            self._outcomes.append(self._apply_one(transaction, savepoint, record, item))
            inbox.claim(transaction, event_id)
        self._handled_at = microseconds()

    def _apply_one(
        self, transaction: Transaction, savepoint: Savepoint, record: Record, item: Received[Event] | Poisoned
    ) -> Outcome:
        if isinstance(item, Poisoned):
            return self._give_up(transaction, record, item.reason)
        transaction.begin_item(item.envelope.cause())
        savepoint.set()
        try:
            outcome = self._handlers[type(item.event)](transaction, item) or Outcome.HANDLED
        except (Refused, Poison) as error:
            savepoint.rollback()
            transaction.rollback_item()
            if isinstance(error, Poison):
                return self._give_up(transaction, record, str(error))
            _log_rejected(self._service, item, str(error))
            return Outcome.REJECTED
        savepoint.release()
        return outcome

    def _give_up(self, transaction: Transaction, record: Record, reason: str) -> Outcome:
        _log_dead_letter(self._service, record, reason)
        transaction.outbox.append(dead_letter(record, group=self._service, reason=reason, attempt=self._attempt))
        return Outcome.DEAD_LETTER

    def committed(self, _completions: Completions) -> None:
        """Let the consumer go on."""
        self._committed_at = microseconds()
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
        return Handled(self._outcomes, self._handled_at, self._committed_at)


class InSink:
    """Handles batches in a store that is not SQL: the sink must tolerate duplicates by itself."""

    def __init__(self, service: str, sink: Sink, publisher: Publisher) -> None:
        self._service, self._sink, self._publisher = service, sink, publisher

    def __call__(self, items: Sequence[Item], attempt: int) -> Handled:
        """Give the events to the sink, and wait until the broker has the dead letters."""
        outcomes = iter(self._sink([item for _, item in items if isinstance(item, Received)]))
        result = [Outcome.DEAD_LETTER if isinstance(item, Poisoned) else next(outcomes) for _, item in items]
        for (record, item), outcome in zip(items, result, strict=True):
            if outcome is Outcome.DEAD_LETTER:
                reason = item.reason if isinstance(item, Poisoned) else "the sink cannot apply it; its log says why"
                _log_dead_letter(self._service, record, reason)
                row = dead_letter(record, group=self._service, reason=reason, attempt=attempt)
                if not self._publisher.send(row.topic, row.key, row.value, row.headers):
                    raise Unavailable("Kafka: the queue of the producer is full")
        if Outcome.DEAD_LETTER in result and self._publisher.flush(_FLUSH):
            raise Unavailable("Kafka: dead letters are not acknowledged")
        now = microseconds()
        return Handled(result, now, now)


def _identity(record: Record, item: Received[Event] | Poisoned) -> str:
    if isinstance(item, Received):
        return item.envelope.id
    return f"{record.topic}/{record.partition}/{record.offset}"


def _log_rejected(service: str, item: Received[Event], reason: str) -> None:
    structlog.get_logger().warning(
        "event rejected",
        service=service,
        topic=item.topic,
        event_id=item.envelope.id,
        correlation_id=item.envelope.correlation_id,
        reason=reason,
    )


def _log_dead_letter(service: str, record: Record, reason: str) -> None:
    structlog.get_logger().error(
        "dead letter",
        service=service,
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        reason=reason,
    )
