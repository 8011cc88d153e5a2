"""The pass-through in front of a real service on a real socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest

from services_stub.contracts.envelope import is_sampled, is_traceparent
from services_stub.contracts.problem import Problem, problem
from services_stub.gateway.answer_times import AnswerTimes
from services_stub.gateway.limits import Limits
from services_stub.gateway.passthrough import PassThrough
from services_stub.runtime.http import LARGEST_BODY
from services_stub.runtime.tokens import Verifier
from tests.unit.gateway.callers import TrustingVerifier
from tests.unit.gateway.servers import StubService, closed_port, serving

TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
ORDERS = "/order-service/api/orders"


class RefusesMarked:
    """Refuses the requests that are marked."""

    async def refusal(self, headers: Sequence[tuple[bytes, bytes]]) -> Problem | None:
        """Refuse the header `x-bad`."""
        return problem(403, "seller-blocked", "") if b"x-bad" in dict(headers) else None

    def ask_again(self) -> None:
        """It is always the same."""


@dataclass
class Front:
    """The gateway as its caller sees it, the service behind it, and its own routes."""

    http: httpx.AsyncClient
    service: StubService
    own: StubService
    url: str


@asynccontextmanager
async def front(
    *,
    service_url: str = "",
    sampling: float = 1.0,
    timeout: float = 5.0,
    limits: dict[str, float] | None = None,
    verifier: Verifier | None = None,
    answer_times: AnswerTimes | None = None,
    **stub: Any,
) -> AsyncIterator[Front]:
    service, own = StubService(**stub), StubService(body=b"own")
    async with serving(service) as served:
        services = dict.fromkeys(("order", "product", "search", "auth", "cart"), service_url or served)
        passing = PassThrough(
            own,
            services,
            RefusesMarked(),
            Limits(limits or {}, verifier or TrustingVerifier()),
            answer_times or AnswerTimes(),
            trace_sampling=sampling,
            timeout=timedelta(seconds=timeout),
        )
        async with serving(passing) as url, httpx.AsyncClient(base_url=url, trust_env=False) as http:
            yield Front(http, service, own, url)


def _problem(response: httpx.Response) -> Problem:
    assert response.headers["content-type"] == "application/problem+json"
    return Problem.parse(response.content, status=response.status_code)


def test_a_request_arrives_as_it_was_sent() -> None:
    async def scenario() -> None:
        async with front(status=201, headers=[(b"content-type", b"x/y"), (b"x-own", b"1"), (b"date", b"?")]) as it:
            headers = {"authorization": "Bearer t", "idempotency-key": "k", "traceparent": TRACEPARENT}
            response = await it.http.post(f"{ORDERS}?q=caf%C3%A9&a=1", content=b'{"a": 1}', headers=headers)
            assert (response.status_code, response.content) == (201, b'{"answer": 42}')
            assert response.headers["content-type"] == "x/y"
            assert response.headers["x-own"] == "1"
            assert "date" not in response.headers
            [seen] = it.service.seen
            assert (seen.method, seen.path, seen.query) == ("POST", "/api/orders", b"q=caf%C3%A9&a=1")
            assert seen.body == b'{"a": 1}'
            for name, value in headers.items():
                assert seen.header(name) == value
            assert seen.header("content-length") == "8"
            assert seen.header("host") != it.http.base_url.netloc.decode()

    asyncio.run(scenario())


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_every_method_is_passed_on(method: str) -> None:
    async def scenario() -> None:
        async with front() as it:
            response = await it.http.request(method, ORDERS)
            assert response.status_code == 200
            assert response.content == (b"" if method == "HEAD" else b'{"answer": 42}')
            assert it.service.seen[0].method == method
            assert it.service.seen[0].body == b""

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("status", "body"), [(204, b""), (404, b"{}"), (500, b"oops"), (302, b""), (200, b"\x1f\x8b\0")]
)
def test_answers_are_passed_back_as_they_are(status: int, body: bytes) -> None:
    async def scenario() -> None:
        headers = [(b"location", b"/elsewhere"), (b"content-encoding", b"identity")]
        async with front(status=status, body=body, headers=headers) as it:
            response = await it.http.get(ORDERS)
            assert (response.status_code, response.content) == (status, body)
            assert response.headers["location"] == "/elsewhere"
            assert len(it.service.seen) == 1

    asyncio.run(scenario())


def test_what_only_services_may_say_does_not_come_in() -> None:
    async def scenario() -> None:
        async with front() as it:
            await it.http.get(ORDERS, headers={"X-Internal-Token": "guess", "X-Correlation-Id": "of-another"})
            assert it.service.seen[0].header("x-internal-token") is None
            assert it.service.seen[0].header("x-correlation-id") is None

    asyncio.run(scenario())


@pytest.mark.parametrize("sampling", [0.0, 1.0])
def test_a_request_gets_an_id_and_a_trace(sampling: float) -> None:
    async def scenario() -> None:
        async with front(sampling=sampling) as it:
            await it.http.get(ORDERS)
            await it.http.get(ORDERS, headers={"x-request-id": "mine", "traceparent": TRACEPARENT})
            first, second = it.service.seen
            assert len(first.header("x-request-id") or "") == 36
            assert is_traceparent(first.header("traceparent") or "")
            assert is_sampled(first.header("traceparent") or "") is (sampling == 1.0)
            assert (second.header("x-request-id"), second.header("traceparent")) == ("mine", TRACEPARENT)

    asyncio.run(scenario())


@pytest.mark.parametrize("path", ["/order-service/internal/x", "/order-service/health/ready", "/order-service"])
def test_what_is_not_for_the_outside_is_not_there(path: str) -> None:
    async def scenario() -> None:
        async with front() as it:
            assert _problem(await it.http.get(path)).code == "not-found"
            assert _problem(await it.http.get("/internal/openapi.json")).code == "not-found"
            assert it.service.seen == it.own.seen == []

    asyncio.run(scenario())


def test_other_paths_go_to_the_gateways_own_routes() -> None:
    async def scenario() -> None:
        async with front() as it:
            for path in ("/", "/health/ready", "/unknown-service/api/x", "/internal/faults"):
                assert (await it.http.get(path)).content == b"own"
            assert it.service.seen == []

    asyncio.run(scenario())


async def _chunks(total: int) -> AsyncIterator[bytes]:
    for _ in range(total // 65536):
        yield b"a" * 65536
    yield b"a" * (total % 65536)


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_may_be_as_large_as_said_and_no_larger(chunked: bool) -> None:
    async def scenario() -> None:
        async with front() as it:
            for size, status in ((LARGEST_BODY, 200), (LARGEST_BODY + 1, 413), (4 * LARGEST_BODY, 413), (10, 200)):
                content = _chunks(size) if chunked else b"a" * size
                response = await it.http.post(ORDERS, content=content)
                assert response.status_code == status
                if status == 413:
                    assert _problem(response).code == "body-too-large"
            assert [len(seen.body) for seen in it.service.seen] == [LARGEST_BODY, 10]

    asyncio.run(scenario())


def test_a_refused_caller_gets_nowhere() -> None:
    async def scenario() -> None:
        async with front() as it:
            for path in (ORDERS, "/api/stream", "/order-service/internal/x"):
                assert _problem(await it.http.get(path, headers={"x-bad": "1"})).code == "seller-blocked"
            assert it.service.seen == it.own.seen == []

    asyncio.run(scenario())


def test_a_service_that_is_away_is_said_to_be_with_the_time_to_try_again() -> None:
    async def scenario() -> None:
        async with front(service_url=await closed_port()) as it:
            response = await it.http.post(ORDERS, content=b"{}")
            assert (response.status_code, _problem(response).code) == (503, "service-away")
            assert response.headers["retry-after"] == "1"

    asyncio.run(scenario())


def test_a_service_that_does_not_answer_in_time_may_have_done_it() -> None:
    async def scenario() -> None:
        hold = asyncio.Event()
        async with front(timeout=0.2, hold=hold) as it:
            response = await it.http.post(ORDERS, content=b"{}")
            assert (response.status_code, _problem(response).code) == (504, "service-too-slow")
            assert len(it.service.seen) == 1
            hold.set()

    asyncio.run(scenario())


def test_a_service_that_dies_before_it_answers_may_have_done_it() -> None:
    async def die(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.close()

    async def scenario() -> None:
        dying = await asyncio.start_server(die, "127.0.0.1", 0)
        port = dying.sockets[0].getsockname()[1]
        async with dying, front(service_url=f"http://127.0.0.1:{port}") as it:
            response = await it.http.post(ORDERS, content=b"{}")
            assert (response.status_code, _problem(response).code) == (502, "answer-lost")

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("headers", "field"),
    [
        ([("Idempotency-Key", "ключ".encode())], "idempotency-key"),
    ],
)
def test_headers_that_cannot_be_passed_on_are_named(headers: Any, field: str) -> None:
    async def scenario() -> None:
        async with front() as it:
            response = await it.http.post(ORDERS, headers=[(name.encode(), value) for name, value in headers])
            assert response.status_code == 400
            assert [error.field for error in _problem(response).errors] == [field]
            assert it.service.seen == []

    asyncio.run(scenario())


def test_unusual_methods_are_refused() -> None:
    async def scenario() -> None:
        async with front() as it:
            response = await it.http.request("TRACE", ORDERS)
            assert response.status_code == 405
            assert "GET" in response.headers["allow"]

    asyncio.run(scenario())


def test_the_time_of_an_answer_is_kept_also_of_one_that_does_not_come() -> None:
    async def scenario() -> None:
        times = AnswerTimes()
        async with front(answer_times=times) as it:
            assert (await it.http.get("/order-service/api/orders")).status_code == 200
        assert times.p99_ms("order") is not None
        times, hold = AnswerTimes(), asyncio.Event()
        async with front(answer_times=times, hold=hold, timeout=0.05) as it:
            assert (await it.http.get("/order-service/api/orders")).status_code == 504
            hold.set()
        assert (times.p99_ms("order") or 0.0) >= 50.0

    asyncio.run(scenario())


def test_a_connection_serves_many_requests_also_after_a_refusal() -> None:
    async def scenario() -> None:
        async with front() as it:
            for _ in range(3):
                assert (await it.http.post(ORDERS, content=b"a" * (LARGEST_BODY + 1))).status_code == 413
                assert (await it.http.post(ORDERS, content=b"{}")).status_code == 200
                assert (await it.http.get("/order-service/internal/x")).status_code == 404

    asyncio.run(scenario())
