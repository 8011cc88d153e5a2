"""Sizes, numbers and times that a client decides about have limits."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from services_stub.http_server import configuration, connection
from services_stub.http_server.connection import LARGEST_HEAD, MOST_HEADERS, MOST_PIPELINED
from tests.unit.http_server.raw import GET, HOST, App, Raw, connected, listening
from tests.waiting import eventually_true

SOON = 0.05
CHUNKED = b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n"


def talk(scenario: Callable[[App, Raw], Awaitable[None]]) -> None:
    """Run a scenario over one connection, which the server may not hold for long."""

    async def run() -> None:
        async with asyncio.timeout(5):
            app = App()
            async with listening(app) as port, connected(port) as raw:
                await scenario(app, raw)

    asyncio.run(run())


@pytest.mark.parametrize(
    "head",
    [
        GET + b"a: " + b"x" * LARGEST_HEAD + b"\r\n\r\n",
        GET + b"x" * LARGEST_HEAD + b": a\r\n\r\n",
        GET + b"a: b\r\n" * MOST_HEADERS + b"\r\n",
        b"GET /" + b"x" * LARGEST_HEAD + b" HTTP/1.1\r\n\r\n",
    ],
    ids=["value", "name", "number", "path"],
)
def test_a_head_that_is_too_large_is_refused(head: bytes) -> None:
    async def scenario(app: App, raw: Raw) -> None:
        await raw.send(head)
        assert await raw.status() == 431
        assert await raw.rest() == b""
        assert app.seen == []

    talk(scenario)


@pytest.mark.parametrize(
    "start",
    [GET + b"a: ", b"GET /", CHUNKED + b"0\r\na: ", CHUNKED + b"1;"],
    ids=["header", "path", "trailer", "chunk"],
)
def test_a_head_without_end_is_not_collected(start: bytes) -> None:
    async def scenario(app: App, raw: Raw) -> None:
        await raw.send(start)
        sent = 0
        while sent < 100 * 2**20 and not raw.ended():
            await raw.send(b"x" * 2**18)
            sent += 2**18
        assert sent < 16 * 2**20

    talk(scenario)


def test_large_bodies_come_through_chunked_or_not() -> None:
    async def scenario(app: App, raw: Raw) -> None:
        body = b"x" * 300_000
        await raw.send(b"POST / HTTP/1.1\r\n%sContent-Length: %d\r\n\r\n%s" % (HOST, len(body), body))
        assert await raw.status() == 200
        await raw.send(CHUNKED + b"1\r\nx\r\n" * 20_000 + b"0\r\nauthorization: late\r\n\r\n")
        assert await raw.status() == 200
        assert all(name != b"authorization" for name, _ in app.seen[-1]["headers"])

    talk(scenario)


def test_a_connection_without_a_whole_request_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "RECEIVE_SECONDS", SOON)

    async def scenario() -> None:
        async with asyncio.timeout(5), listening(App()) as port:
            for start in (
                b"",
                b"\r\n",
                b"G",
                GET,
                CHUNKED,
                b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 9\r\n\r\n1",
            ):
                async with connected(port) as raw:
                    await raw.send(start)
                    assert await raw.rest() == b"", start
            async with connected(port) as raw:
                await raw.send(GET + b"\r\n")
                assert await raw.status() == 200
                await raw.send(b"\r\n")
                assert await raw.rest() == b""

    asyncio.run(scenario())


def test_a_request_that_takes_long_to_answer_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "RECEIVE_SECONDS", SOON)

    async def scenario(app: App, raw: Raw) -> None:
        await raw.send(b"GET /held HTTP/1.1\r\n" + HOST + b"\r\n")
        asyncio.get_running_loop().call_later(3 * SOON, app.release.set)
        assert await raw.status() == 200

    talk(scenario)


def test_the_rest_of_a_refused_body_is_not_awaited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "_LEFTOVER_SECONDS", SOON)

    async def scenario(app: App, raw: Raw) -> None:
        await raw.send(b"POST /refused HTTP/1.1\r\n" + HOST + b"Content-Length: 999999999\r\n\r\n")
        assert await raw.status() == 413
        assert await raw.rest() == b""

    talk(scenario)


def test_a_request_behind_a_refused_body_has_its_own_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "_LEFTOVER_SECONDS", SOON)

    async def scenario(app: App, raw: Raw) -> None:
        for _ in range(2):
            await raw.send(b"POST /refused HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\n\r\n1")
            assert await raw.status() == 413
            await raw.send(b"2345")
            assert await passed(raw)
            await raw.send(CHUNKED + b"1\r\nx\r\n")
            assert await passed(raw)
            await raw.send(b"0\r\n\r\n")
            assert await raw.status() == 200

    async def passed(raw: Raw) -> bool:
        """Whether the connection outlives the time that the rest of a refused body has."""
        try:
            async with asyncio.timeout(2 * SOON):
                await raw.rest()
        except TimeoutError:
            return True
        return False

    talk(scenario)


def test_the_rest_of_a_refused_body_does_not_count_for_the_request_behind_it() -> None:
    async def scenario(app: App, raw: Raw) -> None:
        rest = b"x" * LARGEST_HEAD
        await raw.send(b"POST /refused HTTP/1.1\r\n%sContent-Length: %d\r\n\r\n" % (HOST, len(rest)))
        assert await raw.status() == 413
        await raw.send(rest + CHUNKED + b"1\r\nx\r\n")
        await eventually_true(lambda: len(app.seen) == 2)
        await raw.send(b"0\r\n\r\n")
        assert await raw.status() == 200

    talk(scenario)


def test_a_connection_whose_refused_body_came_waits_as_others_do() -> None:
    async def scenario() -> None:
        async with asyncio.timeout(5), listening(App(), timeout_keep_alive=SOON) as port, connected(port) as raw:
            await raw.send(b"POST /refused HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\n\r\n1")
            assert await raw.status() == 413
            await raw.send(b"2345")
            assert await raw.rest() == b""

    asyncio.run(scenario())


def test_few_requests_of_a_connection_wait() -> None:
    async def scenario(app: App, raw: Raw) -> None:
        request = b"GET /held HTTP/1.1\r\n" + HOST + b"\r\n"
        await raw.send(request * MOST_PIPELINED)
        app.release.set()
        assert [await raw.status() for _ in range(MOST_PIPELINED)] == [200] * MOST_PIPELINED
        app.release.clear()
        await raw.send(request * 10_000)
        assert await raw.rest() == b""
        assert len(app.seen) <= MOST_PIPELINED + 1

    talk(scenario)


def test_what_is_no_request_is_refused_and_never_in_the_place_of_an_answer() -> None:
    async def scenario() -> None:
        async with asyncio.timeout(5), listening(App()) as port:
            async with connected(port) as raw:
                await raw.send(b"\x16\x03\x01 not http\r\n\r\n")
                assert await raw.status() == 400
            async with connected(port) as raw:
                await raw.send(b"GET /held HTTP/1.1\r\n" + HOST + b"\r\nnonsense\r\n\r\n")
                assert await raw.rest() == b""

    asyncio.run(scenario())


def test_where_connections_run_out_those_that_ask_for_nothing_go_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(configuration, "most_connections", lambda: 3)

    async def scenario() -> None:
        app = App()
        async with asyncio.timeout(5), listening(app) as port, connected(port) as held, connected(port) as kept:
            await held.send(b"GET /held HTTP/1.1\r\n" + HOST + b"\r\n")
            await kept.send(GET + b"\r\n")
            assert await kept.status() == 200
            silent = [await Raw.open(port) for _ in range(20)]
            assert await silent[0].rest() == b""
            async with connected(port) as served:
                await served.send(GET + b"\r\n")
                assert await served.status() == 200
            await kept.send(GET + b"\r\n")
            assert await kept.status() == 200
            app.release.set()
            assert await held.status() == 200
            for each in silent:
                each.close()

    asyncio.run(scenario())


def test_a_client_that_does_not_read_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "UNREAD_SECONDS", SOON)

    async def scenario(app: App, raw: Raw) -> None:
        await raw.send(b"GET /large HTTP/1.1\r\n" + HOST + b"\r\n")
        await raw.ending()

    talk(scenario)
