"""`python -m tests.bench.broker`: from the start of the embedded broker's process to its first answer.

Alternating: with an empty log, and with a log of a million records after an end in order, and after a kill. The
interpreter and the imports are in it, and the files are in memory. Exits with 1 if a median is above its limit.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from services_stub.contracts.topics import ALL_TOPICS
from services_stub.infra.kafka.broker.server import API_VERSIONS
from tests.bench.machine import description
from tests.broker.orders import KINDS, Orders
from tests.broker.wire import Wire
from tests.conformance.kafkas import Kafka, embedded

STARTS = 10
_RECORDS = 1_000_000
_LOOK_SECONDS = 0.001
_LIMITS_MS = {"empty log": 150.0, "a million records, ended": 1_000.0, "a million records, killed": 1_000.0}


def main() -> int:
    """Measure, print, and say by the exit code whether the limits hold."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=int, default=_RECORDS)
    records = parser.parse_args().records
    print(description())  # noqa: T201
    taken: dict[str, list[float]] = {name: [] for name in _LIMITS_MS}
    with (
        tempfile.TemporaryDirectory(prefix="bench-broker-") as path,
        embedded(Path(path) / "none", ALL_TOPICS) as none,
        embedded(Path(path) / "full", ALL_TOPICS) as full,
    ):
        Orders(full.address).place(-(-records // len(KINDS)))
        empty, ended, killed = taken.values()
        for _ in range(STARTS):
            none.kill()
            shutil.rmtree(Path(path) / "none")
            empty.append(_start(none))
            full.end()
            ended.append(_start(full))
            full.kill()
            killed.append(_start(full))
    for name, times in taken.items():
        shown = ", ".join(f"{how(times):.0f}" for how in (min, statistics.median, max))
        print(f"{name:<26} min, median, max of {STARTS}: {shown} ms (limit {_LIMITS_MS[name]:.0f})")  # noqa: T201
    return int(any(statistics.median(times) > _LIMITS_MS[name] for name, times in taken.items()))


def _start(kafka: Kafka) -> float:
    """Milliseconds until it has answered."""
    begun = time.perf_counter()
    kafka.begin()
    while (wire := _connected(kafka)) is None:
        time.sleep(_LOOK_SECONDS)
    wire.ask(API_VERSIONS, 0, {})
    wire.close()
    return (time.perf_counter() - begun) * 1000


def _connected(kafka: Kafka) -> Wire | None:
    try:
        return Wire(kafka.address)
    except ConnectionRefusedError:
        return None


if __name__ == "__main__":
    sys.exit(main())
