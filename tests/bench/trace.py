"""`python -m tests.bench.trace`: how fast flows are read from Apache Kafka, beside a bare consumer and kcat.

Purchases with their hop reports are written to topics of their own, which no service reads. The rates are records a
second: by the clock, and by the CPU time of the process, in which the client library has threads of its own.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from msgspec.structs import replace

from services_stub.client.control import read_state
from services_stub.contracts.topics import TRACE_HOPS
from simulator.trace import FlowStore, Seen, TracedRecord, findings_of, flow_of
from simulator.trace.drawings.waterfall import waterfall
from simulator.trace.kafka_source import KafkaSource
from simulator.trace.spill import Spill
from tests.bench.machine import description
from tests.unit.simulator.purchase import EVENTS, REPORTS
from tests.unit.simulator.records import ORDER, START

_PARTITIONS = 6
_SLICE = 100_000
_MANY_EVENTS = 10_000
_PREFIX = "bench-"


def main() -> None:
    """Write records, read them in several ways, and print what was measured."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
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
        _measure(servers, topics, options.records)
    finally:
        subprocess.run([*command, "down", "--data-dir", directory], check=False, stdout=sys.stderr)
        shutil.rmtree(directory, ignore_errors=True)


def _measure(servers: str, topics: list[str], records: int) -> None:
    _say(f"\nread      {records:,} records of purchases, one in four a hop report; records/s")
    _say(f"          {'':<34}{'by the clock':>14}{'by CPU time':>14}")
    for name, read in (
        ("a bare consumer: bytes only", lambda: _bare(servers, topics)),
        ("the source: headers and values", lambda: _source(servers, topics)),
    ):
        wall, cpu, count = _timed(read)
        _say(f"          {name:<34}{count / wall:>14,.0f}{count / cpu:>14,.0f}")
    store = FlowStore(spill=Spill())
    slices: list[float] = []
    wall, cpu, count = _timed(lambda: _store(servers, topics, store, slices))
    _say(f"          {'the store: flows, within bounds':<34}{count / wall:>14,.0f}{count / cpu:>14,.0f}")
    if shutil.which("kcat"):
        begun = time.perf_counter()
        for topic in topics:
            form = ["-f", "%t %p %o %k %h %s\\n"]
            command = ["kcat", "-b", servers, "-C", "-q", "-e", "-t", topic, *form]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        _say(f"          {'kcat, one topic after the other':<34}{records / (time.perf_counter() - begun):>14,.0f}")
    shown = " ".join(f"{rate:,.0f}" for rate in slices)
    _say(f"          the store in parts of {_SLICE:,}, by the clock: {shown}")
    counts = store.counts
    assert counts.received == counts.held + counts.reports + counts.unjoined + counts.evicted
    memory = psutil.Process().memory_info().rss / 2**20
    _say(f"          {counts.flows:,} flows, {counts.spilled:,} records in the file; {memory:,.0f} MiB of memory")


def _open_large_flow() -> None:
    """A flow of many events, from its records to the drawing of it."""
    records = [
        replace(each, offset=number, headers=_headers(each, "large", f"{number}"))
        for number, each in ((number, EVENTS[number % len(EVENTS)]) for number in range(_MANY_EVENTS))
    ]
    wall, cpu, _ = _timed(lambda: len(_drawn(records)))
    times = f"{wall * 1000:.0f} ms by the clock, {cpu * 1000:.0f} ms by CPU time"
    _say(f"\nopen      {_MANY_EVENTS:,} events of one flow, joined, judged and drawn: {times}")


def _drawn(records: list[TracedRecord]) -> list[str]:
    flow = flow_of("large", records)
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
        template = [*EVENTS, *REPORTS[:2]]
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


def _store(servers: str, topics: list[str], store: FlowStore, slices: list[float]) -> int:
    def watched(batches: Iterator[list[TracedRecord]]) -> Iterator[list[TracedRecord]]:
        """The batches, with the time that each part took to be read and kept."""
        begun, count = time.perf_counter(), 0
        for batch in batches:
            yield batch
            count += len(batch)
            if count >= _SLICE:
                slices.append(count / (time.perf_counter() - begun))
                begun, count = time.perf_counter(), 0

    with KafkaSource(servers, topics) as source:
        store.fill(watched(source.until_end()))
    return store.counts.received


def _timed(work: Callable[[], int]) -> tuple[float, float, int]:
    wall, cpu = time.perf_counter(), time.process_time()
    count = work()
    return time.perf_counter() - wall, time.process_time() - cpu, count


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
