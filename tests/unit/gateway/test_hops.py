"""The gateway reports the requests of flows that it passed on, and keeps to itself how services name them."""

from __future__ import annotations

import asyncio
import time

import httpx
import pytest
from msgspec.structs import replace

from services_stub.contracts.events import RequestHop
from services_stub.gateway.answer_times import AnswerTimes
from services_stub.gateway.hops import RequestHops, request_hops_of
from services_stub.gateway.limits import Limits
from services_stub.gateway.passthrough import PassThrough
from services_stub.runtime.request_hops import HOP_HEADER
from tests.unit.gateway.callers import TrustingVerifier, gateway_context
from tests.unit.gateway.servers import StubService, serving
from tests.unit.gateway.test_passthrough import ORDERS, RefusesMarked
from tests.unit.serving import RecordingSender
from tests.waiting import eventually_true


async def passed_on(
    named: str, *, status: int = 201, method: str = "POST", sampling: float = 1.0
) -> tuple[httpx.Response, list[RequestHop]]:
    """The answer to a request that a service names so, and what the gateway reports of it."""
    sender = RecordingSender()
    context = gateway_context("order")
    hops = RequestHops(context, lambda: sender) if sampling else None
    service = StubService(status=status, headers=[(HOP_HEADER.encode(), named.encode())] if named else [])
    async with serving(service) as url:
        passing = PassThrough(
            StubService(), {"order": url}, RefusesMarked(), Limits({}, TrustingVerifier()), AnswerTimes(), hops
        )
        async with serving(passing) as front, httpx.AsyncClient(base_url=front, trust_env=False) as http:
            if hops is not None:
                hops.start()
            response = await http.request(method, f"{ORDERS}?token=secret")
            if hops is not None:
                hops.stop(5)
    return response, [request for report in sender.reports for request in report.requests]


def test_a_request_of_a_flow_is_reported_as_the_service_named_it() -> None:
    before = time.time_ns() // 1000
    response, (request,) = asyncio.run(passed_on("o1 r1 /api/orders"))
    assert (response.status_code, HOP_HEADER in response.headers) == (201, False)
    assert (request.correlation_id, request.request_id, request.path) == ("o1", "r1", "/api/orders")
    assert (request.caller, request.callee, request.method, request.status) == ("gateway", "order", "POST", 201)
    assert before <= request.started_at <= request.answered_at <= time.time_ns() // 1000


def test_what_belongs_to_no_flow_is_not_reported() -> None:
    response, reported = asyncio.run(passed_on(""))
    assert (response.status_code, reported) == (201, [])


@pytest.mark.parametrize("named", ["x", "a  ", "a b", "a b c d"])
def test_a_name_that_is_none_harms_no_answer(named: str) -> None:
    response, _ = asyncio.run(passed_on(named))
    assert response.status_code == 201


def test_without_sampling_nothing_is_reported_and_the_name_is_kept_back_all_the_same() -> None:
    response, reported = asyncio.run(passed_on("o1 r1 /api/orders", sampling=0.0))
    assert (response.status_code, HOP_HEADER in response.headers, reported) == (201, False, [])


def test_reports_are_sent_while_the_gateway_runs() -> None:
    async def scenario() -> None:
        sender = RecordingSender()
        hops = RequestHops(gateway_context("order"), lambda: sender)
        hops.start()
        try:
            hops.note("o1 r1 /api/orders", "POST", "order", 201, 0.25)
            await eventually_true(lambda: bool(sender.reports))
        finally:
            hops.stop(5)
        ((report,),) = [sender.reports]
        assert (report.group, report.instance) == ("gateway", "gateway-1")
        (request,) = report.requests
        assert request.answered_at - request.started_at == 250_000

    asyncio.run(scenario())


def test_a_gateway_that_samples_nothing_has_no_reports() -> None:
    async def scenario() -> None:
        context = gateway_context("order")
        assert request_hops_of(context) is not None
        context.settings = replace(context.settings, trace_sampling=0.0)
        assert request_hops_of(context) is None

    asyncio.run(scenario())
