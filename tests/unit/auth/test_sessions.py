"""Sessions: what a token says, how long it lives, and what a stolen one is worth."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from services_stub.auth import domain
from services_stub.auth.domain import ACCESS, LONGEST_SESSION, REFRESH, REPEATED_WITHIN
from services_stub.auth.handlers import sessions
from services_stub.auth.handlers.accounts import RegisterAccount, register
from services_stub.auth.handlers.sessions import Renew
from services_stub.auth.service import SERVICE
from services_stub.auth.store.signing_key import FILE_NAME, load_or_make
from services_stub.auth.store.tables import TABLES
from services_stub.contracts.events import RefreshTokenReused
from services_stub.runtime.errors import Unavailable
from tests.fakes import transaction
from tests.unit.auth.conftest import OPTIONS, AuthClient
from tests.unit.serving import serving

KEY = b"the service's own"


def test_a_token_identifies_its_user_and_is_verified_with_the_published_key(auth: AuthClient) -> None:
    user_id = auth.register("a@example.com")
    tokens = auth.log_in("a@example.com")[1]
    (key,) = auth.get("/api/auth/keys")[1]["keys"]
    header = jwt.get_unverified_header(tokens["accessToken"])
    assert (header["alg"], header["kid"]) == ("EdDSA", key["kid"])
    claims = jwt.decode(tokens["accessToken"], jwt.PyJWK(key).key, algorithms=["EdDSA"])
    assert set(claims) == {"iss", "sub", "userId", "role", "email", "iat", "exp", "jti", "sid"}
    assert claims["iss"] == "marketplace"
    assert (claims["sub"], claims["userId"], claims["role"], claims["email"]) == (
        user_id,
        user_id,
        "user",
        "a@example.com",
    )
    assert tokens["expiresIn"] == ACCESS.total_seconds() == 900
    assert 899 < claims["exp"] - claims["iat"] <= 900
    assert auth.get("/api/auth/me", by=tokens["accessToken"])[1]["userId"] == user_id


def test_a_forged_token_is_worth_nothing(auth: AuthClient) -> None:
    auth.register("a@example.com")
    token = auth.log_in("a@example.com")[1]["accessToken"]
    for forged in ("nonsense", token[:-4] + "AAAA", jwt.encode({"userId": "a"}, "", algorithm="none")):
        assert auth.get("/api/auth/me", by=forged)[0] == 401
    assert auth.get("/api/auth/me")[0] == 401


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(auth: AuthClient) -> None:
    auth.register("a@example.com")
    wrong, unknown = auth.log_in("a@example.com", "wrong password"), auth.log_in("b@example.com", "wrong password")
    assert wrong == unknown
    assert wrong[0] == 401


def test_the_key_and_so_the_tokens_outlive_a_restart(tmp_path: Path) -> None:
    with serving(SERVICE, tmp_path, OPTIONS, own_tokens=True) as running:
        AuthClient(running).register("a@example.com")
        tokens = AuthClient(running).log_in("a@example.com")[1]
    with serving(SERVICE, tmp_path, OPTIONS, own_tokens=True) as running:
        assert AuthClient(running).get("/api/auth/me", by=tokens["accessToken"])[0] == 200
        assert AuthClient(running).post("/api/auth/refresh", {"refreshToken": tokens["refreshToken"]})[0] == 200


def test_a_refresh_token_renews_once_and_a_second_use_ends_the_session(auth: AuthClient) -> None:
    auth.register("a@example.com")
    first = auth.log_in("a@example.com")[1]["refreshToken"]
    other = auth.log_in("a@example.com")[1]["refreshToken"]

    def refresh(token: str) -> tuple[int, str]:
        status, body = auth.post("/api/auth/refresh", {"refreshToken": token})
        return status, body.get("refreshToken", "")

    status, second = refresh(first)
    assert status == 200
    assert second not in ("", first)
    assert refresh(first) == (200, second)  # the answer was lost, say
    assert refresh(second)[0] == 200
    assert refresh(first)[0] == 401
    assert refresh(second)[0] == 401
    assert refresh(other)[0] == 200


def test_a_refresh_token_that_comes_back_later_ends_the_session_and_its_user_is_told() -> None:
    with transaction(TABLES) as tx:
        user = register(tx, RegisterAccount("a@example.com", "hash", "user", "", ""))
        token = sessions.log_in(tx, sessions.OpenSession(user.user_id, "hash")).refresh_token
        renewed = sessions.refresh(tx, Renew(token, KEY))
        assert renewed is not None
        tx.now += REPEATED_WITHIN
        assert sessions.refresh(tx, Renew(token, KEY)) == renewed
        tx.now += timedelta(microseconds=1)
        tx.published.clear()
        assert sessions.refresh(tx, Renew(token, KEY)) is None
        assert sessions.refresh(tx, Renew(renewed.refresh_token, KEY)) is None
        assert [event for event, _ in tx.published] == [RefreshTokenReused(user_id=user.user_id)]


def test_a_session_that_is_renewed_again_and_again_ends_all_the_same() -> None:
    with transaction(TABLES) as tx:
        user = register(tx, RegisterAccount("a@example.com", "hash", "user", "", ""))
        token = sessions.log_in(tx, sessions.OpenSession(user.user_id, "hash")).refresh_token
        renewals, begun_at = 0, tx.now
        while (renewed := sessions.refresh(tx, Renew(token, KEY))) is not None:
            token, renewals = renewed.refresh_token, renewals + 1
            tx.now += timedelta(days=1)
        assert (renewals, tx.now - begun_at) == (90, LONGEST_SESSION)


def test_logging_out_everywhere_ends_all_sessions_of_the_caller_and_of_no_one_else(auth: AuthClient) -> None:
    auth.register("a@example.com")
    auth.register("b@example.com")
    mine, also_mine = (auth.log_in("a@example.com")[1] for _ in range(2))
    other = auth.log_in("b@example.com")[1]
    assert auth.post("/api/auth/logout-everywhere", None, by=mine["accessToken"])[0] == 204
    ended = auth.running.internal("GET", "/internal/blocked-sellers").json()["sessionsEnded"]
    claims = jwt.decode(mine["accessToken"], options={"verify_signature": False})
    assert list(ended) == [claims["userId"]]
    assert claims["iat"] < ended[claims["userId"]]
    for tokens, status in ((mine, 401), (also_mine, 401), (other, 200)):
        assert auth.post("/api/auth/refresh", {"refreshToken": tokens["refreshToken"]})[0] == status


def test_logging_out_ends_the_session_and_may_be_repeated(auth: AuthClient) -> None:
    auth.register("a@example.com")
    tokens = auth.log_in("a@example.com")[1]
    for _ in range(2):
        assert auth.post("/api/auth/logout", {"refreshToken": tokens["refreshToken"]}) == (204, None)
    assert auth.post("/api/auth/refresh", {"refreshToken": tokens["refreshToken"]})[0] == 401


def test_an_unused_session_ends() -> None:
    with transaction(TABLES) as tx:
        user = register(tx, RegisterAccount("a@example.com", "hash", "user", "", ""))
        token = sessions.log_in(tx, sessions.OpenSession(user.user_id, "hash")).refresh_token
        tx.now += REFRESH - timedelta(seconds=1)
        renewed = sessions.refresh(tx, Renew(token, KEY))
        assert renewed is not None
        tx.now += REFRESH
        assert sessions.refresh(tx, Renew(renewed.refresh_token, KEY)) is None


def test_the_key_file_is_its_owners_alone(tmp_path: Path) -> None:
    key = load_or_make(tmp_path)
    file = tmp_path / FILE_NAME
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert load_or_make(tmp_path).private_bytes_raw() == key.private_bytes_raw()
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]


def test_a_broken_key_file_is_said_with_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / FILE_NAME
    other = rsa.generate_private_key(65537, 2048)
    for content in (b"garbage", other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())):
        file.write_bytes(content)
        with pytest.raises(Unavailable, match="remove it to have a new one made"):
            load_or_make(tmp_path)
    with pytest.raises(Unavailable, match="No such file or directory"):
        load_or_make(tmp_path / "missing")


def test_a_token_used_twice_is_stolen_even_when_it_expired() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    day = timedelta(days=1)
    verdict = domain.check_refresh(used_at=now - day, successor_used=False, expires_at=now - day, now=now)
    assert verdict is domain.RefreshOutcome.REUSED
