"""The faults of the control contract as the embedded broker's process carries them out, and counts them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from services_stub.contracts.control_faults import (
    BrokerFault,
    HeldRecords,
    LostAnswers,
    RefusedRequests,
    RequestErrors,
    SlowRequests,
    StoppedRequests,
    TimedOutRequests,
)
from services_stub.infra.kafka.broker import records
from services_stub.infra.kafka.broker.broker import Broker
from services_stub.infra.kafka.embedded import carry_out
from services_stub.infra.kafka.messages import Apply, Clear, CountHits, Hits, Release
from services_stub.infra.processes.messages import Done, Problem
from tests.folders import new_folder
from tests.ports import free_port
from tests.unit.infra.broker.raw import HOST, Client

PRODUCE, FETCH, HEARTBEAT = 0, 1, 12
BATCH = records.batch([(b"key", b"value", 1)])


class Process:
    """A broker with two topics of two partitions, and one client of it."""

    def __init__(self, broker: Broker, port: int) -> None:
        self.broker = broker
        self._port = port

    async def ask(self, api_key: int, version: int, message: dict[str, Any]) -> dict[str, Any] | None:
        """The response on a connection of its own; None where it is cut."""
        client = Client(*await asyncio.open_connection(HOST, self._port))
        try:
            return await client.ask(api_key, version, message)
        finally:
            client.close()

    async def produce(self, topic: str = "a", partition: int = 0) -> int | None:
        """The error code of a record that is written; None where the connection is cut."""
        data = [{"name": topic, "partition_data": [{"index": partition, "records": BATCH}]}]
        response = await self.ask(PRODUCE, 7, {"acks": -1, "timeout_ms": 1, "topic_data": data})
        return None if response is None else int(response["responses"][0]["partition_responses"][0]["error_code"])

    async def seen(self, topic: str = "a", partition: int = 0) -> int:
        """How many batches of one record a reader sees."""
        wanted = [{"partition": partition, "fetch_offset": 0, "partition_max_bytes": 1_000_000}]
        asked = {"min_bytes": 0, "max_bytes": 1_000_000, "topics": [{"topic": topic, "partitions": wanted}]}
        response = await self.ask(FETCH, 11, asked | {"session_epoch": 0})
        assert response is not None
        return int(response["responses"][0]["partitions"][0]["high_watermark"])

    def written(self, topic: str = "a", partition: int = 0) -> int:
        """How many records there are, seen or not."""
        return self.broker.topics.by_name[topic].partitions[partition].end


@asynccontextmanager
async def process() -> AsyncIterator[Process]:
    port = free_port()
    broker = Broker(new_folder(), {(HOST, port): port})
    broker.topics.ensure([("a", 2, {}), ("b", 2, {})])
    await broker.server.listen()
    try:
        yield Process(broker, port)
    finally:
        await broker.close()


def run(test: Callable[[Process], Awaitable[None]]) -> None:
    async def with_process() -> None:
        async with process() as made:
            await asyncio.wait_for(test(made), 10)

    asyncio.run(with_process())


@pytest.mark.parametrize(
    ("fault", "error", "written"),
    [
        (RefusedRequests(api_key=PRODUCE, topic="a", partition=1, count=2), None, 0),
        (RequestErrors(api_key=PRODUCE, topic="a", partition=1, count=2, error=29), 29, 0),
        (TimedOutRequests(api_key=PRODUCE, topic="a", partition=1, count=2), 7, 2),
        (LostAnswers(api_key=PRODUCE, topic="a", partition=1, count=2), None, 2),
        (SlowRequests(api_key=PRODUCE, topic="a", partition=1, count=2, milliseconds=1), 0, 2),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BrokerFault) else str(value),
)
def test_a_fault_strikes_the_requests_that_are_meant_as_often_as_it_may_and_counts_them(
    fault: BrokerFault, error: int | None, written: int
) -> None:
    async def test(made: Process) -> None:
        assert await carry_out(made.broker, Apply(fault=fault)) == Done()
        assert [await made.produce("b", 1), await made.produce("a", 0)] == [0, 0]
        assert await carry_out(made.broker, CountHits(ids=[fault.id, "other"])) == Hits(by_id={fault.id: 0})
        assert [await made.produce("a", 1) for _ in range(2)] == [error, error]
        assert made.written("a", 1) == written
        assert await made.produce("a", 1) == 0
        assert await carry_out(made.broker, CountHits(ids=[fault.id])) == Hits(by_id={fault.id: 2})
        assert await carry_out(made.broker, Clear(fault=fault)) == Done()
        assert await carry_out(made.broker, CountHits(ids=[fault.id])) == Hits(by_id={})

    run(test)


def test_a_fault_strikes_the_requests_of_a_group() -> None:
    async def test(made: Process) -> None:
        await carry_out(made.broker, Apply(fault=RequestErrors(group="order", error=29)))
        struck = await made.ask(HEARTBEAT, 3, {"group_id": "order"})
        passed = await made.ask(HEARTBEAT, 3, {"group_id": "payment"})
        assert struck is not None
        assert passed is not None
        assert (struck["error_code"], passed["error_code"]) == (29, 25)

    run(test)


def test_requests_that_are_stopped_are_carried_out_when_the_fault_is_cleared() -> None:
    async def test(made: Process) -> None:
        fault = StoppedRequests(api_key=PRODUCE)
        await carry_out(made.broker, Apply(fault=fault))
        answer = asyncio.create_task(made.produce())
        while await carry_out(made.broker, CountHits(ids=[fault.id])) != Hits(by_id={fault.id: 1}):
            await asyncio.sleep(0)
        assert made.written() == 0
        await carry_out(made.broker, Clear(fault=fault))
        assert (await answer, made.written()) == (0, 1)

    run(test)


def test_held_records_are_seen_batch_by_batch_or_all_at_once() -> None:
    async def test(made: Process) -> None:
        fault = HeldRecords(topic="a")
        await made.produce()
        await carry_out(made.broker, Apply(fault=fault))
        for _ in range(4):
            assert await made.produce() == 0
        await made.produce("a", 1)
        assert (await made.seen(), await made.seen("a", 1), made.written()) == (1, 0, 5)
        assert await carry_out(made.broker, Release(topic="a", partition=0, batches=2)) == Done()
        assert (await made.seen(), await made.seen("a", 1)) == (3, 0)
        await carry_out(made.broker, Release(topic="a", partition=None, batches=1))
        assert (await made.seen(), await made.seen("a", 1)) == (4, 1)
        await carry_out(made.broker, Clear(fault=fault))
        await made.produce()
        assert await made.seen() == 6

    run(test)


def test_a_topic_or_a_partition_that_there_is_not_is_a_problem() -> None:
    async def test(made: Process) -> None:
        problem = Problem(text="the broker has no such topic or partition")
        assert await carry_out(made.broker, Apply(fault=HeldRecords(topic="c"))) == problem
        assert await carry_out(made.broker, Release(topic="c", partition=None, batches=1)) == problem
        assert await carry_out(made.broker, Release(topic="a", partition=7, batches=1)) == problem
        assert await carry_out(made.broker, Clear(fault=HeldRecords(topic="c"))) == Done()

    run(test)


def test_faults_of_the_same_kind_for_other_requests_stand_beside_each_other() -> None:
    chosen: list[dict[str, Any]] = [{}, {"api_key": 0}, {"topic": "a", "partition": 0}, {"group": "order"}]
    assert [SlowRequests(milliseconds=1, **one).id for one in chosen] == [
        "slow-requests",
        "slow-requests-api-0",
        "slow-requests-topic-a-partition-0",
        "slow-requests-group-order",
    ]
