"""ListOffsets, DeleteRecords, OffsetForLeaderEpoch (KIP-320), DescribeProducers (KIP-664) and DescribeLogDirs."""

from __future__ import annotations

from collections.abc import Callable

from services_stub.infra.kafka.broker import errors
from services_stub.infra.kafka.broker.context import Context, Handler, Message
from services_stub.infra.kafka.broker.partition import Partition
from services_stub.infra.kafka.broker.records import LEADER_EPOCH
from services_stub.infra.kafka.broker.topics import Topics

_LATEST, _EARLIEST, _LARGEST_TIMESTAMP, _EARLIEST_LOCAL = -1, -2, -3, -4
"""In place of a timestamp in ListOffsets."""
_HIGH_WATERMARK = -1
"""In place of an offset in DeleteRecords."""
_UNKNOWN = -1


class LogRequests:
    """Carries out what clients ask of the logs of partitions beside their records."""

    def __init__(self, topics: Topics) -> None:
        self.handlers: dict[int, Handler] = {
            2: lambda request, _: self._each(request, "name", "partition_index", _list_offset),
            21: lambda request, _: self._each(request, "name", "partition_index", _delete_records),
            23: lambda request, _: self._each(request, "topic", "partition", _end_of_epoch),
            35: self._log_dirs,
            61: self._describe_producers,
        }
        self._topics = topics

    def _each(
        self, request: Message, name: str, index: str, answer: Callable[[Partition, Message], Message]
    ) -> Message:
        """The answers for all partitions of a request; `name` and `index` are the fields that say which one it is."""
        topics = []
        for topic in request["topics"]:
            parts = []
            for asked in topic["partitions"]:
                partition = self._topics.partition(topic[name], asked[index])
                if partition is None:
                    found: Message = {"error_code": errors.UNKNOWN_TOPIC_OR_PARTITION}
                elif asked.get("current_leader_epoch", _UNKNOWN) > LEADER_EPOCH:
                    found = {"error_code": errors.UNKNOWN_LEADER_EPOCH}
                else:
                    found = answer(partition, asked)
                parts.append({index: asked[index], "low_watermark": _UNKNOWN} | found)
            topics.append({name: topic[name], "partitions": parts})
        return {"topics": topics}

    def _describe_producers(self, request: Message, _: Context) -> Message:
        topics = []
        for topic in request["topics"]:
            parts = []
            for number in topic["partition_indexes"]:
                partition = self._topics.partition(topic["name"], number)
                error = errors.NONE if partition else errors.UNKNOWN_TOPIC_OR_PARTITION
                active = _producers(partition) if partition else []
                parts.append({"partition_index": number, "error_code": error, "active_producers": active})
            topics.append({"name": topic["name"], "partitions": parts})
        return {"topics": topics}

    def _log_dirs(self, request: Message, _: Context) -> Message:
        """One directory. Null asks about all topics."""
        asked = request["topics"]
        wanted = {name: range(len(topic.partitions)) for name, topic in self._topics.by_name.items()}
        if asked is not None:
            wanted = {topic["topic"]: topic["partitions"] for topic in asked}
        topics = []
        for name, numbers in wanted.items():
            found = {number: self._topics.partition(name, number) for number in numbers}
            sizes = {number: partition.size for number, partition in found.items() if partition}
            parts = [{"partition_index": number, "partition_size": size} for number, size in sizes.items()]
            topics.append({"name": name, "partitions": parts})
        return {
            "results": [{"log_dir": self._topics.place, "topics": [topic for topic in topics if topic["partitions"]]}]
        }


def _list_offset(partition: Partition, asked: Message) -> Message:
    timestamp = asked["timestamp"]
    place: tuple[int, int] | None = None
    if timestamp == _LATEST:
        place = partition.high_watermark, _UNKNOWN
    elif timestamp in (_EARLIEST, _EARLIEST_LOCAL):
        place = partition.start, _UNKNOWN
    elif timestamp == _LARGEST_TIMESTAMP:
        newest = partition.newest()
        place = None if newest is None else partition.offset_at(newest)
    elif timestamp >= 0:
        place = partition.offset_at(timestamp)
    offset, time = place or (_UNKNOWN, _UNKNOWN)
    return {"offset": offset, "timestamp": time, "leader_epoch": LEADER_EPOCH if place else _UNKNOWN}


def _delete_records(partition: Partition, asked: Message) -> Message:
    offset = partition.high_watermark if asked["offset"] == _HIGH_WATERMARK else asked["offset"]
    if not 0 <= offset <= partition.high_watermark:
        return {"error_code": errors.OFFSET_OUT_OF_RANGE}
    if offset > partition.start:
        try:
            partition.delete_before(offset)
        except OSError:
            return {"error_code": errors.KAFKA_STORAGE_ERROR}
    return {"low_watermark": partition.start}


def _end_of_epoch(partition: Partition, asked: Message) -> Message:
    """There was one epoch only; of a later one nothing is known."""
    known = 0 <= asked["leader_epoch"] <= LEADER_EPOCH
    return {"leader_epoch": LEADER_EPOCH, "end_offset": partition.high_watermark} if known else {}


def _producers(partition: Partition) -> list[Message]:
    return [
        {
            "producer_id": key,
            "producer_epoch": producer.epoch,
            "last_sequence": producer.batches[-1][1],
            "last_timestamp": int(producer.time * 1000),
            "coordinator_epoch": _UNKNOWN,
        }
        for key, producer in partition.producers.by_id.items()
    ]
