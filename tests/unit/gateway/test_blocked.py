"""Blocked sellers are refused, and no other caller."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from services_stub.contracts.http.auth import BlockedSellers as Answer
from services_stub.contracts.topics import SELLER_BLOCKED, SELLER_UNBLOCKED
from services_stub.gateway.blocked import ENDING, BlockedSellers, claims_in
from services_stub.runtime.context import Context
from services_stub.runtime.errors import Unavailable
from services_stub.runtime.kafka.records import Record
from services_stub.runtime.tokens import Caller
from tests.unit.gateway.callers import FORGED, TrustingVerifier, caller, gateway_context, scripted, token
from tests.waiting import eventually_true

ASK = "GET auth /internal/blocked-sellers"


def _record(topic: str, key: bytes | None) -> Record:
    return Record(topic, 0, 0, key, b"{}", [], 0)


class Scene:
    """Blocked sellers without Kafka; `now` is what auth would answer."""

    def __init__(self) -> None:
        self.context: Context = gateway_context("auth")
        self.heard: list[str] = []
        self.sessions: dict[str, str] = {}
        self.now: list[str] = []
        self.ended: dict[str, float] = {}
        self.asked = 0
        self.blocked = BlockedSellers(self.context, lambda user, session: self.heard.append(session or user))
        scripted(self.context).answers[ASK] = self._answer

    def _answer(self, _body: Any) -> Answer:
        self.asked += 1
        return Answer(
            seller_ids=list(self.now), sessions_ended=dict(self.ended), ended_sessions=dict(self.sessions), at=1000
        )

    def issue(self, user_id: str, at: float) -> None:
        """Let every token be one of `user_id` that was issued then."""

        async def issued(_authorization: str) -> Caller:
            return Caller(user_id, "user", "", 2**40, at)

        self.context.verifier.caller = issued  # type: ignore[method-assign, assignment]

    async def turned_away(self, *authorizations: str) -> bool:
        headers = [(b"authorization", value.encode()) for value in authorizations]
        refusal = await self.blocked.refusal([(b"accept", b"*/*"), *headers])
        assert refusal is None or (refusal.status, refusal.code) == (403, "seller-blocked")
        return refusal is not None


def test_tokens_from_before_all_sessions_were_ended_are_refused_and_streams_end() -> None:
    async def scenario() -> None:
        scene = Scene()
        scene.ended = {"u1": 1000.5}
        await scene.blocked.refresh()
        await scene.blocked.refresh()
        assert scene.heard == ["u1"]
        for user_id, issued_at, refused in (("u1", 1000.499, True), ("u1", 1000.5, False), ("u2", 1.0, False)):
            scene.issue(user_id, issued_at)
            refusal = await scene.blocked.refusal([(b"authorization", token(user_id).encode())])
            assert (refusal is not None and refusal.status == 401) is refused

    asyncio.run(scenario())


def test_the_tokens_of_a_session_that_was_ended_are_refused_and_no_others_of_its_user() -> None:
    async def scenario() -> None:
        scene = Scene()
        await scene.blocked.refresh()
        scene.sessions = {"f1": "u1"}
        await scene.blocked.refresh(whole=False)
        await scene.blocked.refresh(whole=False)
        assert scene.heard == ["f1"]
        for session, signature, refused in (("f1", "genuine", True), ("f2", "genuine", False), ("f1", FORGED, False)):
            header = token("u1", sid=session, signature=signature).encode()
            refusal = await scene.blocked.refusal([(b"authorization", header)])
            assert ((refusal.status, refusal.code) if refusal else None) == (
                (401, "session-ended") if refused else None
            )

    asyncio.run(scenario())


def test_only_what_is_new_is_asked_for_and_now_and_then_all() -> None:
    async def scenario() -> None:
        scene = Scene()
        scene.sessions = {"f1": "u1"}
        await scene.blocked.refresh()
        answers = scripted(scene.context).answers
        answers[f"{ASK}?since=940"] = lambda _: Answer(seller_ids=[], ended_sessions={"f2": "u2"}, at=1001)
        await scene.blocked.refresh(whole=False)
        assert [scene.blocked.refusal_of(caller("u", sid=sid)) is None for sid in ("f1", "f2", "f3")] == [
            False,
            False,
            True,
        ]
        scene.sessions = {"f2": "u2"}
        await scene.blocked.refresh()
        assert [scene.blocked.refusal_of(caller("u", sid=sid)) is None for sid in ("f1", "f2")] == [True, False]
        assert scene.heard == ["f1", "f2"]

    asyncio.run(scenario())


def test_the_gateway_asks_again_after_each_request_that_ends_sessions() -> None:
    assert {f"/api/auth/{name}" for name in ("logout", "logout-everywhere", "password", "reset-password")} == ENDING


def test_a_blocked_seller_is_refused_and_no_other_caller() -> None:
    async def scenario() -> None:
        scene = Scene()
        scene.now = ["s1"]
        await scene.blocked.refresh()
        assert await scene.turned_away(token("s1", "seller"))
        assert not await scene.turned_away(token("s2", "seller"))
        assert not await scene.turned_away(token("u1"))
        assert not await scene.turned_away()
        assert scene.heard == ["s1"]

    asyncio.run(scenario())


def test_a_second_header_does_not_help() -> None:
    async def scenario() -> None:
        scene = Scene()
        scene.blocked.take({"s1"})
        assert await scene.turned_away(token("u1"), token("s1", "seller"))

    asyncio.run(scenario())


def test_a_forged_token_is_left_to_the_service() -> None:
    async def scenario() -> None:
        scene = Scene()
        scene.blocked.take({"s1"})
        assert not await scene.turned_away(token("s1", "seller", signature=FORGED))

    asyncio.run(scenario())


def test_the_tokens_of_others_are_not_verified_here() -> None:
    async def scenario() -> None:
        scene = Scene()
        await scene.turned_away(token("u1"))
        scene.blocked.take({"s1"})
        await scene.turned_away(token("u1"))
        assert isinstance(scene.context.verifier, TrustingVerifier)
        assert scene.context.verifier.asked == 0

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "value",
    [b"", b"Bearer", b"Bearer x", b"Bearer a.b", b"Bearer a.!!.c", b"Bearer a.e30.c", b"\xff.\xff.\xff", b"a.W10.c"],
)
def test_a_header_without_a_token_names_no_user(value: bytes) -> None:
    assert claims_in(value) == claims_in(b"")


def test_a_token_names_its_user_and_its_session() -> None:
    claims = claims_in(token("s1", sid="f1").encode())
    assert (claims.user_id, claims.sid) == ("s1", "f1")


def test_auth_has_the_last_word() -> None:
    async def scenario() -> None:
        scene = Scene()
        scene.blocked.take({"s1", "s2"})
        scene.now = ["s2", "s3"]
        await scene.blocked.refresh()
        assert [await scene.turned_away(token(seller, "seller")) for seller in ("s1", "s2", "s3")] == [
            False,
            True,
            True,
        ]

    asyncio.run(scenario())


def test_an_event_blocks_at_once_and_unblocks_by_asking_auth() -> None:
    async def scenario() -> None:
        scene = Scene()
        following = asyncio.create_task(scene.blocked._follow())
        await eventually_true(lambda: scene.asked == 1)
        scene.now = ["s1"]
        scene.blocked._on_records([_record(SELLER_BLOCKED, b"s1"), _record(SELLER_BLOCKED, None)])
        await eventually_true(lambda: scene.asked == 2)
        assert await scene.turned_away(token("s1", "seller"))
        scene.now = []
        scene.blocked._on_records([_record(SELLER_UNBLOCKED, b"s1")])
        await eventually_true(lambda: scene.asked == 3)
        assert not await scene.turned_away(token("s1", "seller"))
        following.cancel()

    asyncio.run(scenario())


def test_an_event_blocks_also_while_auth_is_away() -> None:
    async def scenario() -> None:
        scene = Scene()
        del scripted(scene.context).answers[ASK]
        with pytest.raises(Unavailable):
            await scene.blocked.refresh()
        following = asyncio.create_task(scene.blocked._follow())
        scene.blocked._on_records([_record(SELLER_BLOCKED, b"s1")])
        await eventually_true(lambda: scene.heard == ["s1"])
        assert await scene.turned_away(token("s1", "seller"))
        scripted(scene.context).answers[ASK] = scene._answer
        await eventually_true(lambda: scene.asked == 1)
        assert not await scene.turned_away(token("s1", "seller"))
        following.cancel()

    asyncio.run(scenario())
