"""Writes a recording back into a cluster: in the order of time, at its own pace or at a bounded rate.

Offsets begin anew there, so that what names an offset is changed: hop reports, and the headers of dead letters.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import msgspec

from services_stub.contracts.encoding import encode_json
from services_stub.contracts.events import HopsReported
from services_stub.contracts.topics import DEAD_LETTER_SUFFIX, TRACE_HOPS
from simulator.trace.events import dead_letter_of
from simulator.trace.kafka_source import KafkaTarget
from simulator.trace.records import Place, TracedRecord

_BATCH = 200
_BATCH_SECONDS = 0.1
"""Records of so long a time are written together: what a hop report tells of lies some milliseconds before it."""


def in_time(records: Iterable[TracedRecord]) -> list[TracedRecord]:
    """The records by their time, each once, hop reports behind the events of their moment."""
    found = {record.place: record for record in records}.values()
    return sorted(found, key=lambda record: (record.written_at, record.topic == TRACE_HOPS, record.place))


def by_topic(records: Iterable[TracedRecord]) -> dict[str, int]:
    """How many records each topic gets."""
    return dict(sorted(Counter(record.topic for record in records).items()))


def missing_topics(records: Iterable[TracedRecord], partitions: Mapping[str, int]) -> list[str]:
    """The topics, as words, that a cluster with these numbers of partitions lacks, or that are too small there."""
    needed: dict[str, int] = {}
    for record in records:
        needed[record.topic] = max(needed.get(record.topic, 0), record.partition + 1)
    return [
        topic if topic not in partitions else f"{topic} (partition {count - 1})"
        for topic, count in sorted(needed.items())
        if partitions.get(topic, 0) < count
    ]


def replay(
    records: Sequence[TracedRecord],
    target: KafkaTarget,
    *,
    rate: float | None,
    wait: Callable[[float], None] = time.sleep,
) -> tuple[int, int]:
    """Write records that are in the order of time: so many a second, or without `rate` at the pace of their times.

    Returns:
        How many were written, and how many the cluster refused.
    """
    places: dict[Place, Place] = {}
    written = refused = 0
    begun = time.monotonic()
    for batch in _batches(records):
        due = written / rate if rate else (batch[0].written_at - records[0].written_at) / 1_000_000
        wait(max(0.0, begun + due - time.monotonic()))
        for record, place in zip(batch, target.write(_moved(record, places) for record in batch), strict=True):
            if place is None:
                refused += 1
            else:
                places[record.place] = place
        written += len(batch)
    return written - refused, refused


def _batches(records: Sequence[TracedRecord]) -> Iterator[list[TracedRecord]]:
    """Records that are written together: no report with the events that it tells of."""
    batch: list[TracedRecord] = []
    for record in records:
        new = batch and (
            len(batch) >= _BATCH
            or record.written_at - batch[0].written_at > _BATCH_SECONDS * 1_000_000
            or _tells_of_others(record) != _tells_of_others(batch[-1])
        )
        if new:
            yield batch
            batch = []
        batch.append(record)
    if batch:
        yield batch


def _tells_of_others(record: TracedRecord) -> bool:
    return record.topic == TRACE_HOPS or record.topic.endswith(DEAD_LETTER_SUFFIX)


def _moved(record: TracedRecord, places: Mapping[Place, Place]) -> TracedRecord:
    """The record with the places that it names as they are in the new cluster."""
    if record.topic == TRACE_HOPS:
        return _moved_report(record, places)
    dead_letter = dead_letter_of(record)
    if dead_letter is None or dead_letter.of not in places:
        return record
    _, partition, offset = places[dead_letter.of]
    new = {"dlq_partition": str(partition).encode(), "dlq_offset": str(offset).encode()}
    return msgspec.structs.replace(
        record, headers=tuple((name, new.get(name, value)) for name, value in record.headers)
    )


def _moved_report(record: TracedRecord, places: Mapping[Place, Place]) -> TracedRecord:
    try:
        report = msgspec.json.decode(record.value or b"", type=HopsReported)
    except (ValueError, RecursionError):
        return record
    hops = []
    for hop in report.hops:
        topic, partition, offset = places.get(
            (hop.topic, hop.partition, hop.offset), (hop.topic, hop.partition, hop.offset)
        )
        hops.append(msgspec.structs.replace(hop, topic=topic, partition=partition, offset=offset))
    return msgspec.structs.replace(record, value=encode_json(msgspec.structs.replace(report, hops=hops)))
