"""One run: the processes, who is killed when, and what all of them have seen in the end."""

from __future__ import annotations

import contextlib
import itertools
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
from confluent_kafka import Consumer, TopicPartition

from services_stub.contracts.topics import Topic
from tests.broker.kills import consumer, producer
from tests.broker.kills.clients import GROUPS, PARTITIONS, TOPIC, settings
from tests.broker.kills.journal import Acknowledged, Assigned, Entry, Journal, Read, entries, now
from tests.broker.kills.judging import Log, faults
from tests.conformance.kafkas import Kafka, embedded
from tests.waiting import wait_for

CLIENTS = 10
"""Producers, and consumers."""

_BETWEEN_SECONDS = 1.5
"""The mean time between two kills."""
_BROKER_SHARE = 0.3
_AWAY_SECONDS = 1.5
"""A broker that was killed is started again after less than this."""
_LAST_SECONDS = 180.0
_MOST = 10_000


class Result(msgspec.Struct, kw_only=True):
    """The kills and the records of a run, and what is wrong."""

    kills: dict[str, int]
    acknowledged: int
    records: int
    read: dict[str, int]
    looks: int
    wrong: list[str]


class _Clients:
    """The processes of the clients. One that was killed is replaced by another of the same place."""

    def __init__(self, address: str, directory: Path) -> None:
        self._address = address
        self._directory = directory
        self._numbers = itertools.count()
        groups = list(GROUPS)
        self._places = [(f"producer-{number}", "") for number in range(CLIENTS)]
        self._places += [(f"consumer-{number}", groups[number % len(groups)]) for number in range(CLIENTS)]
        self._processes = [self._start(*place) for place in self._places]

    def kill(self, place: int) -> str:
        """Kill one, and start another; of which kind it was."""
        assert self._processes[place].poll() is None, f"{self._places[place]} has ended by itself"
        self._processes[place].kill()
        self._processes[place].wait()
        self._processes[place] = self._start(*self._places[place])
        return "consumer" if self._places[place][1] else "producer"

    def end(self, of_groups: bool) -> Iterator[str]:
        """Let the producers, or the consumers, end in order; those that could not."""
        found = [
            (place, process)
            for place, process in zip(self._places, self._processes, strict=True)
            if bool(place[1]) == of_groups
        ]
        for _, process in found:
            process.terminate()
        for place, process in found:
            if process.wait(_LAST_SECONDS) not in (0, -signal.SIGTERM):
                yield f"{place[0]} did not end in order"

    def close(self) -> None:
        """End what is left."""
        for process in self._processes:
            process.kill()
            process.wait()

    def _start(self, name: str, group: str) -> subprocess.Popen[bytes]:
        number = next(self._numbers)
        journal = str(self._directory / f"{number:05}.journal")
        if group:
            rest = [consumer.__name__, self._address, journal, name, group]
        else:
            rest = [producer.__name__, self._address, journal, f"{name}.{number}"]
        return subprocess.Popen([sys.executable, "-m", *rest])


def kill_at_random(seconds: float, seed: int, directory: Path, say: Callable[[str], object]) -> Result:
    """Produce and consume for so long, while processes are killed all the time; then let all come to their end."""
    journals = directory / "journals"
    journals.mkdir()
    with embedded(directory / "log", [Topic(TOPIC, PARTITIONS)]) as kafka:
        clients = _Clients(kafka.address, journals)
        with contextlib.closing(clients), contextlib.closing(_Looking(kafka, journals)) as looking:
            kills = _kill(seconds, random.Random(seed), kafka, clients, looking, say)
            wrong = [*clients.end(of_groups=False)]
            ends = looking.ends()
            with contextlib.suppress(AssertionError):  # the judgement says what is missing
                wait_for(lambda: looking.look() == ends, seconds=_LAST_SECONDS, what="all is read")
            wrong += clients.end(of_groups=True)
        kafka.kill()
        kafka.start()
        log = _read(kafka)
    seen = [entry for path in sorted(journals.iterdir()) for entry in entries(path)]
    return _result(kills, log, seen, wrong)


def _kill(
    seconds: float,
    rng: random.Random,
    kafka: Kafka,
    clients: _Clients,
    looking: _Looking,
    say: Callable[[str], object],
) -> Counter[str]:
    kills = Counter[str]()
    end, minute = time.monotonic() + seconds, 0
    while (left := end - time.monotonic()) > 0:
        time.sleep(min(rng.expovariate(1 / _BETWEEN_SECONDS), left))
        assert kafka.lives, "the broker has ended by itself"
        if rng.random() < _BROKER_SHARE:
            kafka.kill()
            time.sleep(rng.uniform(0, _AWAY_SECONDS))
            kafka.start()
            kills["broker"] += 1
        else:
            kills[clients.kill(rng.randrange(2 * CLIENTS))] += 1
        looking.look()
        if (seconds - left) // 60 > minute:
            minute += 1
            say(f"{minute} min: killed {dict(kills)}")
    return kills


class _Looking:
    """Looks at the offsets of all groups from outside."""

    def __init__(self, kafka: Kafka, journals: Path) -> None:
        options = {"enable.auto.commit": False}
        self._groups = {group: Consumer(settings(kafka.address) | options | {"group.id": group}) for group in GROUPS}
        self._journal = Journal(journals / "looking.journal")
        self._places = [TopicPartition(TOPIC, number) for number in range(PARTITIONS)]

    def look(self) -> dict[tuple[str, int], int]:
        """The offsets of all groups, which are noted."""
        found: dict[tuple[str, int], int] = {}
        for group, asking in self._groups.items():
            since = now()
            for each in asking.committed(self._places, timeout=30):
                found[group, each.partition] = max(each.offset, 0)
                self._journal.write(Assigned(group, each.partition, max(each.offset, 0), since))
        return found

    def ends(self) -> dict[tuple[str, int], int]:
        """The offsets of groups that have read everything."""
        asking: Any = next(iter(self._groups.values()))
        ends = {each.partition: asking.get_watermark_offsets(each, timeout=30)[1] for each in self._places}
        return {(group, number): end for group in GROUPS for number, end in ends.items()}

    def close(self) -> None:
        """Close the connections."""
        for asking in self._groups.values():
            asking.close()


def _read(kafka: Kafka) -> Log:
    """The whole log."""
    reading: Any = Consumer(settings(kafka.address) | {"group.id": "last", "enable.auto.commit": False})
    with contextlib.closing(reading):
        places = [TopicPartition(TOPIC, number, 0) for number in range(PARTITIONS)]
        left = {each.partition: reading.get_watermark_offsets(each, timeout=30)[1] for each in places}
        log: Log = {number: [] for number in left}
        reading.assign(places)

        def is_read() -> bool:
            for message in reading.consume(_MOST, 1.0):
                assert message.error() is None, message.error()
                values = log[message.partition()]
                assert message.offset() == len(values), f"{message.offset()} comes after {len(values)} records"
                values.append(message.value())
            return all(len(values) == left[number] for number, values in log.items())

        wait_for(is_read, seconds=_LAST_SECONDS, what="the whole log")
    return log


def _result(kills: Counter[str], log: Log, seen: list[Entry], wrong: list[str]) -> Result:
    read = Counter[str]()
    for each in seen:
        if isinstance(each, Read):
            read[each.group] += each.last + 1 - each.first
    return Result(
        kills=dict(kills),
        acknowledged=sum(isinstance(each, Acknowledged) for each in seen),
        records=sum(map(len, log.values())),
        read=dict(read),
        looks=sum(isinstance(each, Assigned) for each in seen),
        wrong=[*wrong, *faults(log, seen, GROUPS)],
    )
