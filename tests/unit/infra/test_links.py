"""The proxy between two parts: passes everything on, slows it, and holds it back while the link is cut."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from services_stub.contracts.control_faults import CutLink, SlowLink
from services_stub.infra.supervisor.control import UnknownName
from services_stub.infra.supervisor.links import Link, Links
from tests.ports import free_port
from tests.waiting import eventually_true

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
LARGE = b"x" * 3_000_000


@asynccontextmanager
async def behind() -> AsyncIterator[tuple[int, list[bytes]]]:
    """A server that repeats what it is sent; its port, and what it was sent."""
    received: list[bytes] = []

    async def repeat(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1 << 16):
            received.append(data)
            writer.write(data)
            await writer.drain()
        writer.write(b"end")
        writer.close()

    server = await asyncio.start_server(repeat, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], received
    finally:
        server.close()


@asynccontextmanager
async def before(port: int) -> AsyncIterator[tuple[Link, int]]:
    """A link before a port, and its own port."""
    own = free_port()
    link = Link(own, port)
    await link.start()
    try:
        yield link, own
    finally:
        await link.stop()


def through_link(play: Callable[[Link, int, list[bytes]], Awaitable[None]]) -> None:
    async def main() -> None:
        async with behind() as (port, received), before(port) as (link, own), asyncio.timeout(20):
            await play(link, own, received)

    asyncio.run(main())


async def connect(port: int) -> Streams:
    return await asyncio.open_connection("127.0.0.1", port)


async def silent(reader: asyncio.StreamReader) -> bool:
    """Whether nothing comes within a moment. While the link is cut, nothing ever does."""
    try:
        async with asyncio.timeout(0.05):
            return not await reader.read(1)
    except TimeoutError:
        return True


def test_everything_passes_both_ways_to_its_end() -> None:
    async def play(_: Link, port: int, __: list[bytes]) -> None:
        reader, writer = await connect(port)
        writer.write(LARGE)
        writer.write_eof()
        assert await reader.read() == LARGE + b"end"

    through_link(play)


def test_a_slow_link_brings_everything_later_and_in_order_and_healing_ends_the_wait() -> None:
    async def play(link: Link, port: int, received: list[bytes]) -> None:
        reader, writer = await connect(port)
        link.disturb(cut=False, milliseconds=600_000)
        writer.write(b"one")
        assert await silent(reader)
        assert received == []
        link.disturb(cut=False, milliseconds=0)
        writer.write(b"two")
        assert await reader.readexactly(6) == b"onetwo"
        link.disturb(cut=False, milliseconds=30)
        begun = asyncio.get_running_loop().time()
        writer.write(b"three")
        assert await reader.readexactly(5) == b"three"
        assert asyncio.get_running_loop().time() - begun >= 0.06  # there and back

    through_link(play)


def test_a_cut_link_holds_back_what_was_sent_until_it_is_whole() -> None:
    async def play(link: Link, port: int, received: list[bytes]) -> None:
        reader, writer = await connect(port)
        writer.write(b"before")
        assert await reader.readexactly(6) == b"before"
        link.disturb(cut=True, milliseconds=0)
        writer.write(b"after")
        new_reader, new_writer = await connect(port)  # as a network would: the connection itself is not refused
        new_writer.write(b"new")
        assert await silent(reader)
        assert await silent(new_reader)
        assert received == [b"before"]
        link.disturb(cut=False, milliseconds=0)
        assert await reader.readexactly(5) == b"after"
        assert await new_reader.readexactly(3) == b"new"

    through_link(play)


def test_what_was_sent_arrives_although_its_sender_has_gone() -> None:
    async def play(link: Link, port: int, received: list[bytes]) -> None:
        link.disturb(cut=True, milliseconds=0)
        _, writer = await connect(port)
        writer.write(b"late")
        writer.close()
        await writer.wait_closed()
        link.disturb(cut=False, milliseconds=0)
        await eventually_true(lambda: received)
        assert received == [b"late"]

    through_link(play)


def test_an_end_that_is_gone_ends_the_connection_to_the_other() -> None:
    async def main() -> None:
        async with behind() as (gone, _):
            pass
        async with before(gone) as (_, port), asyncio.timeout(20):
            reader, _ = await connect(port)
            assert await reader.read() == b""

    asyncio.run(main())


def test_faults_are_laid_upon_their_link_and_taken_away() -> None:
    async def main() -> None:
        async with behind() as (port, _):
            own = free_port()
            links = Links(["order-product"], {"order-product": own, "product": port})
            await links.start()
            reader, writer = await connect(own)
            cut, slow = CutLink(link="order-product"), SlowLink(link="order-product", milliseconds=1)
            links.apply(cut)
            links.apply(slow)
            assert links.all() == [cut, slow]
            assert links.hits() == {cut.id: 0, slow.id: 0}
            writer.write(b"held")
            assert await silent(reader)
            assert links.hits() == {cut.id: 1, slow.id: 1}
            links.clear(cut.id)
            assert await reader.readexactly(4) == b"held"
            links.clear(slow.id)
            assert links.all() == []
            with pytest.raises(KeyError):
                links.clear(cut.id)
            with pytest.raises(UnknownName, match="no link order-cart; there are order-product"):
                links.apply(CutLink(link="order-cart"))
            await links.stop()

    asyncio.run(main())


def test_a_link_counts_what_comes_while_it_is_disturbed() -> None:
    async def play(link: Link, port: int, _: list[bytes]) -> None:
        reader, writer = await connect(port)
        writer.write(b"whole")
        assert await reader.readexactly(5) == b"whole"
        assert link.hits == 0
        link.disturb(cut=True, milliseconds=0)
        await connect(port)
        await eventually_true(lambda: link.hits == 1)

    through_link(play)


def test_a_link_to_kafka_leads_to_the_port_of_its_service_alone() -> None:
    async def main() -> None:
        async with behind() as (port, _), asyncio.timeout(20):
            own = free_port()
            links = Links(["order-kafka"], {"order-kafka": own, "kafka": free_port(), "kafka-order": port})
            await links.start()
            reader, writer = await connect(own)
            writer.write(b"one")
            assert await reader.readexactly(3) == b"one"
            await links.stop()

    asyncio.run(main())


def test_other_users_of_the_machine_do_not_pass_to_kafka(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services_stub.infra.supervisor.links.is_own", lambda peer, own: False)

    async def main() -> None:
        async with behind() as (port, received), asyncio.timeout(20):
            ports = {"order-kafka": free_port(), "kafka-order": port, "order-product": free_port(), "product": port}
            links = Links(["order-kafka", "order-product"], ports)
            await links.start()
            reader, _ = await connect(ports["order-kafka"])
            assert await reader.read() == b""
            assert received == []
            reader, writer = await connect(ports["order-product"])  # services ask for a token
            writer.write(b"one")
            assert await reader.readexactly(3) == b"one"
            await links.stop()

    asyncio.run(main())
