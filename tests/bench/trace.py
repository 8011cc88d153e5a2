"""`python -m tests.bench.trace`: how fast flows are read from Apache Kafka, beside a bare consumer and kcat.

Purchases with their hop reports are written to topics of their own, which no service reads. The rates are records a
second: by the clock, and by the CPU time of the process, in which the client library has threads of its own.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

import msgspec
import psutil
from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from msgspec.structs import replace

from services_stub.client.control import read_state
from services_stub.contracts.envelope import Envelope
from services_stub.contracts.topics import TRACE_HOPS
from simulator.trace import FlowStore, Seen, TracedRecord, findings_of, spill, store
from simulator.trace.drawings.waterfall import waterfall
from simulator.trace.kafka_source import KafkaSource
from tests.bench.machine import description
from tests.unit.simulator.purchase import EVENTS, REPORTS
from tests.unit.simulator.records import ORDER, START

_PARTITIONS = 6
_SLICE = 100_000
_MANY_EVENTS = 10_000
_PREFIX = "bench-"
_OPENS = 5
_BOUNDS = (
    f"{store.MOST_BYTES >> 20} MiB of records, up to 64 MiB that wait in the library, the index of the file, "
    f"which may have {spill.MOST_BYTES >> 30} GiB"
)


# The headers that a service writes, all of them and in its order.
_ENVELOPES = [
    replace(Envelope.from_headers(each.headers), dataschema=f"/schemas/{each.topic}-v1.json") for each in EVENTS
]
_EVENTS = [replace(each, headers=tuple(own.headers())) for each, own in zip(EVENTS, _ENVELOPES, strict=True)]


class _Read(msgspec.Struct, frozen=True):
    """Records a second of one reading; of the store also those of each part, the memory in MiB, and what was kept."""

    by_clock: float
    by_cpu: float
    parts: list[float] = []
    memory: float = 0.0
    kept: str = ""


def main() -> None:
    """Write records, read them in several ways, and print what was measured."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    _say(description())
    _open_large_flow()
    directory = tempfile.mkdtemp(prefix="marketplace-bench-")
    command = [sys.executable, "-m", "services_stub"]
    try:
        subprocess.run(
            [*command, "up", "--detach", "--data-dir", directory, "--kafka", "apache"], check=True, stdout=sys.stderr
        )
        servers = read_state(Path(directory)).kafka.bootstrap_servers
        topics = _write(servers, options.records)
        _measure(servers, topics, options.records, options.rounds)
    finally:
        subprocess.run([*command, "down", "--data-dir", directory], check=False, stdout=sys.stderr)
        shutil.rmtree(directory, ignore_errors=True)


def _measure(servers: str, topics: list[str], records: int, rounds: int) -> None:
    readings: dict[str, Callable[[], _Read]] = {
        "a bare consumer: bytes only": lambda: _timed(lambda: _bare(servers, topics)),
        "the source: headers and values": lambda: _timed(lambda: _source(servers, topics)),
        "the store: flows, within bounds": lambda: _store(servers, topics),
    }
    if shutil.which("kcat"):
        readings["kcat, one topic after the other"] = lambda: _kcat(servers, topics, records)
    found: dict[str, list[_Read]] = {name: [] for name in readings}
    for _ in range(rounds):  # alternating, so that what else the machine does concerns all alike
        for name, read in readings.items():
            found[name].append(read())
    _say(f"\nread      {records:,} records of purchases, one in four a hop report; {rounds} times; records/s")
    _say(f"          {'':<34}{'by the clock':>28}{'by CPU time':>28}")
    for name, reads in found.items():
        wall, cpu = _spread([read.by_clock for read in reads]), _spread([read.by_cpu for read in reads])
        _say(f"          {name:<34}{wall:>28}{cpu:>28}")
    reads = found["the store: flows, within bounds"]
    for name, number in (("first", 0), ("last", -1)):
        _say(f"          the {name} {_SLICE:,} of them, by CPU time: {_spread([read.parts[number] for read in reads])}")
    _say(f"          memory at most {max(read.memory for read in reads):,.0f} MiB: {_BOUNDS}")
    _say(f"          {reads[-1].kept}")


def _open_large_flow() -> None:
    """A flow of many events, from its records to the drawing of it."""
    flows = FlowStore()
    flows.add_all(
        replace(each, offset=number, headers=_headers(each, "large", f"{number}"))
        for number, each in ((number, _EVENTS[number % len(_EVENTS)]) for number in range(_MANY_EVENTS))
    )
    times = []
    for _ in range(_OPENS):
        begun = time.process_time()
        assert _drawn(flows)
        times.append((time.process_time() - begun) * 1000)
    _say(f"\nopen      {_MANY_EVENTS:,} events of one flow, joined, judged and drawn: {_spread(times)} ms of CPU time")


