"""A thread reads for an event loop: in order, held up where nothing is taken, and ended with its caller."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Iterator

import pytest

from simulator.trace import TracedRecord, flow_of, live_flow, live_records
from simulator.trace.kafka_source import SourceUnavailable
from simulator.trace.live import MOST_WAITING, _Reader
from tests.unit.simulator.records import ORDER, PURCHASE
from tests.waiting import eventually_true, wait_for


class FakeSource:
    """Gives batches, and waits for a moment where there are none."""

    def __init__(self, batches: Iterator[list[TracedRecord]]) -> None:
        self._batches = batches
        self._closing = threading.Event()
        self.taken = 0

    def step(self) -> list[TracedRecord]:
        batch = next(self._batches, None)
        if batch is None:
            self._closing.wait(0.01)
            return []
        self.taken += 1
        return batch

    def close(self) -> None:
        self._closing.set()

    @property
    def closed(self) -> bool:
        return self._closing.is_set()


def test_a_flow_grows_while_its_records_come() -> None:
    source = FakeSource(iter([[each] for each in PURCHASE]))

    async def grow() -> int:
        growing = live_flow(lambda: source, ORDER)
        told = 0
        async for flow in growing:
            told += 1
            if flow == flow_of(ORDER, PURCHASE):
                break
        await growing.aclose()
        return told

    assert asyncio.run(grow()) == 10
    assert source.closed


def test_the_reader_waits_for_a_program_that_takes_nothing() -> None:
    source = FakeSource([PURCHASE[0]] for _ in range(10_000))

    async def take_one() -> None:
        records = live_records(lambda: source)
        await anext(records)
        await eventually_true(lambda: source.taken >= MOST_WAITING)
        assert source.taken <= MOST_WAITING + 3
        await records.aclose()

    asyncio.run(take_one())
    assert source.closed


def test_a_source_that_cannot_be_opened_raises_where_its_records_are_awaited() -> None:
    def refuse() -> FakeSource:
        raise SourceUnavailable("Kafka does not answer")

    async def take() -> None:
        async for _ in live_records(refuse):
            pass

    with pytest.raises(SourceUnavailable, match="does not answer"):
        asyncio.run(take())


def test_the_reader_ends_with_a_loop_that_was_closed_without_a_word() -> None:
    source = FakeSource([PURCHASE[0]] for _ in itertools.count())

    async def begin() -> _Reader:
        reader = _Reader(lambda: source, None, 0.0)
        assert await reader.came.get()
        return reader

    asyncio.run(begin())
    wait_for(lambda: source.closed, what="the end of the reader")
