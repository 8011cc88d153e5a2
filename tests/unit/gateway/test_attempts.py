"""Guesses are slowed down and owners are not locked out; registrations, guest sessions and streams have limits."""

from __future__ import annotations

import asyncio

import httpx

from services_stub.gateway.attempts import Attempts
from services_stub.gateway.rates import FORGOTTEN, MOST_CLIENTS, GrowingPauses
from services_stub.gateway.streams import MOST_STREAMS, STREAM_PATH, BoundedStreams
from tests.unit.gateway.callers import TrustingVerifier, token
from tests.unit.gateway.servers import StubService, serving
from tests.unit.gateway.test_limits import Clock, statuses
from tests.unit.gateway.test_passthrough import front
from tests.waiting import eventually_true


def test_pauses_grow_with_each_failure_and_are_forgotten_in_time() -> None:
    clock = Clock()
    pauses, waits = GrowingPauses(6, 3, clock=clock), []
    for _ in range(12):
        if not (found := pauses.take("a")).admitted:
            waits.append(found.retry_after)
            clock.now += found.retry_after
            assert pauses.take("a").admitted
            assert not pauses.take("a").admitted
    assert waits[:6] == [6, 12, 24, 48, 96, 120]
    clock.now += FORGOTTEN
    assert [pauses.take("a").admitted for _ in range(4)] == [True, True, True, False]
    pauses.forget("a")
    assert pauses.take("a").admitted
    for number in range(MOST_CLIENTS + 10):
        pauses.take(str(number))
    assert len(pauses) == MOST_CLIENTS


def attempt(attempts: Attempts, path: str, email: str, address: str, status: int) -> bool:
    """Whether an attempt was admitted; it ended with `status` then."""
    found = attempts.begin(b"auth", path, b'{"email": "%s"}' % email.encode(), address)
    assert found is not None
    if found.allowance.admitted:
        attempts.end(found, status)
    return found.allowance.admitted


def test_a_stranger_elsewhere_cannot_lock_the_owner_out_nor_guess_from_everywhere() -> None:
    attempts = Attempts({"login": 3})
    login = "/api/auth/login"
    assert attempt(attempts, login, "ada@example.org", "10.0.0.1", 200)
    guesses = [attempt(attempts, login, "ada@example.org", f"10.9.0.{n % 250}", 401) for n in range(1000)]
    assert sum(guesses) == 30
    assert attempt(attempts, login, "ada@example.org", "10.0.0.1", 200)
    assert attempt(attempts, login, "bob@example.org", "10.9.0.1", 401)


def test_who_has_a_token_does_not_guess_the_password_of_its_user() -> None:
    async def scenario() -> None:
        async with front(limits={"login": 2}, status=403) as it:
            path, body = "/auth-service/api/auth/password", {"currentPassword": "a", "newPassword": "b"}
            headers = [{"authorization": token("u1", seconds=seconds)} for seconds in (100, 200, 300)]
            answers = [await it.http.post(path, json=body, headers=each) for each in headers]
            assert [answer.status_code for answer in answers] == [403, 403, 429]

    asyncio.run(scenario())


def test_one_mailbox_is_not_flooded_by_registrations() -> None:
    attempts = Attempts({"login": 100})
    emails = [f"victim+{number}@example.org" for number in range(500)]
    admitted = [attempt(attempts, "/api/auth/register", email, "10.0.0.1", 200) for email in emails]
    assert sum(admitted) == 5
    assert attempt(attempts, "/api/auth/register", "another@example.org", "10.0.0.1", 200)


def test_one_mailbox_is_not_flooded_by_tokens_and_neither_registrations_nor_wrong_logins_use_them_up() -> None:
    attempts = Attempts({"login": 2, "login-address": 1000})
    forgot, body = "/api/auth/forgot-password", b'{"email": "victim@example.org"}'
    for _ in range(20):
        attempt(attempts, "/api/auth/register", "victim@example.org", "10.0.0.1", 409)
        attempt(attempts, "/api/auth/login", "victim@example.org", "10.0.0.1", 401)
    asked = [attempts.begin(b"auth", forgot, body, "10.0.0.1") for _ in range(20)]
    assert [found is None for found in asked] == [True] * 5 + [False] * 15
    assert attempt(attempts, "/api/auth/register", "victim@example.org", "10.0.0.2", 409) is False
    assert attempts.begin(b"auth", forgot, b'{"email": "another@example.org"}', "10.0.0.1") is None


def test_tokens_for_new_passwords_are_tried_as_often_as_an_address_may_log_in() -> None:
    attempts = Attempts({"login": 100, "login-address": 1})
    tried = [attempts.begin(b"auth", "/api/auth/reset-password", b'{"token": "a"}', "10.0.0.1") for _ in range(5)]
    assert [found is None for found in tried] == [True, True, False, False, False]


def test_an_address_begins_few_guest_sessions_and_goes_on_with_those() -> None:
    guests = [{"x-session-id": f"{number:032}"} for number in range(4)]
    assert statuses({"guests": 1}, [*guests, guests[0], guests[3]]) == [200, 200, 429, 429, 200, 429]


def test_a_user_has_few_live_streams_at_a_time() -> None:
    async def scenario() -> None:
        hold = asyncio.Event()
        streams = BoundedStreams(StubService(hold=hold), TrustingVerifier())
        async with (
            serving(streams) as url,
            httpx.AsyncClient(base_url=url, headers={"authorization": token("u1")}) as http,
        ):
            held = [asyncio.create_task(http.get(STREAM_PATH)) for _ in range(MOST_STREAMS)]
            await eventually_true(lambda: sum(streams._open.values()) == MOST_STREAMS)
            for path in (STREAM_PATH, STREAM_PATH + "/"):
                refused = await http.get(path)
                assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
            other = asyncio.create_task(http.get(STREAM_PATH, headers={"authorization": token("u2")}))
            await eventually_true(lambda: sum(streams._open.values()) == MOST_STREAMS + 1)
            hold.set()
            assert {(await each).status_code for each in [*held, other]} == {200}
            assert (await http.get(STREAM_PATH)).status_code == 200

    asyncio.run(scenario())
