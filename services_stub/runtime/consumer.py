"""The loop of a consumer group: poll a batch, have it handled, and only then commit its offsets.

A bug that a record provokes ends neither the loop nor the batch: the record is tried again alone, a few times, and then
becomes a dead letter with the traceback. Only the store of the effects and the broker can hold the loop up.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence

import structlog

from services_stub.contracts.base import Event
from services_stub.contracts.events.trace import HopOutcome as Outcome
from services_stub.runtime.clock import microseconds
from services_stub.runtime.dead_letters import concerns, reason_of_bug
from services_stub.runtime.decoding import EventDecoder, Poisoned
from services_stub.runtime.errors import Unavailable
from services_stub.runtime.handling import Handled, Handling, Item
from services_stub.runtime.hops import HopReporter
from services_stub.runtime.kafka.record_source import RecordSource
from services_stub.runtime.kafka.records import Record
from services_stub.runtime.retry import pause_after
from services_stub.runtime.sql.transaction import Received

MOST_ATTEMPTS = 3
"""How often a record that provokes a bug is tried before it is given up."""

_WAIT = 0.19


class Consumer:
    """One group's loop in a thread of its own.

    `on_bug` is called with an error that is neither a record's nor a dependency's; the process ends then. `on_step` is
    called with every step, also when no record came.
    """

    def __init__(
        self,
        service: str,
        events: Sequence[type[Event]],
        source: RecordSource,
        handling: Handling,
        hops: HopReporter,
        on_bug: Callable[[BaseException], None],
        filters_out: Callable[[Event], bool] = lambda _event: False,
        on_step: Callable[[], None] | None = None,
        largest_batch: int = 500,
    ) -> None:
        self._service, self._source, self._handling, self._hops, self._on_bug = service, source, handling, hops, on_bug
        self._decoder = EventDecoder(events)
        self._filters_out = filters_out
        self._on_step = on_step
        self._largest_batch = largest_batch
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
        if self._on_step is not None:
            self._on_step()
        try:
            if not self.assigned:
                self._source.assign()
                self.assigned = True
            self._source.sample()
            if not self._held:
                self._held = self._source.poll(self._largest_batch, _WAIT)
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
        items = [(record, self._decoder.decode(record)) for record in records if concerns(self._service, record)]
        ignored = [self._ignored(item) for _, item in items]
        mine = [item for item, ignore in zip(items, ignored, strict=True) if not ignore]
        try:
            handled = self._handle_items(mine) if mine else Handled([], polled_at, polled_at)
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

    def _handle_items(self, items: Sequence[Item]) -> Handled:
        handled = self._try(items, self._attempt + 1)
        if isinstance(handled, Exception):
            # Which of them provokes it is not known: each is tried alone, and those that do not are handled by that.
            structlog.get_logger().warning("a batch failed by a bug", service=self._service, exc_info=handled)
            now = microseconds()
            handled = Handled([Outcome.RETRIED] * len(items), now, now)
            self._try_alone(items, handled, range(len(items)), 1)
        for attempt in range(2, MOST_ATTEMPTS + 1):
            if handled.bugs:
                self._stopping.wait(pause_after(attempt - 1, self._chance))
                self._try_alone(items, handled, sorted(handled.bugs), attempt)
        self._give_up(items, handled)
        return handled

    def _try_alone(self, items: Sequence[Item], handled: Handled, places: Sequence[int], attempt: int) -> None:
        for place in places:
            alone = self._try([items[place]], attempt)
            error = alone if isinstance(alone, Exception) else alone.bugs.get(0)
            if error is not None:
                handled.bugs[place] = error
            elif isinstance(alone, Handled):
                handled.outcomes[place] = alone.outcomes[0]
                handled.bugs.pop(place, None)

    def _try(self, items: Sequence[Item], attempt: int) -> Handled | Exception:
        try:
            return self._handling(items, attempt)
        except (Unavailable, MemoryError):
            raise
        except Exception as error:  # noqa: BLE001 - a record must not end the process; it is tried alone, then given up
            return error

    def _give_up(self, items: Sequence[Item], handled: Handled) -> None:
        for place, error in handled.bugs.items():
            record, _ = items[place]
            given_up = Poisoned(record, reason_of_bug(error, MOST_ATTEMPTS))
            handled.outcomes[place] = self._handling([(record, given_up)], MOST_ATTEMPTS).outcomes[0]
        handled.bugs = {}

    def _ignored(self, item: Received[Event] | Poisoned) -> bool:
        try:
            return isinstance(item, Received) and self._filters_out(item.event)
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 - the handler meets the same event, and its failure is dealt with
            return False

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                self.step()
        except BaseException as error:
            self._on_bug(error)
            raise
