"""One run: the broker, the client beside, mutated requests, and the broker's memory and what it wrote meanwhile."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path

import msgspec
import psutil

from services_stub.contracts.topics import Topic
from services_stub.infra.kafka.broker.server import API_VERSIONS
from tests.broker.fuzz import canary
from tests.broker.fuzz.mutating import Mutator, Versions, readable
from tests.broker.fuzz.talks import Talks, Wrong
from tests.broker.fuzz.tidying import tidy
from tests.broker.fuzz.valid import TOPICS, valid_requests
from tests.broker.wire import Wire
from tests.conformance.kafkas import Kafka, embedded

PARTS = 50
"""As often the memory is looked at, after what was made is deleted; and other valid requests are made."""
_WARM_UP = PARTS // 10
_MOST_GROWTH_MIB = 24.0
"""As much as ten million leaks of three bytes would be. A topic of 10,000 partitions, for which a request asks now and
then, leaves up to 17 MiB with the allocator, once; and the codec keeps up to 5 of what Fetch asked for."""
_TRACE = b"Traceback"
_SHOWN = 4_000
_MIB = 2**20


class Fuzzed(msgspec.Struct, kw_only=True):
    """The counts of a run, and the broker's memory in MiB: after the warm-up, at its most since, and at the end."""

    answered: int
    ended: int
    waited: int
    warm_mib: float
    most_mib: float
    last_mib: float
    canary: canary.Served
    lines: int
    mistakes: str


def fuzz(requests: int, seed: int, directory: Path, say: Callable[[str], object]) -> Fuzzed:
    """Send so many mutated requests, and start the broker again on what it has then.

    Raises:
        Wrong: see `Talks`.
    """
    said = _Said()
    topics = [Topic(name, partitions=2) for name in TOPICS] + [Topic(canary.TOPIC, partitions=1)]
    with embedded(directory, topics, said.writing) as kafka:
        with _canary(kafka) as served:
            try:
                talks, memory = _send(requests, seed, kafka, say)
            except Wrong as error:
                raise Wrong(f"{error}\nThe broker said last: {said.last}") from error
        assert kafka.lives, "the broker has ended"
        kafka.end()
        kafka.start()
        tidy(kafka.address)
    said.close()
    return Fuzzed(
        answered=talks.answered,
        ended=talks.ended,
        waited=talks.waited,
        warm_mib=memory[_WARM_UP - 1],
        most_mib=max(memory[_WARM_UP - 1 :]),
        last_mib=memory[-1],
        canary=served[0],
        lines=said.lines,
        mistakes=said.mistakes,
    )


def wrong(fuzzed: Fuzzed) -> list[str]:
    """The faults that a run has shown."""
    found = [f"a mistake of the broker's: {fuzzed.mistakes}"] if fuzzed.mistakes else []
    if fuzzed.last_mib > fuzzed.warm_mib + _MOST_GROWTH_MIB:
        found.append(f"memory grew from {fuzzed.warm_mib:.1f} to {fuzzed.last_mib:.1f} MiB")
    return found


def _send(requests: int, seed: int, kafka: Kafka, say: Callable[[str], object]) -> tuple[Talks, list[float]]:
    versions = _versions(kafka)
    rng, memory = random.Random(seed), []
    mutator = Mutator(rng, [])
    talks = Talks(kafka.address, mutator.mutated, readable(versions))
    for part in range(1, PARTS + 1):
        mutator.valid = valid_requests(rng, versions)
        while talks.answered + talks.ended < requests * part / PARTS:
            talks.carry_on()
        topics, groups = tidy(kafka.address)
        memory.append(psutil.Process(kafka.pid).memory_info().rss / _MIB)
        count = talks.answered + talks.ended
        say(f"{count:>11,} requests, {memory[-1]:.1f} MiB; {topics} topics and {groups} groups deleted")
    talks.finish()
    return talks, memory


def _versions(kafka: Kafka) -> Versions:
    wire = Wire(kafka.address)
    answer = wire.ask(API_VERSIONS, 0, {})
    wire.close()
    return {kind["api_key"]: (kind["min_version"], kind["max_version"]) for kind in answer["api_keys"]}


@contextmanager
def _canary(kafka: Kafka) -> Iterator[list[canary.Served]]:
    """The client beside; what it had, in the end."""
    served: list[canary.Served] = []
    command = [sys.executable, "-m", canary.__name__, kafka.address]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield served
        output, _ = process.communicate()
        assert process.returncode == 0, "another client was not served"
        served.append(msgspec.json.decode(output, type=canary.Served))


class _Said:
    """The text that the broker writes: lines about connections are counted, and traces of mistakes kept."""

    def __init__(self) -> None:
        self.lines = 0
        self.mistakes = self.last = ""
        reading, self.writing = os.pipe()
        self._thread = threading.Thread(target=self._read, args=[os.fdopen(reading, "rb")], daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Read the rest; the broker has ended."""
        os.close(self.writing)
        self._thread.join()

    def _read(self, reading: BufferedReader) -> None:
        before = b""
        while data := reading.read1(1 << 20):
            self.lines += data.count(b"\n")
            self.last = data[-_SHOWN:].decode(errors="replace")
            if not self.mistakes and _TRACE in (seen := before + data):
                self.mistakes = seen[seen.index(_TRACE) :][:_SHOWN].decode(errors="replace")
            before = data[-len(_TRACE) :] if not self.mistakes else b""
