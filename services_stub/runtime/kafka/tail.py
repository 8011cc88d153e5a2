"""Follows topics outside any group: every record from now on (or from the beginning), nothing committed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from confluent_kafka import Consumer, TopicPartition

from services_stub.runtime.kafka import configuration
from services_stub.runtime.kafka.bounds import bounds_of, gap_before
from services_stub.runtime.kafka.isolation import noticed, raised
from services_stub.runtime.kafka.records import Place, Record, record_of
from services_stub.runtime.settings import Settings


class Tail:
    """Hands batches of records to `on_records` in a thread of its own.

    `on_start` hears before that of the offsets at which it begins, and `on_gap` of records that the log lost unread.
    """

    def __init__(
        self,
        settings: Settings,
        topics: Sequence[str],
        on_records: Callable[[list[Record]], None],
        *,
        on_start: Callable[[Mapping[Place, int]], None] = lambda _offsets: None,
        on_gap: Callable[[], None] = lambda: None,
        from_beginning: bool = False,
    ) -> None:
        self._topics, self._from_beginning = list(topics), from_beginning
        self._on_records, self._on_start, self._on_gap = on_records, on_start, on_gap
        self._next: dict[Place, int] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"tail-{settings.service}", daemon=True)
        config = configuration.of_consumer(settings) | noticed(raised) | {"group.id": f"{settings.service}-tail"}
        self._consumer: Any = Consumer(config)

    def start(self) -> None:
        """Find the end (or the beginning) of every partition and follow from there.

        Raises:
            Unavailable: the broker does not answer.
        """
        # Fixed places, so that nothing produced from now on is missed while the fetchers start.
        bounds = bounds_of(self._consumer, self._topics)
        offsets = {place: first if self._from_beginning else end for place, (first, end) in bounds.items()}
        self._consumer.assign([TopicPartition(*place, offset) for place, offset in offsets.items()])
        self._next = offsets
        self._on_start(dict(offsets))
        self._thread.start()

    def stop(self, timeout: float) -> None:
        """Stop following."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout)
        self._consumer.close()

    def step(self, timeout: float) -> None:
        """Read one batch and hand it on.

        Raises:
            NoBrokerLeft: nothing will come any more.
        """
        first = self._consumer.poll(timeout)
        if first is None:
            return
        messages = [first, *self._consumer.consume(500, 0)]
        records = [record_of(message) for message in messages if message.error() is None]
        gaps = [gap_before(self._consumer, self._next, record) for record in records]
        if any(gaps):
            self._on_gap()
        if records:
            self._on_records(records)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self.step(0.19)
