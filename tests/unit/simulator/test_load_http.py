"""Outcomes of requests: what is certain is told apart from what is not."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable
from datetime import timedelta

import httpx
import pytest

from simulator.engine.http import Answer, ClientSender, Request, outcome_of_status
from simulator.measure.outcomes import Outcome
from tests.fake_server import listening


def answered(request: httpx.Request) -> httpx.Response:
    if request.url.path == "/lost":
        raise httpx.ReadError("gone")
    if request.url.path == "/away":
        return httpx.Response(302, headers={"location": "/elsewhere"})
    return httpx.Response(
        201, content=b"/".join([request.method.encode(), request.headers["x-user"].encode(), request.content])
    )


def sent(base_url: str, requests: Iterable[Request], *, seconds: float = 5) -> list[Answer]:
    async def main() -> list[Answer]:
        async with ClientSender(base_url, timeout=timedelta(seconds=seconds)) as sender:
            return [await sender.send(request) for request in requests]

    return asyncio.run(main())


def test_requests_are_sent_as_they_are_and_lost_answers_are_unknown_where_something_may_have_changed() -> None:
    with listening(httpx.MockTransport(answered)) as url:
        answers = sent(
            url + "/",
            [
                Request("POST", "/orders?a=%20b", {"x-user": "7"}, b"{}"),
                Request("GET", "/away"),
                Request("POST", "/lost"),
                Request("GET", "/lost"),
            ],
        )
    assert answers[0] == Answer(Outcome.OK, 201, b"POST/7/{}")
    assert [(answer.outcome, answer.status) for answer in answers[1:]] == [
        (Outcome.OK, 302),
        (Outcome.UNKNOWN, 0),
        (Outcome.FAILED, 0),
    ]


def test_a_request_that_was_never_sent_has_failed() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        (answer,) = sent(url, [Request("POST", "/orders")])
    assert (answer.outcome, answer.status) == (Outcome.FAILED, 0)
    assert b"refused" in answer.body


def test_a_request_that_is_not_answered_in_time_is_unknown() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        (answer,) = sent(url, [Request("POST", "/orders")], seconds=0.05)
    assert (answer.outcome, answer.status) == (Outcome.UNKNOWN, 0)


@pytest.mark.parametrize(
    ("method", "status", "outcome"),
    [
        ("POST", 201, Outcome.OK),
        ("GET", 304, Outcome.OK),
        ("POST", 409, Outcome.REFUSED),
        ("GET", 429, Outcome.REFUSED),
        ("POST", 500, Outcome.UNKNOWN),
        ("POST", 503, Outcome.UNKNOWN),
        ("GET", 503, Outcome.FAILED),
        ("HEAD", 502, Outcome.FAILED),
    ],
)
def test_a_status_has_an_outcome(method: str, status: int, outcome: Outcome) -> None:
    assert outcome_of_status(method, status) is outcome
