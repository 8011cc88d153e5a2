"""Orders as records: what each one leaves in the topics of the contracts, made of the golden samples.

The samples are cut at the ids in them once, so that a record costs a join and no encoding. The records of an order lie
in the same partition of each topic, and are numbered by it: so a reader knows what must come.
"""

from __future__ import annotations

import re
import zlib
from collections import defaultdict
from typing import Any

import msgspec
from confluent_kafka import KafkaError, Message, Producer

from services_stub.contracts.encoding import encode_json
from services_stub.contracts.topics import PARTITIONS
from tests.contracts.samples import ORDER, PAYMENT, SAMPLES, USER, envelope_of

KINDS = (
    "cart-changed",
    "product-updated",
    "order-created",
    "payment-success",
    *["order-updated"] * 3,
    *["notification-sent"] * 3,
)
"""The topics of the records of an order that is paid, shipped and delivered."""

_BATCH = 10
"""Records in a batch: a producer of the marketplace waits a millisecond for others, and so hardly ever has more."""
_ORDER = ORDER.encode()
_SHOPPERS = 50_000
_IDS = re.compile(f"({ORDER}|{USER}|{PAYMENT})".encode())
_AT_ONCE = 1_000
"""Orders between two looks at what the broker has acknowledged."""
_FLUSH_SECONDS = 120.0


class Partition(msgspec.Struct):
    """Records, and the CRC-32 of their keys and values in their order."""

    count: int = 0
    crc: int = 0

    def add(self, key: bytes, value: bytes) -> None:
        """Count one more."""
        self.count += 1
        self.crc = zlib.crc32(value, zlib.crc32(key, self.crc))


Contents = dict[tuple[str, int], Partition]
"""The records in each partition of each topic."""


class Orders:
    """Puts orders into a log: `contents` is what is in it then."""

    def __init__(self, address: str) -> None:
        self.contents: Contents = defaultdict(Partition)
        self._numbers = 0
        self._failed: list[KafkaError] = []
        settings: dict[str, Any] = {
            "bootstrap.servers": address,
            "enable.idempotence": True,
            "compression.type": "lz4",
            "linger.ms": 20,
            "batch.num.messages": _BATCH,
            "queue.buffering.max.messages": 1_000_000,
            "log_level": 0,
        }
        self._producer = Producer(settings)
        self._kinds = [_Kind(topic) for topic in KINDS]

    def place(self, count: int) -> None:
        """Write the records of so many orders.

        Raises:
            AssertionError: the broker has not taken them all.
        """
        for number in range(self._numbers, self._numbers + count):
            ids = _ids(number)
            key, partition = ids[_ORDER], number % PARTITIONS
            for kind in self._kinds:
                value = kind.value(ids)
                self._producer.produce(
                    kind.topic, value, key, partition, headers=kind.headers, on_delivery=self._delivered
                )
                self.contents[kind.topic, partition].add(key, value)
            if number % _AT_ONCE == 0:
                while len(self._producer) > len(KINDS) * 50 * _AT_ONCE:
                    self._producer.poll(0.1)
        self._numbers += count
        assert self._producer.flush(_FLUSH_SECONDS) == 0
        assert self._failed == []

    def _delivered(self, error: KafkaError | None, _: Message) -> None:
        if error is not None:
            self._failed.append(error)


class _Kind:
    """A sample of an event, whose ids are those of an order."""

    def __init__(self, topic: str) -> None:
        event = next(event for event in SAMPLES if event.topic == topic)
        self.topic = topic
        self.headers: list[tuple[str, str | bytes | None]] = [*envelope_of(event).headers()]
        self._parts = _IDS.split(encode_json(event))

    def value(self, ids: dict[bytes, bytes]) -> bytes:
        """The value of a record."""
        return b"".join([ids.get(part, part) for part in self._parts])


def _ids(number: int) -> dict[bytes, bytes]:
    """The ids of an order in place of those of the samples."""
    return {
        ORDER.encode(): b"6f1c1d5e-3f0a-5b8e-9a55-%012d" % number,
        USER.encode(): b"0199a1b2-0000-7000-8000-%012d" % (number % _SHOPPERS),
        PAYMENT.encode(): b"0199a1b2-0000-7000-9000-%012d" % number,
    }
