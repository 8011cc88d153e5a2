"""`python -m tests.broker.kills.producer ADDRESS JOURNAL NAME`: an idempotent producer, until SIGTERM.

The value of a record is the name of its producer, which no other process has, and its number in the partition.
"""

from __future__ import annotations

import signal
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from confluent_kafka import KafkaError, Message, Producer

from tests.broker.kills.clients import PARTITIONS, TOPIC, settings
from tests.broker.kills.journal import Acknowledged, Journal

_AT_ONCE = 10
_PAUSE_SECONDS = 0.1
_LAST_SECONDS = 120.0


def main() -> int:
    """Produce until it is told to end; 0 where everything was acknowledged by then."""
    address, path, name = sys.argv[1:]
    journal, sent, ended = Journal(Path(path)), Counter[int](), []
    signal.signal(signal.SIGTERM, lambda *_: ended.append(True))

    def delivered(error: KafkaError | None, message: Message) -> None:
        if error is not None:
            journal.problem(f"{name}: {error}")
            return
        partition, offset, value = message.partition(), message.offset(), message.value() or b""
        journal.write(Acknowledged(name, partition or 0, int(value.split()[1]), -1 if offset is None else offset))

    def failed(error: KafkaError) -> None:
        if error.fatal():
            journal.problem(f"{name}: {error}")

    options: dict[str, Any] = {"enable.idempotence": True, "acks": "all", "linger.ms": 1, "error_cb": failed}
    producer = Producer(settings(address) | options)
    while not ended:
        for _ in range(_AT_ONCE):
            partition = sum(sent.values()) % PARTITIONS
            try:
                producer.produce(TOPIC, f"{name} {sent[partition]}", partition=partition, on_delivery=delivered)
            except BufferError:  # the broker is away, and the queue is full
                break
            sent[partition] += 1
        until = time.monotonic() + _PAUSE_SECONDS
        while (left := until - time.monotonic()) > 0:
            producer.poll(left)
    return 1 if producer.flush(_LAST_SECONDS) else 0


if __name__ == "__main__":
    sys.exit(main())
