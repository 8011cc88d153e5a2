"""Disturbs the records that a service sends: twice, later, dropped and sent again, and poison between them.

No record is lost: one that is held back here is not acknowledged, so that after a crash the outbox sends it again.
Records of one key keep their order, whatever is held back.
"""

from __future__ import annotations

import heapq
import random
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from services_stub.contracts.control_faults import (
    DelayedRecords,
    DuplicatedRecords,
    PoisonRecords,
    RecordFault,
    ResentRecords,
    ServiceFault,
)
from services_stub.contracts.envelope import TYPE_PREFIX, Envelope, new_traceparent
from services_stub.contracts.times import rfc3339
from services_stub.runtime import clock
from services_stub.runtime.identifiers import new_id

RESENT_AFTER = (0.5, 1.5)
"""Seconds: a dropped record is sent again after a time between these."""

MOST_HELD = 10_000
"""How many records are held back at a time; the rows of those behind wait in the outbox."""

MOST_POISON = 1_000
"""How many poison records are sent at a time, after a pause of the process."""

POISON = b"poison: this is no JSON"

F = TypeVar("F", bound=RecordFault)


class Sending(Protocol):
    """A record that is to be sent."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Any


class Output(Protocol):
    """The producer behind the faults."""

    def produce(self, sending: Any, /) -> bool:
        """Queue a record; False where the queue is full."""

    def produce_expendable(
        self, topic: str, key: bytes | None, value: bytes | None, headers: list[tuple[str, bytes]], /
    ) -> bool:
        """Queue a record whose delivery nothing depends on; False where the queue is full."""


class RecordFaults:
    """Stands between those who send and the producer; any thread may call it. `poll` is called several times a second.

    `source` is the name of the service, `seed` decides which records are struck.
    """

    def __init__(self, source: str, output: Output, seed: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._source, self._output, self._seed, self._clock = source, output, seed, clock
        self._lock = threading.Lock()
        self._faults: dict[str, list[RecordFault]] = {}
        self._chances: dict[str, random.Random] = {}
        self._poison_due: dict[str, float] = {}
        self._held: list[tuple[float, int, Sending]] = []
        self._last: dict[tuple[str, bytes | None], tuple[float, int]] = {}
        self._number = 0

    def replace(self, faults: Sequence[ServiceFault]) -> None:
        """These faults are in force from now on; what others held back goes out with the next call of `poll`."""
        found: dict[str, list[RecordFault]] = {}
        for fault in faults:
            if isinstance(fault, RecordFault):
                found.setdefault(fault.topic, []).append(fault)
        now = self._clock()
        with self._lock:
            self._faults = found
            poisoned = [topic for topic in found if self._find(topic, PoisonRecords)]
            self._poison_due = {topic: self._poison_due.get(topic, now) for topic in poisoned}
            holding = {fault.topic for fault in faults if isinstance(fault, DelayedRecords | ResentRecords)}
            self._held = [
                (due if sending.topic in holding else 0.0, number, sending) for due, number, sending in self._held
            ]
            heapq.heapify(self._held)
            self._last = {
                place: (due if place[0] in holding else 0.0, number) for place, (due, number) in self._last.items()
            }

    def send(self, sending: Sending) -> bool:
        """Send a record as the faults want it; False where it was not taken."""
        if sending.topic not in self._faults and not self._held:
            return self._output.produce(sending)
        with self._lock:
            now = self._clock()
            self._release(now)
            place = sending.topic, sending.key
            wait = self._wait(sending.topic)
            if not wait and place not in self._last:
                return self._produce(sending)
            if len(self._held) >= MOST_HELD:
                return False
            due = max(now + wait, self._last[place][0] if place in self._last else 0.0)
            self._number += 1
            self._last[place] = due, self._number
            heapq.heappush(self._held, (due, self._number, sending))
            return True

    def poll(self) -> None:
        """Send what is due."""
        if self._held or self._poison_due:
            with self._lock:
                now = self._clock()
                self._release(now)
                for topic in self._poison_due:
                    self._send_poison(topic, now)

    def release_all(self) -> None:
        """Send everything that is held back, as far as the producer takes it."""
        with self._lock:
            self._release(float("inf"))

    def _find(self, topic: str, kind: type[F]) -> F | None:
        return next((fault for fault in self._faults.get(topic, ()) if isinstance(fault, kind)), None)

    def _strikes(self, topic: str, rate: float) -> bool:
        chance = self._chances.setdefault(topic, random.Random(f"{self._seed} {topic}"))
        return chance.random() < rate

    def _wait(self, topic: str) -> float:
        """The seconds for which a record of a topic is held back."""
        delayed, resent = self._find(topic, DelayedRecords), self._find(topic, ResentRecords)
        wait = delayed.milliseconds / 1000 if delayed else 0.0
        if resent and self._strikes(topic, resent.rate):
            wait = max(wait, self._chances[topic].uniform(*RESENT_AFTER))
        return wait

    def _release(self, now: float) -> None:
        while self._held and self._held[0][0] <= now:
            _, number, sending = self._held[0]
            if not self._produce(sending):
                return
            heapq.heappop(self._held)
            place = sending.topic, sending.key
            if self._last[place][1] == number:
                del self._last[place]

    def _produce(self, sending: Sending) -> bool:
        taken = self._output.produce(sending)
        duplicated = self._find(sending.topic, DuplicatedRecords)
        if taken and duplicated and self._strikes(sending.topic, duplicated.rate):
            self._output.produce_expendable(sending.topic, sending.key, sending.value, sending.headers)
        return taken

    def _send_poison(self, topic: str, now: float) -> None:
        fault = self._find(topic, PoisonRecords)
        if fault is None or self._poison_due[topic] > now:
            return
        pause = fault.milliseconds / 1000
        due = int((now - self._poison_due[topic]) / pause) + 1
        self._poison_due[topic] += due * pause
        for _ in range(min(due, MOST_POISON)):
            self._output.produce_expendable(topic, *_poison(topic, self._source))


def _poison(topic: str, source: str) -> tuple[bytes, bytes, list[tuple[str, bytes]]]:
    """Key, value and headers of a poison record: the envelope of an event, and a value that is none."""
    event_id = new_id()
    envelope = Envelope(
        id=event_id,
        type=f"{TYPE_PREFIX}.{topic}.v1",
        source=f"/services/{source}",
        time=rfc3339(clock.now()),
        subject=event_id,
        dataschema="",
        correlation_id=event_id,
        causation_id="",
        traceparent=new_traceparent(sampled=False),
    )
    return event_id.encode(), POISON, envelope.headers()
