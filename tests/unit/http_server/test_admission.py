"""A request that can be read in two ways, or can have come from a web page, is refused at every port."""

from __future__ import annotations

import asyncio

import pytest

from services_stub.http_server.admission import Admission
from tests.unit.http_server.raw import HOST, App, connected, listening


def refused(*headers: tuple[bytes, bytes], http_version: str = "1.1", hosts: tuple[str, ...] = ()) -> int:
    """The status of the refusal of a request with these headers; 0 where it is admitted."""
    refusal = Admission(App(), hosts).refusal(headers, http_version)
    return 0 if refusal is None else refusal.status


@pytest.mark.parametrize(
    "host",
    ["localhost", "LocalHost:8080", "127.0.0.1", "127.0.0.1:80", "127.9.9.9:1", "[::1]", "[::1]:8080", "localhost."],
)
def test_loopback_is_asked_by_its_names(host: str) -> None:
    assert refused((b"host", host.encode())) == 0


@pytest.mark.parametrize(
    "host",
    ["", "evil.example", "127.0.0.1.evil.example", "evil.example:8080", "localhost:x", "a@localhost", "0.0.0.0", "é"],
)
def test_another_host_is_turned_away_unless_it_is_named(host: str) -> None:
    assert refused((b"host", host.encode())) == 421
    assert refused((b"host", b"Shop.example:8080"), hosts=("shop.example",)) == 0


def test_a_host_is_needed() -> None:
    assert refused() == 400
    assert refused(http_version="1.0") == 0


@pytest.mark.parametrize(
    "name",
    [b"host", b"authorization", b"x-session-id", b"idempotency-key", b"content-type", b"x-internal-token", b"x-new"],
)
def test_a_header_that_is_no_list_is_given_once(name: bytes) -> None:
    assert refused((b"host", b"localhost"), (name, b"localhost"), (name, b"localhost")) == 400


def test_lists_may_be_given_in_parts() -> None:
    assert refused((b"host", b"localhost"), (b"accept", b"a/b"), (b"accept", b"c/d")) == 0


def test_head_is_get_without_its_body_and_no_answer_is_guessed_at() -> None:
    async def scenario() -> None:
        app = App()
        async with asyncio.timeout(5), listening(app) as port, connected(port) as raw:
            await raw.send(b"HEAD / HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n")
            answer = await raw.rest()
            assert answer.startswith(b"HTTP/1.1 200 ")
            assert b"content-length: 5\r\n" in answer
            assert b"x-content-type-options: nosniff\r\n" in answer
            assert answer.endswith(b"\r\n\r\n")
            assert app.seen[0]["method"] == "GET"

    asyncio.run(scenario())
