"""The idempotent producers of one partition (KIP-98): a batch that arrives again is answered, and not written again."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from services_stub.infra.kafka.broker.errors import INVALID_PRODUCER_EPOCH, NONE, OUT_OF_ORDER_SEQUENCE_NUMBER

REMEMBERED = 5
"""Batches of a producer that are known again: no client has more requests under way."""
EXPIRATION_SECONDS = 24 * 60 * 60
"""As Kafka's `producer.id.expiration.ms`."""

_SEQUENCES = 2**31
"""After the last sequence number comes 0."""


class Producer(msgspec.Struct, array_like=True):
    """A producer as the log shows it.

    Of the last batch there is the time (seconds since 1970); of those that are
    remembered, first sequence, last sequence and base offset.
    """

    id: int
    epoch: int
    time: float
    batches: list[tuple[int, int, int]]


class Producers:
    """All producers of a partition, by their ids; it is made again from the batches of the log.

    `gave` says whether an id is of this cluster. One of another is a producer's whose batches were lost with that
    cluster's log: what it sends now would lie where they are missing.
    """

    def __init__(self, gave: Callable[[int], bool] = lambda _: True) -> None:
        self.by_id: dict[int, Producer] = {}
        self._gave = gave

    def refused(self, producer_id: int, epoch: int, sequence: int, count: int) -> tuple[int, int] | None:
        """None where a batch comes next, otherwise its answer: an error code, and the offset of one that is here."""
        producer = self.by_id.get(producer_id)
        if producer is None:
            return None if self._gave(producer_id) else (OUT_OF_ORDER_SEQUENCE_NUMBER, -1)
        if epoch != producer.epoch:
            if epoch < producer.epoch:
                return INVALID_PRODUCER_EPOCH, -1
            return None if sequence == 0 else (OUT_OF_ORDER_SEQUENCE_NUMBER, -1)
        if sequence == (producer.batches[-1][1] + 1) % _SEQUENCES:
            return None
        last = (sequence + count - 1) % _SEQUENCES
        for known_first, known_last, offset in producer.batches:
            if known_first == sequence and known_last == last:
                return NONE, offset
        return OUT_OF_ORDER_SEQUENCE_NUMBER, -1

    def add(self, producer_id: int, epoch: int, sequence: int, count: int, base_offset: int, time: float) -> None:
        """Remember a batch that is in the log."""
        producer = self.by_id.get(producer_id)
        if producer is None or producer.epoch != epoch:
            producer = self.by_id[producer_id] = Producer(producer_id, epoch, time, [])
        batches = producer.batches
        batches.append((sequence, (sequence + count - 1) % _SEQUENCES, base_offset))
        del batches[:-REMEMBERED]
        producer.time = time

    def forget(self, before: float) -> None:
        """Forget the producers whose last batch is older than a time (seconds since 1970)."""
        self.by_id = {key: producer for key, producer in self.by_id.items() if producer.time >= before}

    def restore(self, saved: Iterable[Producer]) -> None:
        """Know those that were stored, and no others."""
        self.by_id = {producer.id: producer for producer in saved}
