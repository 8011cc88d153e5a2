"""ListOffsets, DeleteRecords and OffsetForLeaderEpoch (KIP-320)."""

from __future__ import annotations

from collections.abc import Callable

from services_stub.infra.kafka.broker import errors
from services_stub.infra.kafka.broker.context import Handler, Message
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


def _list_offset(partition: Partition, asked: Message) -> Message:
    timestamp = asked["timestamp"]
    place: tuple[int, int] | None = None
    if timestamp == _LATEST:
        place = partition.high_watermark, _UNKNOWN
    elif timestamp in (_EARLIEST, _EARLIEST_LOCAL):
        place = partition.start, _UNKNOWN
    elif timestamp == _LARGEST_TIMESTAMP:
        place = partition.offset_at(partition.newest())
    elif timestamp >= 0:
        place = partition.offset_at(timestamp)
    offset, time = place or (_UNKNOWN, _UNKNOWN)
    return {"offset": offset, "timestamp": time, "leader_epoch": LEADER_EPOCH if place else _UNKNOWN}


def _delete_records(partition: Partition, asked: Message) -> Message:
    offset = partition.high_watermark if asked["offset"] == _HIGH_WATERMARK else asked["offset"]
    if not 0 <= offset <= partition.high_watermark:
        return {"error_code": errors.OFFSET_OUT_OF_RANGE}
    try:
        partition.delete_before(offset)
    except OSError:
        return {"error_code": errors.KAFKA_STORAGE_ERROR}
    return {"low_watermark": partition.start}


def _end_of_epoch(partition: Partition, asked: Message) -> Message:
    """There was one epoch only; of a later one nothing is known."""
    known = 0 <= asked["leader_epoch"] <= LEADER_EPOCH
    return {"leader_epoch": LEADER_EPOCH, "end_offset": partition.high_watermark} if known else {}
