"""Sessions that were ended one by one: known by their ids as long as their access tokens would be valid."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

from services_stub.auth.domain import ACCESS
from services_stub.auth.handlers import sessions
from services_stub.auth.handlers.accounts import RegisterAccount, register
from services_stub.auth.store import sessions as store
from services_stub.auth.store.tables import TABLES
from tests.fakes import transaction
from tests.unit.auth.conftest import AuthClient


def test_logging_out_ends_the_access_tokens_of_that_session_alone(
    auth: AuthClient,
) -> None:
    def session_of(tokens: Any) -> str:
        return str(jwt.decode(tokens["accessToken"], options={"verify_signature": False})["sid"])

    def ended(since: float = 0) -> Any:
        return auth.running.internal("GET", f"/internal/blocked-sellers?since={int(since)}").json()

    user_id = auth.register("a@example.com")
    mine, other = (auth.log_in("a@example.com")[1] for _ in range(2))
    renewed = auth.post("/api/auth/refresh", {"refreshToken": mine["refreshToken"]})[1]
    assert session_of(mine) == session_of(renewed) != session_of(other)
    assert auth.post("/api/auth/logout", {"refreshToken": "made up"})[0] == 204
    assert ended()["endedSessions"] == {}
    assert auth.post("/api/auth/logout", {"refreshToken": renewed["refreshToken"]})[0] == 204
    assert ended()["endedSessions"] == {session_of(mine): user_id}
    assert ended(ended()["at"] - 60)["endedSessions"] == {session_of(mine): user_id}
    assert ended(ended()["at"] + 60)["endedSessions"] == {}


def test_ended_sessions_are_forgotten_when_their_access_tokens_have_expired() -> None:
    with transaction(TABLES) as tx:
        user = register(tx, RegisterAccount("a@example.com", "hash", "user", "", ""))
        known = []
        for _ in range(2):
            session = sessions.log_in(tx, sessions.OpenSession(user.user_id, "hash"))
            sessions.log_out(tx, session.refresh_token)
            known.append(list(store.ended(tx.connection, datetime.min.replace(tzinfo=UTC))))
            tx.now += ACCESS + timedelta(microseconds=1)
        assert [len(each) for each in known] == [1, 1]
        assert known[0] != known[1]
