"""The consumer's loop, step by step: commits only what is handled, tries again what could not be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import pytest

from services_stub.contracts.events import OrderCreated
from services_stub.contracts.events.trace import HopOutcome
from services_stub.runtime.consumer import Consumer
from services_stub.runtime.errors import Unavailable
from services_stub.runtime.handling import Handled, Handling, Item
from services_stub.runtime.hops import HopReporter
from services_stub.runtime.in_sink import InSink
from services_stub.runtime.kafka.producer import Publisher
from services_stub.runtime.kafka.record_source import RecordSource
from services_stub.runtime.kafka.records import Record
from tests.unit.runtime.sample_service import order_created, record_of


class Source:
    """A log with two batches; remembers what was committed."""

    def __init__(self, batches: list[list[Record]]) -> None:
        self.batches = batches
        self.committed: list[int] = []

    def assign(self) -> None:
        """Nothing to do."""

    def sample(self) -> None:
        """There is no lag."""

    def poll(self, _most: int, _timeout: float) -> list[Record]:
        return self.batches.pop(0) if self.batches else []

    def commit(self, records: Sequence[Record]) -> None:
        self.committed += [record.offset for record in records]


class Hops:
    """Remembers the outcomes that were reported."""

    def __init__(self) -> None:
        self.outcomes: list[HopOutcome] = []

    def report(self, batch: Sequence[tuple[Any, HopOutcome]], *_times: int) -> None:
        self.outcomes += [outcome for _received, outcome in batch]

    def flush(self) -> None:
        """Nothing waits."""


class Dead:
    """A producer that keeps what it is given."""

    def __init__(self, unacknowledged: int = 0) -> None:
        self.sent: list[tuple[str, bytes | None]] = []
        self.unacknowledged = unacknowledged

    def send(self, topic: str, _key: bytes | None, value: bytes | None, _headers: Any, **_callbacks: Any) -> bool:
        self.sent.append((topic, value))
        return True

    def flush(self, _timeout: float) -> int:
        return self.unacknowledged


def consumer(source: Source, handling: Handling, hops: Hops) -> Consumer:
    def fail(error: BaseException) -> None:
        raise error

    made = Consumer(
        "test", [OrderCreated], cast("RecordSource", source), handling, cast("HopReporter", hops), on_bug=fail
    )
    made._stopping.set()  # the pauses between attempts end at once
    return made


def test_nothing_is_committed_until_it_is_handled() -> None:
    attempts: list[int] = []

    def handling(items: Sequence[Item], attempt: int) -> Handled:
        attempts.append(attempt)
        if attempt < 3:
            raise Unavailable("away")
        return Handled([HopOutcome.HANDLED for _ in items], 0, 0)

    source = Source([[record_of(order_created("a"), offset=4)], [record_of(order_created("b"), offset=5)]])
    hops = Hops()
    loop = consumer(source, handling, hops)
    loop.step()
    loop.step()
    assert source.committed == []
    loop.step()
    assert source.committed == [4]
    loop.step()
    loop.step()
    loop.step()
    assert source.committed == [4, 5]
    assert attempts == [1, 2, 3, 1, 2, 3]
    assert hops.outcomes == [HopOutcome.RETRIED, HopOutcome.RETRIED, HopOutcome.HANDLED] * 2


def test_a_bug_ends_the_loop() -> None:
    def handling(items: Sequence[Item], attempt: int) -> Handled:
        raise KeyError("a bug")

    with pytest.raises(KeyError):
        consumer(Source([[record_of(order_created("a"))]]), handling, Hops()).step()


def test_a_sink_gets_the_good_and_the_dead_letters_the_broken() -> None:
    seen: list[str] = []

    def sink(events: Sequence[Any]) -> list[HopOutcome]:
        seen.extend(event.event.order_id for event in events)
        return [HopOutcome.HANDLED for _ in events]

    dead = Dead()
    broken = Record("order-created", 0, 1, None, b"{", [], 0)
    source = Source([[record_of(order_created("a")), broken, record_of(order_created("b"), offset=2)]])
    consumer(source, InSink("test", sink, cast("Publisher", dead)), Hops()).step()
    assert seen == ["a", "b"]
    assert dead.sent == [("order-created.dlq", b"{")]
    assert source.committed == [0, 1, 2]


def test_dead_letters_that_the_broker_has_not_taken_are_tried_again() -> None:
    broken = Record("order-created", 0, 1, None, b"{", [], 0)
    source = Source([[broken]])
    consumer(source, InSink("test", lambda _events: [], cast("Publisher", Dead(unacknowledged=1))), Hops()).step()
    assert source.committed == []
