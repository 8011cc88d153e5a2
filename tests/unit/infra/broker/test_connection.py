"""Connections to the broker: requests one by one, and whose bytes are no request is cut off alone."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Coroutine
from contextlib import ExitStack
from typing import Any

import pytest

from services_stub.infra.kafka.broker.context import NO_RESPONSE, Context, Message
from services_stub.infra.kafka.broker.server import API_VERSIONS, Limits
from services_stub.logs.repetition import WHOLE, Repetition
from tests.unit.infra.broker.raw import HOST, request, running

PRODUCE, FETCH, HEARTBEAT = 0, 1, 12
GROUP: Message = {"group_id": "g"}


def run(test: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(test, 10))


def heartbeat(message: Message, _: Context) -> Message:
    return {"throttle_time_ms": len(message["group_id"])}


class Waiting:
    """A fetch that waits until it is interrupted or let go."""

    def __init__(self) -> None:
        self.contexts: list[Context] = []

    def __call__(self, _: Message, context: Context) -> Message | None:
        self.contexts.append(context)
        context.on_interrupt = lambda: context.answer({"error_code": 7})
        return None


def test_answers_come_in_the_order_of_the_requests_however_the_bytes_are_cut() -> None:
    async def test() -> None:
        async with running({HEARTBEAT: heartbeat}) as broker:
            client = await broker.connect()
            data = b"".join(request(HEARTBEAT, n % 5, {"group_id": "g" * n}, n) for n in range(1, 6))
            for byte in data:
                client.send(bytes((byte,)))
                await asyncio.sleep(0)
            client.send(data)
            answers = [await client.receive(HEARTBEAT, n % 5) for n in (1, 2, 3, 4, 5) * 2]
            numbers = [(answer[0], answer[1].get("throttle_time_ms", 0)) for answer in answers if answer]
            assert numbers == [(n, n % 5) for n in (1, 2, 3, 4, 5) * 2]

    run(test())


def test_a_request_that_waits_is_interrupted_by_the_next_one_and_answered_before_it() -> None:
    async def test() -> None:
        fetch = Waiting()
        async with running({FETCH: fetch, HEARTBEAT: heartbeat}) as broker:
            client = await broker.connect()
            fetches = b"".join(request(FETCH, 11, {}, n) for n in range(500))
            client.send(fetches + request(HEARTBEAT, 4, GROUP, 500))
            for n in range(500):
                assert await client.receive(FETCH, 11) == (n, {**EMPTY_FETCH, "error_code": 7})
            assert await client.receive(HEARTBEAT, 4) is not None
            client.send(request(FETCH, 11, {}))
            while len(fetch.contexts) < 501:
                await asyncio.sleep(0)
            client.send(request(HEARTBEAT, 4, GROUP))
            assert await client.receive(FETCH, 11) is not None
            assert await client.receive(HEARTBEAT, 4) is not None

    run(test())


EMPTY_FETCH = {"throttle_time_ms": 0, "session_id": 0, "responses": []}


def test_a_handler_without_an_interrupt_holds_up_the_requests_behind_it_and_no_other_connection() -> None:
    async def test() -> None:
        held: list[Context] = []
        async with running({FETCH: lambda _, context: held.append(context), HEARTBEAT: heartbeat}) as broker:
            client, other = await broker.connect(), await broker.connect()
            client.send(request(FETCH, 11, {}, 1) + request(HEARTBEAT, 4, GROUP, 2))
            while not held:
                await asyncio.sleep(0)
            assert await other.ask(HEARTBEAT, 4, GROUP) is not None
            held[0].answer({})
            held[0].answer({"error_code": 1})
            assert await client.receive(FETCH, 11) == (1, {**EMPTY_FETCH, "error_code": 0})
            assert await client.receive(HEARTBEAT, 4) is not None

    run(test())


def test_a_handler_may_answer_before_it_returns() -> None:
    async def test() -> None:
        async with running({HEARTBEAT: lambda _, context: context.answer({"error_code": 27})}) as broker:
            client = await broker.connect()
            assert await client.ask(HEARTBEAT, 4, GROUP) == {"throttle_time_ms": 0, "error_code": 27}

    run(test())


def test_a_request_without_response_is_followed_by_the_answer_to_the_next() -> None:
    async def test() -> None:
        async with running({PRODUCE: lambda _, __: NO_RESPONSE, HEARTBEAT: heartbeat}) as broker:
            client = await broker.connect()
            client.send(request(PRODUCE, 7, {"acks": 0}, 1) + request(HEARTBEAT, 4, GROUP, 2))
            assert (await client.receive(HEARTBEAT, 4) or [0])[0] == 2

    run(test())


def test_a_waiting_request_learns_that_its_connection_is_closed() -> None:
    async def test() -> None:
        fetch = Waiting()
        async with running({FETCH: fetch}) as broker:
            client = await broker.connect()
            client.send(request(FETCH, 11, {}))
            while not fetch.contexts:
                await asyncio.sleep(0)
            client.close()
            while not fetch.contexts[0].closed:
                await asyncio.sleep(0)
            assert fetch.contexts[0].on_interrupt is None

    run(test())


@pytest.mark.parametrize(
    "data",
    [
        struct.pack(">i", -1),
        struct.pack(">i", 3) + b"abc",
        struct.pack(">i", 2**31 - 1),
        struct.pack(">ihhih", 10, 99, 0, 1, -1),
        struct.pack(">ihhih", 10, HEARTBEAT, 99, 1, -1),
        struct.pack(">ihhih", 10, HEARTBEAT, 0, 1, 100),
        struct.pack(">ihhih", 10, HEARTBEAT, 4, 1, -1),
        struct.pack(">ihhih", 12, HEARTBEAT, 0, 1, 2) + b"\xff\xfe",
        request(HEARTBEAT, 0, GROUP)[:-5] + b"\xff" * 5,
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_bytes_that_are_no_request_close_their_connection_only(data: bytes) -> None:
    async def test() -> None:
        async with running({HEARTBEAT: heartbeat}) as broker:
            client, other = await broker.connect(), await broker.connect()
            client.send(data)
            assert await client.is_closed()
            assert await other.ask(HEARTBEAT, 4, GROUP) is not None

    run(test())


def test_a_mistake_in_a_handler_or_in_its_answer_closes_the_connection_only(caplog: pytest.LogCaptureFixture) -> None:
    def broken(_: Message, __: Context) -> Message:
        raise LookupError("a mistake")

    async def test() -> None:
        async with running({HEARTBEAT: heartbeat, FETCH: broken, PRODUCE: lambda _, __: {"responses": 5}}) as broker:
            client, second, other = [await broker.connect() for _ in range(3)]
            assert await client.ask(FETCH, 11, {}) is None
            assert await second.ask(PRODUCE, 7, {}) is None
            assert await other.ask(HEARTBEAT, 4, GROUP) is not None

    run(test())
    assert "a mistake" in caplog.text


def test_of_many_malformed_requests_few_are_told(caplog: pytest.LogCaptureFixture) -> None:
    """They are lines of one kind, also where something else is wrong with each."""

    async def test() -> None:
        async with running({HEARTBEAT: heartbeat}) as broker:
            for length in range(20):
                client = await broker.connect()
                client.send(struct.pack(">i", -length - 1))
                assert await client.is_closed()

    repetition = Repetition()
    caplog.handler.addFilter(repetition.filter)
    try:
        run(test())
    finally:
        caplog.handler.removeFilter(repetition.filter)
    assert [line.getMessage()[-16:] for line in caplog.records][-1] == "(10 occurrences)"
    assert len(caplog.records) == WHOLE + 1


def test_many_clients_that_come_at_once_wait_until_they_are_accepted() -> None:
    """Where the system has no place for them it drops their first packet, which they repeat after a second."""

    async def test() -> None:
        async with running({HEARTBEAT: heartbeat}) as broker:
            with ExitStack() as clients:
                for _ in range(300):  # the event loop accepts none of them meanwhile
                    clients.enter_context(socket.create_connection((HOST, broker.port), timeout=0.5))

    run(test())


def test_requests_and_connections_have_a_bound() -> None:
    async def test() -> None:
        async with running({HEARTBEAT: heartbeat}, Limits(request_bytes=200, connections=2)) as broker:
            client, other = await broker.connect(), await broker.connect()
            assert await other.ask(HEARTBEAT, 4, GROUP) is not None
            assert await (await broker.connect()).is_closed()
            client.send(request(HEARTBEAT, 4, {"group_id": "g" * 300}))
            assert await client.is_closed()
            assert await other.ask(HEARTBEAT, 4, GROUP) is not None
            assert await (await broker.connect()).ask(HEARTBEAT, 4, GROUP) is not None

    run(test())


def test_a_client_that_takes_no_answers_is_not_served_further_until_it_does() -> None:
    async def test() -> None:
        served = []

        def large(_: Message, __: Context) -> Message:
            served.append(1)
            return {"responses": [{"topic": "t", "partitions": [{"records": bytes(1_000_000)}]}]}

        async with running({FETCH: large, HEARTBEAT: heartbeat}) as broker:
            client, other = await broker.connect(), await broker.connect()
            client.send(b"".join(request(FETCH, 11, {}, n) for n in range(60)))
            for _ in range(50):
                assert await other.ask(HEARTBEAT, 4, GROUP) is not None
            assert 0 < len(served) < 60
            for n in range(60):
                assert (await client.receive(FETCH, 11) or [-1])[0] == n

    run(test())


def test_the_versions_are_told_to_a_client_of_an_unknown_version_too() -> None:
    async def test() -> None:
        async with running({HEARTBEAT: heartbeat}) as broker:
            client = await broker.connect()
            served = [
                {"api_key": HEARTBEAT, "min_version": 0, "max_version": 4},
                {"api_key": API_VERSIONS, "min_version": 0, "max_version": 4},
            ]
            answer = await client.ask(API_VERSIONS, 3, {})
            assert answer is not None
            assert (answer["error_code"], answer["api_keys"]) == (0, served)
            client.send(struct.pack(">ihhih", 11, API_VERSIONS, 99, 5, -1) + b"\0")
            assert await client.receive(API_VERSIONS, 0) == (5, {"error_code": 35, "api_keys": served})

    run(test())


def test_a_peer_that_may_not_come_in_is_closed() -> None:
    async def test() -> None:
        async with running({HEARTBEAT: heartbeat}, admits=lambda _, __: False) as broker:
            assert await (await broker.connect()).is_closed()

    run(test())


def test_refused_connections_are_cut_and_accepted_again_on_the_same_port() -> None:
    async def test() -> None:
        async with running({HEARTBEAT: heartbeat}) as broker:
            client, port = await broker.connect(), broker.port
            assert await client.ask(HEARTBEAT, 4, GROUP) is not None
            await broker.server.refuse()
            assert await client.is_closed()
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection("127.0.0.1", port)
            await broker.server.listen()
            await broker.server.listen()
            assert await (await broker.connect()).ask(HEARTBEAT, 4, GROUP) is not None

    run(test())
