"""Sees orders become PAID as a stranger would: by reading order-updated from Kafka."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import msgspec
from confluent_kafka import Consumer, TopicPartition

TOPIC = "order-updated"


class _Update(msgspec.Struct, rename="camel"):
    order_id: str
    status: str


class PaidWatch:
    """Tells coroutines when an order is PAID, with the time at which the record was read."""

    def __init__(self, bootstrap_servers: str) -> None:
        self._loop = asyncio.get_running_loop()
        self._consumer: Any = Consumer(
            {
                "bootstrap.servers": bootstrap_servers,
                "group.id": "benchmark",
                "enable.auto.commit": False,
                "fetch.queue.backoff.ms": 5,
            }
        )
        self._waiting: dict[str, asyncio.Future[float]] = {}
        self._early: dict[str, float] = {}
        self._stopping = threading.Event()
        partitions = [TopicPartition(TOPIC, n) for n in self._consumer.list_topics(TOPIC).topics[TOPIC].partitions]
        for partition in partitions:
            partition.offset = self._consumer.get_watermark_offsets(partition)[1]
        self._consumer.assign(partitions)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    async def paid(self, order_id: str) -> float:
        """Wait until the order is PAID; the monotonic time at which that was read."""
        early = self._early.pop(order_id, None)
        if early is not None:
            return early
        future: asyncio.Future[float] = self._loop.create_future()
        self._waiting[order_id] = future
        return await future

    def close(self) -> None:
        """Stop reading."""
        self._stopping.set()
        self._thread.join()
        self._consumer.close()

    def _read(self) -> None:
        decoder = msgspec.json.Decoder(_Update)
        while not self._stopping.is_set():
            first = self._consumer.poll(0.1)
            if first is None:
                continue
            now = time.monotonic()
            messages = [first, *self._consumer.consume(500, 0)]
            updates = [decoder.decode(message.value()) for message in messages if message.error() is None]
            paid = [update.order_id for update in updates if update.status == "PAID"]
            if paid:
                self._loop.call_soon_threadsafe(self._tell, paid, now)

    def _tell(self, order_ids: list[str], now: float) -> None:
        for order_id in order_ids:
            future = self._waiting.pop(order_id, None)
            if future is None:
                self._early[order_id] = now
            elif not future.done():
                future.set_result(now)