def _drawn(flows: FlowStore) -> list[str]:
    flow = flows.flow("large")
    assert flow is not None
    return waterfall(flow, findings_of(flow, Seen(START)), height=40)


def _write(servers: str, records: int) -> list[str]:
    topics = sorted({_PREFIX + each.topic for each in EVENTS} | {TRACE_HOPS})
    admin: Any = AdminClient({"bootstrap.servers": servers})
    created = admin.create_topics([NewTopic(topic, _PARTITIONS, 1) for topic in topics if topic != TRACE_HOPS])
    for done in created.values():
        done.result(30)
    producer: Any = Producer({"bootstrap.servers": servers, "linger.ms": 20, "queue.buffering.max.messages": 50_000})
    for number, each in enumerate(_purchases(records)):
        while True:
            try:
                producer.produce(each.topic, each.value, each.key, headers=list(each.headers))
                break
            except BufferError:
                producer.poll(0.1)
        if number % 1000 == 0:
            producer.poll(0)
    assert producer.flush(120) == 0
    return topics


def _purchases(records: int) -> Iterator[TracedRecord]:
    """So many records: the events of purchases, each with some of its reports, which tell of its flow alone."""
    produced = 0
    order = 0
    while True:
        flow_id = f"{order:08x}{ORDER[8:]}"
        template = [*_EVENTS, *REPORTS[:2]]
        for number, each in enumerate(template):
            if produced == records:
                return
            value = (each.value or b"").replace(ORDER.encode(), flow_id.encode())
            if each.topic == TRACE_HOPS:
                yield replace(each, value=value.replace(b'"topic":"', b'"topic":"' + _PREFIX.encode()))
            else:
                headers = _headers(each, flow_id, f"{order}-{number}")
                yield replace(each, topic=_PREFIX + each.topic, headers=headers, value=value, key=flow_id.encode())
            produced += 1
        order += 1


def _headers(each: TracedRecord, flow_id: str, event_id: str) -> tuple[tuple[str, bytes | None], ...]:
    new = {"ce_correlationid": flow_id.encode(), "ce_id": event_id.encode()}
    return tuple((name, new.get(name, value)) for name, value in each.headers)


def _bare(servers: str, topics: list[str]) -> int:
    consumer: Any = Consumer({"bootstrap.servers": servers, "group.id": "bench", "enable.partition.eof": True})
    places = [TopicPartition(topic, number, OFFSET_BEGINNING) for topic in topics for number in range(_PARTITIONS)]
    consumer.assign(places)
    count, ends = 0, len(places)
    while ends:
        for message in consumer.consume(1000, 0.1):
            if message.error() is None:
                count += 1
            else:
                ends -= 1
    consumer.close()
    return count


def _source(servers: str, topics: list[str]) -> int:
    with KafkaSource(servers, topics) as source:
        return sum(len(batch) for batch in source.until_end())


def _store(servers: str, topics: list[str]) -> _Read:
    parts: list[float] = []

    def watched(batches: Iterator[list[TracedRecord]]) -> Iterator[list[TracedRecord]]:
        """The batches, with the CPU time that each part took to be read and kept."""
        begun, count = time.process_time(), 0
        for batch in batches:
            yield batch
            count += len(batch)
            if count >= _SLICE:
                parts.append(count / (time.process_time() - begun))
                begun, count = time.process_time(), 0

    file = spill.Spill()
    flows = FlowStore(spill=file)

    def fill() -> int:
        with KafkaSource(servers, topics) as source:
            flows.fill(watched(source.until_end()))
        return flows.counts.received

    read = _timed(fill)
    counts, memory = flows.counts, psutil.Process().memory_info().rss / 2**20
    file.close()
    assert counts.received == counts.held + counts.reports + counts.unjoined + counts.evicted
    kept = (
        f"{counts.flows:,} flows, {counts.spilled:,} of {counts.held:,} records in the file, {counts.evicted:,} evicted"
    )
    return replace(read, parts=parts, memory=memory, kept=kept)


def _kcat(servers: str, topics: list[str], records: int) -> _Read:
    wall, before = time.perf_counter(), os.times()
    for topic in topics:
        form = ["-f", "%t %p %o %k %h %s\\n"]
        command = ["kcat", "-b", servers, "-C", "-q", "-e", "-t", topic, *form]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return _Read(records / (time.perf_counter() - wall), records / cpu)


def _timed(work: Callable[[], int]) -> _Read:
    wall, cpu = time.perf_counter(), time.process_time()
    count = work()
    return _Read(count / (time.perf_counter() - wall), count / (time.process_time() - cpu))


def _spread(rates: list[float]) -> str:
    return f"{median(rates):,.0f} ({min(rates):,.0f} - {max(rates):,.0f})"


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
