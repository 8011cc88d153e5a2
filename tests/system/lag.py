"""The lag of consumer groups, read as any Kafka tool would: committed offsets against the ends of the partitions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from confluent_kafka import Consumer, TopicPartition

_TIMEOUT = 10.0


def total_lag(bootstrap_servers: str, topic: str, groups: Sequence[str]) -> int:
    """How many records of the topic the groups have not committed, all together."""
    return sum(_lag(bootstrap_servers, topic, group) for group in groups)


def _lag(bootstrap_servers: str, topic: str, group: str) -> int:
    consumer: Any = Consumer({"bootstrap.servers": bootstrap_servers, "group.id": group, "enable.auto.commit": False})
    try:
        numbers = consumer.list_topics(topic, timeout=_TIMEOUT).topics[topic].partitions
        committed = consumer.committed([TopicPartition(topic, n) for n in numbers], timeout=_TIMEOUT)
        lag = 0
        for partition in committed:
            low, high = consumer.get_watermark_offsets(partition, timeout=_TIMEOUT)
            lag += high - max(partition.offset, low)
        return lag
    finally:
        consumer.close()
