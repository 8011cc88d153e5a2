"""The proxy between two parts: passes everything on, slows it, and holds it back while the link is cut."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from simulator.faults.link import Link
from tests.waiting import eventually_true

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
LARGE = b"x" * 3_000_000


@asynccontextmanager
async def behind() -> AsyncIterator[tuple[str, list[bytes]]]:
    """A server that repeats what it is sent; its address, and what it was sent."""
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
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", received
    finally:
        server.close()


def through_link(play: Callable[[Link, list[bytes]], Awaitable[None]]) -> None:
    async def main() -> None:
        async with behind() as (url, received), Link("clients-gateway", url) as link, asyncio.timeout(20):
            await play(link, received)

    asyncio.run(main())


async def connect(link: Link) -> Streams:
    return await asyncio.open_connection("127.0.0.1", int(link.url.rsplit(":", 1)[1]))


async def silent(reader: asyncio.StreamReader) -> bool:
    """Whether nothing comes within a moment. While the link is cut, nothing ever does."""
    try:
        async with asyncio.timeout(0.05):
            return not await reader.read(1)
    except TimeoutError:
        return True


def test_everything_passes_both_ways_to_its_end() -> None:
    async def play(link: Link, _: list[bytes]) -> None:
        reader, writer = await connect(link)
        writer.write(LARGE)
        writer.write_eof()
        assert await reader.read() == LARGE + b"end"

    through_link(play)


def test_a_slow_link_brings_everything_later_and_in_order_and_healing_ends_the_wait() -> None:
    async def play(link: Link, received: list[bytes]) -> None:
        reader, writer = await connect(link)
        link.slow(600_000_000)
        writer.write(b"one")
        assert await silent(reader)
        assert received == []
        link.heal()
        writer.write(b"two")
        assert await reader.readexactly(6) == b"onetwo"
        link.slow(30_000)
        begun = asyncio.get_running_loop().time()
        writer.write(b"three")
        assert await reader.readexactly(5) == b"three"
        assert asyncio.get_running_loop().time() - begun >= 0.06  # there and back

    through_link(play)


def test_a_cut_link_holds_back_what_was_sent_until_it_is_whole() -> None:
    async def play(link: Link, received: list[bytes]) -> None:
        reader, writer = await connect(link)
        writer.write(b"before")
        assert await reader.readexactly(6) == b"before"
        link.cut()
        writer.write(b"after")
        new_reader, new_writer = await connect(link)  # as a network would: the connection itself is not refused
        new_writer.write(b"new")
        assert await silent(reader)
        assert await silent(new_reader)
        assert received == [b"before"]
        link.heal()
        assert await reader.readexactly(5) == b"after"
        assert await new_reader.readexactly(3) == b"new"

    through_link(play)


def test_what_was_sent_arrives_although_its_sender_has_gone() -> None:
    async def play(link: Link, received: list[bytes]) -> None:
        link.cut()
        _, writer = await connect(link)
        writer.write(b"late")
        writer.close()
        await writer.wait_closed()
        link.heal()
        await eventually_true(lambda: received)
        assert received == [b"late"]

    through_link(play)


def test_an_end_that_is_gone_ends_the_connection_to_the_other() -> None:
    async def main() -> None:
        async with behind() as (url, _):
            pass
        async with Link("clients-gateway", url) as link, asyncio.timeout(20):
            reader, _ = await connect(link)
            assert await reader.read() == b""

    asyncio.run(main())
