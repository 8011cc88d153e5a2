"""The lag of consumer groups, read as any Kafka tool would: committed offsets against the ends of the partitions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from confluent_kafka import ConsumerGroupTopicPartitions, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]  # exported, but not for mypy

_TIMEOUT = 10.0
_SPEC: Any = OffsetSpec


def total_lag(bootstrap_servers: str, readers: Mapping[str, Sequence[str]]) -> int:
    """How many records the groups that read each topic have not committed, all together."""
    admin: Any = AdminClient({"bootstrap.servers": bootstrap_servers})
    topics = admin.list_topics(timeout=_TIMEOUT).topics
    partitions = {name: [TopicPartition(name, number) for number in topics[name].partitions] for name in readers}
    starts, ends = (_offsets(admin, partitions, which()) for which in (_SPEC.earliest, _SPEC.latest))
    lag = 0
    for group in {group for groups in readers.values() for group in groups}:
        read = [partition for name, groups in readers.items() if group in groups for partition in partitions[name]]
        asked = [ConsumerGroupTopicPartitions(group, read)]
        (answer,) = admin.list_consumer_group_offsets(asked, request_timeout=_TIMEOUT).values()
        for committed in answer.result().topic_partitions:
            place = committed.topic, committed.partition
            lag += ends[place] - max(committed.offset, starts[place])
    return lag


def _offsets(admin: Any, partitions: Mapping[str, Sequence[TopicPartition]], which: Any) -> dict[tuple[str, int], int]:
    asked = {partition: which for of_topic in partitions.values() for partition in of_topic}
    answers = admin.list_offsets(asked, request_timeout=_TIMEOUT)
    return {(partition.topic, partition.partition): answer.result().offset for partition, answer in answers.items()}
