"""Rate limits: who is counted as one client, what the numbers promise, and that memory is bounded."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services_stub.gateway.limits import Limits
from services_stub.gateway.rates import TokenBuckets
from services_stub.runtime.tokens import Caller
from tests.unit.gateway.callers import FORGED, TrustingVerifier, token
from tests.unit.gateway.test_passthrough import front

ORDERS = "/order-service/api/orders"
LOGIN = "/auth-service/api/auth/login"
REGISTER = "/auth-service/api/auth/register"


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_tells_what_is_left_and_when_to_come_back() -> None:
    clock = Clock()
    buckets = TokenBuckets(0.5, 3, clock=clock)
    taken = [buckets.take("a") for _ in range(4)]
    assert [(found.admitted, found.remaining, found.reset, found.retry_after) for found in taken] == [
        (True, 2, 2, 0),
        (True, 1, 4, 0),
        (True, 0, 6, 0),
        (False, 0, 6, 2),
    ]
    assert {found.limit for found in taken} == {3}
    assert buckets.take("b").admitted
    clock.now += 2
    assert (buckets.take("a").admitted, buckets.take("a").admitted) == (True, False)
    buckets.give_back("a")
    assert buckets.take("a").admitted


@given(st.floats(0.01, 5000), st.integers(1, 1000), st.lists(st.floats(0, 3, allow_nan=False), min_size=1, max_size=60))
def test_who_comes_back_when_told_is_admitted(rate: float, burst: int, pauses: list[float]) -> None:
    clock = Clock()
    buckets = TokenBuckets(rate, burst, clock=clock)
    for pause in pauses:
        found = buckets.take("a")
        if found.admitted:
            assert 0 <= found.remaining < burst
        else:
            assert found.retry_after >= 1
            clock.now += found.retry_after
            assert buckets.take("a").admitted
        clock.now += pause


@given(st.floats(0.1, 100), st.integers(1, 20), st.lists(st.floats(0, 1), max_size=200))
def test_no_client_gets_more_than_its_burst_and_its_rate(rate: float, burst: int, pauses: list[float]) -> None:
    clock = Clock()
    buckets = TokenBuckets(rate, burst, clock=clock)
    admitted = 0
    for pause in pauses:
        admitted += buckets.take("a").admitted
        assert admitted <= burst + rate * (clock.now - 1000) + 1e-3
        clock.now += pause


def test_clients_that_come_once_take_no_more_than_bounded_memory() -> None:
    clock = Clock()
    buckets = TokenBuckets(1, 2, most=100, clock=clock)
    for number in range(10_000):
        buckets.take(str(number))
        assert len(buckets) <= 100
    clock.now += 60
    buckets.take("again")
    for number in range(99):
        buckets.take(str(number))
    assert len(buckets) <= 100


def statuses(limits: dict[str, float], requests: list[dict[str, str]], **stub: Any) -> list[int]:
    """The statuses of requests with these headers, one after the other."""

    async def scenario() -> list[int]:
        async with front(limits=limits, **stub) as it:
            return [(await it.http.get(ORDERS, headers=headers)).status_code for headers in requests]

    return asyncio.run(scenario())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"authorization": token("u1")}, {"authorization": token("u2")}),
        ({"x-session-id": "s1"}, {"x-session-id": "s2"}),
        ({"authorization": token("u1")}, {"x-session-id": "s1"}),
    ],
)
def test_each_user_and_each_guest_has_a_limit_of_its_own(one: dict[str, str], other: dict[str, str]) -> None:
    assert statuses({"client": 0.5}, [one, one, other, other]) == [200, 429, 200, 429]


def test_tokens_of_one_user_share_a_limit() -> None:
    tokens = [{"authorization": token("u1", seconds=seconds)} for seconds in (100, 200)]
    assert statuses({"client": 0.5}, tokens) == [200, 429]


@pytest.mark.parametrize(
    "headers",
    [
        [{}, {}],
        [{"x-session-id": "s1"}, {"x-session-id": "s2"}],
        [{"authorization": token("u1", signature=FORGED)}, {"authorization": token("u2", signature=FORGED)}],
        [{"authorization": "nonsense"}, {"x-session-id": "no session!"}],
    ],
)
def test_what_can_be_made_up_counts_by_address(headers: list[dict[str, str]]) -> None:
    assert statuses({"client": 100, "address": 0.5}, headers) == [200, 429]


def test_a_forged_token_takes_nothing_from_its_victim() -> None:
    genuine, forged = ({"authorization": token("u1", signature=s)} for s in ("genuine", FORGED))
    assert statuses({"client": 0.5}, [forged, forged, genuine]) == [200, 200, 200]


def test_without_limits_no_number_is_told() -> None:
    async def scenario() -> None:
        async with front() as it:
            response = await it.http.get(ORDERS, headers={"authorization": token("u1")})
            assert not [name for name in response.headers if name.startswith("ratelimit")]

    asyncio.run(scenario())


def test_a_refusal_is_a_problem_document_with_honest_numbers_and_reaches_no_service() -> None:
    async def scenario() -> None:
        async with front(limits={"client": 0.5}) as it:
            headers = {"authorization": token("u1")}
            admitted, refused = [await it.http.get(ORDERS, headers=headers) for _ in range(2)]
            assert _numbers(admitted) == ("1", "0", "2", None)
            assert _numbers(refused) == ("1", "0", "2", "2")
            assert (refused.status_code, refused.json()["type"]) == (429, "/problems/too-many-requests")
            assert refused.headers["content-type"] == "application/problem+json"
            assert len(it.service.seen) == 1
            own = await it.http.get("/", headers=headers)
            assert own.status_code == 429

    asyncio.run(scenario())


def _numbers(response: httpx.Response) -> tuple[str | None, ...]:
    names = ("ratelimit-limit", "ratelimit-remaining", "ratelimit-reset", "retry-after")
    return tuple(response.headers.get(name) for name in names)


@pytest.mark.parametrize(("path", "failure"), [(LOGIN, 401), (REGISTER, 409)])
def test_failed_attempts_of_an_account_are_limited_however_it_is_written(path: str, failure: int) -> None:
    async def scenario() -> None:
        async with front(limits={"login": 2}, status=failure) as it:
            written = ["Ada@example.org", "ada@EXAMPLE.org", "ada@example.org"]
            answers = [await it.http.post(path, json={"email": email, "password": "p"}) for email in written]
            assert [answer.status_code for answer in answers] == [failure, failure, 429]
            assert answers[2].json()["type"] == "/problems/too-many-attempts"
            assert _numbers(answers[2]) == ("2", "0", "900", "30")
            other = await it.http.post(path, json={"email": "bob@example.org", "password": "p"})
            assert other.status_code == failure

    asyncio.run(scenario())


def test_successes_and_answers_that_never_came_do_not_count() -> None:
    async def scenario() -> None:
        credentials = {"email": "ada@example.org", "password": "p"}
        async with front(limits={"login": 2}) as it:
            assert {(await it.http.post(LOGIN, json=credentials)).status_code for _ in range(5)} == {200}
        async with front(limits={"login": 2}, service_url="http://127.0.0.1:9") as away:
            assert {(await away.http.post(LOGIN, json=credentials)).status_code for _ in range(5)} == {503}

    asyncio.run(scenario())


def test_attempts_at_once_are_no_more_than_one_after_the_other() -> None:
    async def scenario() -> None:
        hold = asyncio.Event()
        async with front(limits={"login": 2}, status=401, hold=hold) as it:
            credentials = {"email": "ada@example.org", "password": "p"}
            trying = [asyncio.create_task(it.http.post(LOGIN, json=credentials)) for _ in range(6)]
            done, _ = await asyncio.wait(trying, return_when=asyncio.FIRST_COMPLETED)
            while len(done) < 4:
                done, _ = await asyncio.wait(trying, timeout=5, return_when=asyncio.FIRST_COMPLETED)
            hold.set()
            assert sorted(answer.status_code for answer in await asyncio.gather(*trying)) == [
                401,
                401,
                429,
                429,
                429,
                429,
            ]
            assert len(it.service.seen) == 2

    asyncio.run(scenario())


def test_logins_of_an_address_have_a_limit_whatever_account_they_name() -> None:
    async def scenario() -> None:
        async with front(limits={"login-address": 0.5}, status=401) as it:
            answers = [await it.http.post(LOGIN, content=body) for body in (b"{", b'{"email": "a@b.c"}')]
            assert [answer.status_code for answer in answers] == [401, 429]

    asyncio.run(scenario())


class LearningVerifier(TrustingVerifier):
    """Knows no key until it was asked once."""

    def recognized(self, authorization: str) -> Caller | None:
        """The caller, once there is a key."""
        return super().recognized(authorization) if self.asked else None


def test_a_token_whose_key_is_not_known_yet_counts_by_address_and_is_learned() -> None:
    async def scenario() -> None:
        limits = Limits({"client": 100, "address": 0.5}, verifier := LearningVerifier())
        headers = [(b"authorization", token("u1").encode())]
        first = limits.admit(headers, "127.0.0.1")
        assert first is not None
        assert (first.limit, verifier.asked) == (1, 0)
        while not verifier.asked:
            await asyncio.sleep(0)
        second = limits.admit(headers, "127.0.0.1")
        assert second is not None
        assert (second.limit, second.admitted) == (200, True)

    asyncio.run(scenario())
