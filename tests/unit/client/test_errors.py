"""Every answer and every failure of the network becomes the error that is named by the remedy."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import httpx
import pytest

from services_stub.client import (
    Conflict,
    ContractBroken,
    InvalidInput,
    MarketplaceError,
    NotAllowed,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    RequestRefused,
    ServerFault,
    SignInAgain,
    TryLater,
    Unreachable,
)
from tests.unit.client.marketplace import Answer, FakeMarketplace, json, refusal, user

ME = "/auth-service/api/auth/me"
LOGIN = "/auth-service/api/auth/login"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, InvalidInput),
        (401, SignInAgain),
        (403, NotAllowed),
        (404, NotFound),
        (405, InvalidInput),
        (409, Conflict),
        (412, Conflict),
        (413, InvalidInput),
        (418, RequestRefused),
        (422, InvalidInput),
        (429, RateLimited),
        (500, ServerFault),
        (502, OutcomeUnknown),
        (503, TryLater),
        (504, OutcomeUnknown),
    ],
)
def test_status(status: int, kind: type[MarketplaceError]) -> None:
    error = failure_of(refusal(status, "some-reason", detail="because"))
    assert type(error) is kind
    assert str(error) == "some-reason: because"


def test_the_problem_is_kept_whole() -> None:
    answer = refusal(409, "out-of-stock", lines=[{"productId": "p1"}], errors=[{"field": "items", "message": "no"}])
    error = failure_of(answer)
    assert isinstance(error, Conflict)
    assert error.problem.code == "out-of-stock"
    assert error.problem.extensions == {"lines": [{"productId": "p1"}]}
    assert str(error) == "out-of-stock: items: no"


def test_an_answer_that_is_no_problem_document_is_still_an_error() -> None:
    error = failure_of(httpx.Response(500, text="<html>"))
    assert isinstance(error, ServerFault)
    assert error.problem.code == "unreadable-answer"


def test_retry_after_is_read() -> None:
    answer = refusal(429, "slow-down")
    answer.headers["retry-after"] = "7"
    error = failure_of(answer)
    assert isinstance(error, RateLimited)
    assert error.retry_after == 7.0


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (httpx.ConnectError("refused"), Unreachable),
        (httpx.ConnectTimeout("slow"), Unreachable),
        (httpx.PoolTimeout("busy"), Unreachable),
        (httpx.ReadTimeout("slow"), OutcomeUnknown),
        (httpx.WriteError("broken pipe"), OutcomeUnknown),
        (httpx.RemoteProtocolError("closed"), OutcomeUnknown),
        (httpx.DecodingError("gzip"), ContractBroken),
    ],
)
def test_network(failure: Exception, kind: type[MarketplaceError]) -> None:
    assert type(failure_of(failure)) is kind


def test_an_answer_of_another_shape_breaks_the_contract() -> None:
    assert isinstance(failure_of(json({"userId": 7})), ContractBroken)
    assert isinstance(failure_of(httpx.Response(200, text="not JSON")), ContractBroken)


def test_a_read_that_meets_a_closed_connection_is_sent_once_more() -> None:
    shop = FakeMarketplace()
    shop.on("GET", ME, httpx.RemoteProtocolError("closed"), json(user()))
    assert asyncio.run(shop.client().auth.me()).user_id == "u1"


def test_a_write_that_meets_a_closed_connection_is_not() -> None:
    shop = FakeMarketplace()
    shop.on("POST", LOGIN, httpx.RemoteProtocolError("closed"), json(user()))
    with pytest.raises(OutcomeUnknown):
        asyncio.run(shop.client().auth.login("a@example.org", "secret"))
    assert shop.asked() == [f"POST {LOGIN}"]


def test_what_a_contract_refuses_is_refused_before_it_is_sent() -> None:
    shop = FakeMarketplace()
    client = shop.client()
    with pytest.raises(InvalidInput) as refused:
        asyncio.run(client.seller.create_product("Mug", category="Kitchen", price=Decimal("-1"), quantity=1))
    assert refused.value.problem.errors[0].field == "price"
    with pytest.raises(InvalidInput):
        asyncio.run(client.auth.register("nobody", "long enough"))
    assert shop.requests == []


def failure_of(answer: Answer) -> MarketplaceError:
    shop = FakeMarketplace()
    shop.on("GET", ME, answer)
    with pytest.raises(MarketplaceError) as failed:
        asyncio.run(shop.client().auth.me())
    return failed.value
