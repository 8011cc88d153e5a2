"""`python -m tests.broker.million --orders 1000000`: a reader from the beginning of a log gets every record of it.

The broker is killed half-way, and once more before the log is read. Prints how long it takes, and the memory of the
broker; exits with 1 if a record is missing or wrong, or the memory has no bound.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import psutil
from confluent_kafka import Consumer, TopicPartition

from services_stub.contracts.topics import ALL_TOPICS
from tests.bench.machine import description
from tests.broker.orders import Contents, Orders, Partition
from tests.conformance.kafkas import Kafka, embedded

_STEPS = 20
_MOST = 10_000
_SILENT_SECONDS = 60.0
_MOST_MIB = 256.0
_MIB = 2**20


class Result(msgspec.Struct, kw_only=True):
    """Seconds, the broker's largest memory in MiB while records were written and read, and what is wrong."""

    records: int
    log_mib: float
    writing_seconds: float
    writing_mib: list[float]
    start_seconds: float
    reading_seconds: float
    reading_mib: list[float]
    wrong: list[str]


def write_and_read(orders: int, directory: Path, say: Callable[[str], object]) -> Result:
    """Write the records of so many orders, and read them all."""
    with embedded(directory, ALL_TOPICS) as kafka:
        begun, memory = time.perf_counter(), []
        placing = Orders(kafka.address)
        for step in range(1, _STEPS + 1):
            placing.place(orders * step // _STEPS - orders * (step - 1) // _STEPS)
            memory.append(_memory(kafka))
            say(f"{orders * step // _STEPS:>10,} orders, broker {memory[-1]:.1f} MiB")
            if step == _STEPS // 2:
                kafka.kill()
                kafka.start()
        written = time.perf_counter()
        kafka.kill()
        killed = time.perf_counter()
        kafka.start()
        started = time.perf_counter()
        found, reading_memory = _read(kafka, placing.contents, say)
        return Result(
            records=sum(each.count for each in found.values()),
            log_mib=sum(path.stat().st_size for path in directory.rglob("*.log")) / _MIB,
            writing_seconds=written - begun,
            writing_mib=memory,
            start_seconds=started - killed,
            reading_seconds=time.perf_counter() - started,
            reading_mib=reading_memory,
            wrong=[*_differences(placing.contents, found), *_unbounded([*memory, *reading_memory])],
        )


def _read(kafka: Kafka, wanted: Contents, say: Callable[[str], object]) -> tuple[Contents, list[float]]:
    """All that is in the log, until all that is wanted is there or nothing comes; and the broker's memory meanwhile."""
    found: Contents = defaultdict(Partition)
    settings = {"bootstrap.servers": kafka.address, "group.id": "from-the-beginning", "enable.auto.commit": False}
    consumer: Any = Consumer(settings | {"log_level": 0})
    memory: list[float] = []
    with contextlib.closing(consumer):
        consumer.assign([TopicPartition(topic, number, 0) for topic, number in wanted])
        total, count, said = sum(each.count for each in wanted.values()), 0, 0
        heard = time.monotonic()
        while count < total and time.monotonic() - heard < _SILENT_SECONDS:
            for message in consumer.consume(_MOST, 1.0):
                if message.error() is None:
                    found[message.topic(), message.partition()].add(message.key(), message.value())
                    count, heard = count + 1, time.monotonic()
            if count * _STEPS // total > said:
                said = count * _STEPS // total
                memory.append(_memory(kafka))
                say(f"{count:>10,} records read, broker {memory[-1]:.1f} MiB")
    return found, memory


def _differences(wanted: Contents, found: Contents) -> list[str]:
    return [
        f"{topic}[{number}]: {found[topic, number].count:,} records of {wanted[topic, number].count:,}, or not the same"
        for topic, number in wanted
        if found[topic, number] != wanted[topic, number]
    ]


def _unbounded(memory: list[float]) -> list[str]:
    return [f"the broker took {max(memory):.0f} MiB"] if max(memory) > _MOST_MIB else []


def _memory(kafka: Kafka) -> float:
    return float(psutil.Process(kafka.pid).memory_info().rss) / _MIB


def lines(result: Result) -> list[str]:
    """The result in lines."""
    return [
        f"log       {result.records:,} records, {result.log_mib:,.0f} MiB",
        f"written   in {result.writing_seconds:,.0f} s; broker {min(result.writing_mib):.1f} to "
        f"{max(result.writing_mib):.1f} MiB, {result.writing_mib[-1]:.1f} at the end",
        f"start     after a kill {result.start_seconds * 1000:,.0f} ms",
        f"read      in {result.reading_seconds:,.0f} s; broker {min(result.reading_mib):.1f} to "
        f"{max(result.reading_mib):.1f} MiB, {result.reading_mib[-1]:.1f} at the end",
        *(f"WRONG: {each}" for each in result.wrong),
    ]


def main() -> int:
    """Write, read, and say what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=1_000_000)
    orders = parser.parse_args().orders
    _say(description())
    with tempfile.TemporaryDirectory(prefix="broker-million-") as directory:
        result = write_and_read(orders, Path(directory), _say)
    _say("\n".join(lines(result)))
    return 1 if result.wrong else 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
