"""The faults of the broker, by kind of request, topic, partition and group."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from services_stub.infra.kafka.broker import codec
from services_stub.infra.kafka.broker.context import Context, Message
from services_stub.infra.kafka.broker.definitions import definitions
from services_stub.infra.kafka.broker.faults import Action, Fault
from services_stub.infra.kafka.broker.refusals import groups, places, refusal
from tests.unit.infra.broker.raw import Running, request, running

PRODUCE, COMMIT, HEARTBEAT = 0, 8, 12
GROUP: Message = {"group_id": "g"}


def run(test: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(test, 10))


def produced(topic: str, partition: int) -> Message:
    return {"topic_data": [{"name": topic, "partition_data": [{"index": partition, "records": b"x"}]}]}


class Work:
    """Handlers that remember what they did, at once or on the loop's next round."""

    def __init__(self, later: bool = False) -> None:
        self.done: list[Message] = []
        self._later = later

    def __call__(self, message: Message, context: Context) -> Message | None:
        self.done.append(message)
        if self._later:
            asyncio.get_running_loop().call_soon(context.answer, {})
            return None
        return {}


async def error_of(broker: Running, message: Message = GROUP, api_key: int = HEARTBEAT) -> int | None:
    """The error of the answer, None if the connection is cut."""
    answer = await (await broker.connect()).ask(api_key, {PRODUCE: 7, COMMIT: 7, HEARTBEAT: 4}[api_key], message)
    if answer is None:
        return None
    for inner in ("responses", "partition_responses"):
        answer = answer[inner][0] if answer.get(inner) else answer
    return int(answer.get("error_code", 0))


@pytest.mark.parametrize("later", [False, True])
@pytest.mark.parametrize(
    ("action", "error", "done"),
    [("error", 15, 0), ("refuse", None, 0), ("time-out", 7, 1), ("cut", None, 1)],
)
def test_a_fault_strikes_as_often_as_it_may(action: Action, error: int | None, done: int, later: bool) -> None:
    async def test() -> None:
        work = Work(later)
        async with running({HEARTBEAT: work}) as broker:
            broker.faults.put("f", Fault(action=action, api_key=HEARTBEAT, count=2, error=15))
            assert [await error_of(broker) for _ in range(3)] == [error, error, 0]
            assert len(work.done) == 2 * done + 1
            assert broker.faults.hits("f") == 2
            broker.faults.clear("f")
            broker.faults.clear("f")
            assert not broker.faults.active

    run(test())


def test_a_slow_answer_comes_later_and_before_those_to_later_requests() -> None:
    async def test() -> None:
        work = Work()
        async with running({HEARTBEAT: work, COMMIT: work}) as broker:
            broker.faults.put("f", Fault(action="slow", api_key=HEARTBEAT, count=1, seconds=0.05))
            client = await broker.connect()
            client.send(request(HEARTBEAT, 4, GROUP, 1) + request(HEARTBEAT, 4, GROUP, 2))
            begin = asyncio.get_running_loop().time()
            assert [(await client.receive(HEARTBEAT, 4) or [0])[0] for _ in range(2)] == [1, 2]
            assert asyncio.get_running_loop().time() - begin >= 0.04

    run(test())


def test_what_is_stopped_is_carried_out_when_the_fault_is_cleared() -> None:
    async def test() -> None:
        work = Work()
        async with running({HEARTBEAT: work}) as broker:
            broker.faults.put("f", Fault(action="stop", group="g"))
            client = await broker.connect()
            client.send(request(HEARTBEAT, 4, GROUP, 1) + request(HEARTBEAT, 4, GROUP, 2))
            assert await error_of(broker, {"group_id": "other"}) == 0
            while not broker.faults.hits("f"):
                await asyncio.sleep(0)
            assert len(work.done) == 1
            broker.faults.clear("f")
            assert [(await client.receive(HEARTBEAT, 4) or [0])[0] for _ in range(2)] == [1, 2]

    run(test())


def test_a_fault_strikes_its_topic_and_partition_and_no_other() -> None:
    async def test() -> None:
        async with running({PRODUCE: Work()}) as broker:
            broker.faults.put("f", Fault(action="error", topic="t", partition=3, error=10))
            asked = [produced("t", 3), produced("t", 2), produced("u", 3)]
            assert [await error_of(broker, message, PRODUCE) for message in asked] == [10, 0, 0]

    run(test())


def test_a_refusal_has_the_error_at_every_place() -> None:
    answer = refusal(produced("t", 3), PRODUCE, 7, 10)
    assert answer["responses"] == [
        {"name": "t", "partition_responses": [{"index": 3, "error_code": 10}]},
    ]
    asked: Message = {"groups": [{"group_id": "g", "topics": [{"name": "t", "partition_indexes": [1, 2]}]}]}
    (group,) = refusal(asked, 9, 8, 15)["groups"]
    assert (group["group_id"], group["error_code"]) == ("g", 15)
    assert [(part["partition_index"], part["error_code"]) for part in group["topics"][0]["partitions"]] == [
        (1, 15),
        (2, 15),
    ]
    assert list(places(asked["groups"][0])) == [("t", 1), ("t", 2)]
    assert groups(asked) == ["g"]
    assert refusal({"key_type": 0, "coordinator_keys": ["g"]}, 10, 4, 15)["coordinators"] == [
        {"key": "g", "error_code": 15}
    ]
    assert refusal({"topic_names": ["t"]}, 20, 5, 7)["responses"] == [{"name": "t", "error_code": 7}]


def test_every_kind_of_request_can_be_refused() -> None:
    for (kind, api_key), found in definitions().items():
        for version in range(found.versions[0], found.versions[1] + 1) if kind == "request" else ():
            data = codec.encoded("request", api_key, version, {})
            asked, _ = codec.decoder("request", api_key, version)(data, 0, len(data))
            assert codec.encoded("response", api_key, version, refusal(asked, api_key, version, 7))
            assert isinstance(list(groups(asked)) + list(places(asked)), list)
