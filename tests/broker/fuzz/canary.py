"""`python -m tests.broker.fuzz.canary ADDRESS`: the client that shall be served all the while, in its own process.

It writes a record and reads it, again and again, until its standard input ends; then it reads all of them once more,
and prints how often it did and how long that took.
"""

from __future__ import annotations

import select
import statistics
import sys
import time

import msgspec

from services_stub.infra.kafka.broker.records import iterate
from tests.broker.wire import Wire
from tests.unit.infra.broker.batches import a_batch

TOPIC = "canary"
PRODUCE, FETCH = 0, 1
_PAUSE_SECONDS = 0.05
_BYTES = 1_000_000


class Served(msgspec.Struct):
    """Round trips of a record; of one, the median and the longest in milliseconds."""

    rounds: int
    median_ms: float
    longest_ms: float


def main() -> int:
    """Go on until the end of the input. It ends with a traceback where a record was not there."""
    wire = Wire(sys.argv[1])
    taken: list[float] = []
    while not select.select([sys.stdin], [], [], _PAUSE_SECONDS)[0]:
        begun = time.perf_counter()
        _round(wire, len(taken))
        taken.append((time.perf_counter() - begun) * 1000)
    count = 0
    while found := _read(wire, count):
        assert found == [str(number).encode() for number in range(count, count + len(found))], found[:10]
        count += len(found)
    assert count == len(taken), f"{count} records of {len(taken)}"
    print(msgspec.json.encode(Served(count, statistics.median(taken), max(taken))).decode())  # noqa: T201
    return 0


def _round(wire: Wire, number: int) -> None:
    batch = a_batch(str(number).encode(), time=int(time.time() * 1000))
    data = [{"name": TOPIC, "partition_data": [{"index": 0, "records": batch}]}]
    answer = wire.ask(PRODUCE, 7, {"acks": -1, "timeout_ms": 1, "topic_data": data})
    (written,) = answer["responses"][0]["partition_responses"]
    assert (written["error_code"], written["base_offset"]) == (0, number), written
    assert _read(wire, number) == [str(number).encode()]


def _read(wire: Wire, offset: int) -> list[bytes | None]:
    """The values from an offset on, of as many batches as come."""
    partition = {"partition": 0, "fetch_offset": offset, "partition_max_bytes": _BYTES}
    message = {"max_wait_ms": 0, "min_bytes": 0, "max_bytes": _BYTES, "session_epoch": -1}
    answer = wire.ask(FETCH, 11, message | {"topics": [{"topic": TOPIC, "partitions": [partition]}]})
    parts = answer["responses"][0]["partitions"] if answer["responses"] else []
    return [value for part in parts for at, _, value in iterate(part["records"]) if at >= offset]


if __name__ == "__main__":
    sys.exit(main())
