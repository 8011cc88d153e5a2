"""The address by which the broker tells its clients to reach it: that by which they came, or the one beside it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable

import pytest

from services_stub.infra.kafka.broker.broker import Broker
from tests.folders import new_folder
from tests.ports import free_port
from tests.unit.infra.broker.raw import HOST, Client

METADATA, FIND_COORDINATOR, DESCRIBE_CLUSTER = 3, 10, 60
PROXY = 29_999


def with_broker(play: Callable[[Broker, int, int], Awaitable[None]]) -> None:
    """A broker with a port of its own, and one before which there is a proxy at another."""

    async def main() -> None:
        port, behind = free_port(), free_port()
        broker = Broker(new_folder(), {(HOST, port): port, (HOST, behind): PROXY})
        await broker.server.listen()
        try:
            async with asyncio.timeout(10):
                await play(broker, port, behind)
        finally:
            await broker.close()

    asyncio.run(main())


async def told(port: int) -> list[tuple[str, int]]:
    """Every address that the broker tells a client that comes by a port."""
    client = Client(*await asyncio.open_connection(HOST, port))
    metadata = await client.ask(METADATA, 1, {"topics": []})
    one = await client.ask(FIND_COORDINATOR, 0, {"key": "g"})
    some = await client.ask(FIND_COORDINATOR, 4, {"key_type": 0, "coordinator_keys": ["g"]})
    cluster = await client.ask(DESCRIBE_CLUSTER, 0, {"include_cluster_authorized_operations": False})
    client.close()
    assert metadata and one and some and cluster
    nodes = [*metadata["brokers"], one, *some["coordinators"], *cluster["brokers"]]
    return [(node["host"], node["port"]) for node in nodes]


def test_every_answer_names_the_port_by_which_the_client_came_or_the_one_advertised_for_it() -> None:
    async def play(_: Broker, port: int, behind: int) -> None:
        assert await told(port) == [(HOST, port)] * 4
        assert await told(behind) == [(HOST, PROXY)] * 4

    with_broker(play)


def test_all_ports_are_closed_and_opened_together() -> None:
    async def play(broker: Broker, port: int, behind: int) -> None:
        connected = [Client(*await asyncio.open_connection(HOST, each)) for each in (port, behind)]
        await broker.server.refuse()
        assert [await client.is_closed() for client in connected] == [True, True]
        for each in (port, behind):
            try:
                await asyncio.open_connection(HOST, each)
            except ConnectionRefusedError:
                continue
            raise AssertionError("it listens")
        await broker.server.listen()
        assert await told(behind) == [(HOST, PROXY)] * 4

    with_broker(play)


def test_where_one_of_the_ports_is_taken_it_listens_on_none_until_it_has_them_all() -> None:
    async def play(broker: Broker, port: int, behind: int) -> None:
        await broker.server.refuse()
        with socket.create_server((HOST, behind)):
            with pytest.raises(OSError, match="in use"):
                await broker.server.listen()
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection(HOST, port)
        await broker.server.listen()
        assert await told(behind) == [(HOST, PROXY)] * 4

    with_broker(play)
