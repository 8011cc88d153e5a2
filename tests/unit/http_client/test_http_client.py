"""Requests go out as they are given, answers come back as they were sent, and connections are used again."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
import uvloop
from hypothesis import given
from hypothesis import strategies as some

from services_stub.http_client.connection import Answer
from services_stub.http_client.errors import AnswerLost, NotConnected, TooSlow
from services_stub.http_client.http_client import HttpClient, Unsendable, _encoded, _Server
from tests.ports import free_port
from tests.waiting import eventually_true

HI = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi"
LOOPS = [asyncio.new_event_loop, uvloop.new_event_loop]

Scenario = Coroutine[Any, Any, None]


class Server:
    """Answers each request with the next of `pieces`, written one by one; None ends the connection."""

    def __init__(self, *pieces: bytes | None) -> None:
        self.pieces, self.port = pieces or (HI,), free_port()
        self.seen: list[bytes] = []
        self.opened = self.closed = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.opened += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = re.search(rb"content-length: (\d+)", head)
                self.seen.append(head + await reader.readexactly(int(length[1]) if length else 0))
                for piece in self.pieces:
                    if piece is None:
                        return
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(0)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.closed += 1
            writer.close()


@asynccontextmanager
async def asked(server: Server, *, seconds: float = 5, idle: float = 5) -> AsyncIterator[HttpClient]:
    """A client, while a server listens."""
    client = HttpClient(timedelta(seconds=seconds), connect=timedelta(seconds=seconds), idle=timedelta(seconds=idle))
    async with await asyncio.start_server(server.serve, "127.0.0.1", server.port):
        yield client
        await client.close()


def play(scenario: Scenario, loop: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop) -> None:
    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(scenario)


def answer_to(server: Server, method: str = "POST", seconds: float = 5) -> Answer:
    """The answer of a server to one request."""
    answers: list[Answer] = []

    async def scenario() -> None:
        async with asked(server, seconds=seconds) as client:
            answers.append(await client.send(server.url, method, "/a", (), b"" if method == "HEAD" else b"x"))

    play(scenario())
    return answers[0]


@pytest.mark.parametrize("loop", LOOPS)
def test_a_request_is_sent_as_it_is_given_and_a_connection_is_used_again(
    loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    async def scenario() -> None:
        server = Server()
        async with asked(server) as client:
            headers = [(b"x-first", b"1"), (b"x-empty", b""), (b"x-first", b"2")]
            for _ in range(3):
                assert (await client.send(server.url, "POST", "/a%20b?c=d", headers, b"body")).body == b"hi"
            await client.send(server.url + "/below/", "GET", "/a")
            await client.send(server.url, "POST", "/a")
        host = b"host: 127.0.0.1:%d\r\n" % server.port
        fields = b"x-first: 1\r\nx-empty: \r\nx-first: 2\r\ncontent-length: 4\r\n\r\nbody"
        assert server.seen[:3] == [b"POST /a%20b?c=d HTTP/1.1\r\n" + host + fields] * 3
        assert server.seen[3:] == [
            b"GET /below/a HTTP/1.1\r\n" + host + b"\r\n",
            b"POST /a HTTP/1.1\r\n" + host + b"content-length: 0\r\n\r\n",
        ]
        assert server.opened == 2  # one for each base

    play(scenario(), loop)


@pytest.mark.parametrize("loop", LOOPS)
def test_requests_at_a_time_have_a_connection_each_and_those_are_closed_when_they_were_idle(
    loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    async def scenario() -> None:
        server = Server()
        async with asked(server, idle=0.2) as client:
            await asyncio.gather(*(client.send(server.url, "GET", "/") for _ in range(20)))
            assert server.opened == 20
            await eventually_true(lambda: server.closed == 20)
            assert (await client.send(server.url, "GET", "/")).body == b"hi"
        await eventually_true(lambda: server.closed == server.opened == 21)

    play(scenario(), loop)


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        (
            [b"HTTP/1.1 200 OK\r\nA: b\r\nSet-Cookie: c\r\nset-cookie: d\r\nContent-Length: 3\r\n\r\nx", b"", b"yz"],
            b"xyz",
        ),
        ([b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\n", b"x\r\n2\r\nyz\r\n0\r\n\r\n"], b"xyz"),
        ([b"HTTP/1.1 200 OK\r\ncontent-type: a/b\r\n\r\nx", b"yz", None], b"xyz"),
        ([b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\na: b\r\n\r\n" + HI], b"hi"),
        ([b"HTTP/1.1 204 No Content\r\n\r\n"], b""),
        ([b"HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n"], b""),
    ],
)
def test_the_end_of_an_answer_is_found(pieces: list[bytes | None], expected: bytes) -> None:
    assert answer_to(Server(*pieces)).body == expected


def test_the_headers_of_an_answer_are_all_there_in_lower_case() -> None:
    answer = answer_to(Server(b"HTTP/1.1 201 Created\r\nSet-Cookie: c\r\nset-cookie: D\r\ncontent-length: 0\r\n\r\n"))
    assert answer.status == 201
    assert answer.headers == [(b"set-cookie", b"c"), (b"set-cookie", b"D"), (b"content-length", b"0")]
    assert answer.header(b"set-cookie") == b"c"
    assert answer.header(b"etag") is None


def test_an_answer_to_head_has_no_body_whatever_it_announces() -> None:
    assert answer_to(Server(b"HTTP/1.1 200 OK\r\ncontent-length: 2000\r\n\r\n"), "HEAD", seconds=30).body == b""


@pytest.mark.parametrize(
    "pieces",
    [
        [None],
        [b"HTTP/1.1 200 OK\r\na: b\r\ncontent-le", None],
        [b"HTTP/1.1 100 Continue\r\na: b\r\n\r\n", None],
        [b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhi", None],
        [b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhi", None],
        [b"SSH-2.0-OpenSSH_9.2\r\n"],
        [b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n", None],
        [b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nhi", None],
    ],
)
@pytest.mark.parametrize("loop", LOOPS)
def test_an_answer_that_is_not_whole_is_lost(
    pieces: list[bytes | None], loop: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    async def scenario() -> None:
        server = Server(*pieces)
        async with asked(server) as client:
            with pytest.raises(AnswerLost):
                await client.send(server.url, "GET", "/")
            await eventually_true(lambda: server.closed == 1)

    play(scenario(), loop)


@pytest.mark.parametrize("behind", [b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nyou", b"garbage"])
def test_what_comes_behind_an_answer_is_no_answer_to_the_next_request(behind: bytes) -> None:
    async def scenario() -> None:
        server = Server(HI + behind)
        async with asked(server) as client:
            for _ in range(3):
                assert (await client.send(server.url, "GET", "/")).body == b"hi"
        assert server.opened == 3

    play(scenario())


def test_an_answer_that_comes_late_is_not_waited_for_and_answers_no_other_request() -> None:
    async def scenario() -> None:
        server = Server(b"HTTP/1.1 200 OK\r\n")
        async with asked(server, seconds=0.05) as client:
            with pytest.raises(TooSlow):
                await client.send(server.url, "GET", "/")
            server.pieces = (HI,)
            assert (await client.send(server.url, "GET", "/")).body == b"hi"
        assert server.opened == 2

    play(scenario())


def test_a_caller_that_is_cancelled_leaves_no_connection_to_the_next() -> None:
    async def scenario() -> None:
        server = Server(b"HTTP/1.1 200 OK\r\n")
        async with asked(server) as client:
            asking = asyncio.create_task(client.send(server.url, "GET", "/"))
            await eventually_true(lambda: server.seen)
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
            server.pieces = (HI,)
            assert (await client.send(server.url, "GET", "/")).body == b"hi"
            await eventually_true(lambda: server.closed == 1)

    play(scenario())


@pytest.mark.parametrize("first", [HI, b"HTTP/1.1 204 No Content\r\n\r\n"])
def test_a_server_that_started_again_is_connected_to_again(first: bytes) -> None:
    async def scenario() -> None:
        server = Server(first)
        async with asked(server) as client:
            await client.send(server.url, "GET", "/")
            server.pieces = (None,)
            with pytest.raises(AnswerLost):
                await client.send(server.url, "GET", "/")
            server.pieces = (HI,)
            assert (await client.send(server.url, "GET", "/")).body == b"hi"

    play(scenario())


@pytest.mark.parametrize("loop", LOOPS)
def test_nothing_was_sent_where_nothing_listens(loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
    async def scenario() -> None:
        client = HttpClient(timedelta(seconds=5), connect=timedelta(seconds=5), idle=timedelta(seconds=5))
        with pytest.raises(NotConnected, match="refused"):
            await client.send(f"http://127.0.0.1:{free_port()}", "GET", "/")

    play(scenario(), loop)


@pytest.mark.parametrize("base", ["", "127.0.0.1:80", "ftp://127.0.0.1", "http://"])
def test_what_is_no_address_is_said(base: str) -> None:
    client = HttpClient(timedelta(seconds=5), connect=timedelta(seconds=5), idle=timedelta(seconds=5))
    with pytest.raises(ValueError, match="not an HTTP address"):
        play(client.send(base, "GET", "/"))  # type: ignore[arg-type]


_ANYTHING = some.text(max_size=8)
_BYTES = some.binary(max_size=8)


@given(_ANYTHING, some.lists(some.tuples(_BYTES, _BYTES), max_size=3), _BYTES)
def test_nothing_that_is_given_makes_a_second_request(
    path: str, headers: list[tuple[bytes, bytes]], body: bytes
) -> None:
    try:
        request = _encoded(_Server("http://a:1", 1), "POST", "/" + path, headers, body)
    except Unsendable:
        assert any(re.search(rb"[\r\n\0]", name + value) for name, value in headers)
        return
    head, _, rest = request.partition(b"\r\n\r\n")
    assert rest == body
    lines = head.split(b"\r\n")
    assert re.fullmatch(rb"POST /[\x21-\x7e]* HTTP/1\.1", lines[0])
    assert lines[2:-1] == [name + b": " + value for name, value in headers]
    assert not re.search(rb"[\r\n\0]", b"".join(lines))
