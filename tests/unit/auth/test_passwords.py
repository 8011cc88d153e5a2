"""Passwords: which are taken, how they are hashed and changed."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher

from services_stub.auth.domain import PASSWORD_PROFILES, HashParameters
from services_stub.auth.handlers import passwords
from services_stub.auth.handlers.passwords import Passwords
from services_stub.auth.service import SERVICE
from services_stub.contracts.events import PasswordChanged
from services_stub.runtime.errors import Unavailable
from tests.unit.auth.conftest import OPTIONS, PASSWORD, AuthClient
from tests.unit.serving import serving

CHEAP = HashParameters(memory_kib=8, iterations=1)


def test_passwords_that_would_wait_too_long_are_turned_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "MOST_WAITING", 2)
    hasher = Passwords(CHEAP)

    async def scenario() -> list[object]:
        return await asyncio.gather(*(hasher.hash(str(n)) for n in range(5)), return_exceptions=True)

    try:
        assert [type(each).__name__ for each in asyncio.run(scenario())] == ["str", "str", *["Unavailable"] * 3]
        assert asyncio.run(hasher.hash("again"))
    finally:
        hasher.stop()


def test_a_password_is_changed_by_who_knows_it_and_ends_all_other_sessions(auth: AuthClient) -> None:
    auth.register("a@example.com")
    mine, other = (auth.log_in("a@example.com")[1] for _ in range(2))

    def change(current: str, new: str) -> tuple[int, dict[str, Any]]:
        body = {"currentPassword": current, "newPassword": new}
        return auth.post("/api/auth/password", body, by=mine["accessToken"])

    assert change("a guess", "battery staple")[1]["errors"][0]["field"] == "currentPassword"
    assert change(PASSWORD, "password1")[1]["errors"][0]["field"] == "newPassword"
    assert auth.log_in("a@example.com")[0] == 200
    status, tokens = change(PASSWORD, "battery staple")
    assert status == 200
    for old in (mine, other):
        assert auth.post("/api/auth/refresh", {"refreshToken": old["refreshToken"]})[0] == 401
    assert auth.post("/api/auth/refresh", {"refreshToken": tokens["refreshToken"]})[0] == 200
    assert (auth.log_in("a@example.com")[0], auth.log_in("a@example.com", "battery staple")[0]) == (401, 200)
    assert auth.running.sender.events[1:] == [PasswordChanged(user_id=tokens["user"]["userId"])]


@pytest.mark.parametrize(
    "password",
    [
        "password", "PassW0rd", "12345678", " qwertyuiop ", "ada.lovelace@example.com", "Ada.Lovelace",
        "Password1!", "!!Dragon99", "Ada.Lovelace#7",
    ],
)  # fmt: skip
def test_passwords_that_are_tried_first_are_refused(auth: AuthClient, password: str) -> None:
    body = {"email": "Ada.Lovelace@example.com", "password": password}
    status, problem = auth.post("/api/auth/register", body)
    assert (status, problem["type"], problem["errors"][0]["field"]) == (400, "/problems/weak-password", "password")


@pytest.mark.parametrize("password", ["dragon-7731-9", "dragon and sunshine", "2024a!?77"])
def test_passwords_that_have_more_than_a_word_are_taken(auth: AuthClient, password: str) -> None:
    assert auth.post("/api/auth/register", {"email": "ada@example.com", "password": password})[0] == 201


def test_a_password_is_rehashed_at_login_when_the_parameters_changed(tmp_path: Path) -> None:
    with serving(SERVICE, tmp_path, OPTIONS, own_tokens=True) as running:
        AuthClient(running).register("a@example.com")
    with serving(SERVICE, tmp_path, {"password_profile": "owasp"}, own_tokens=True) as running:
        assert AuthClient(running).log_in("a@example.com")[0] == 200
        assert running.database is not None
        with running.database.connect() as connection:
            row = connection.exec_driver_sql("SELECT password_hash FROM users WHERE email = 'a@example.com'").one()
        assert "m=19456,t=2,p=1" in row[0]
        assert AuthClient(running).log_in("a@example.com")[0] == 200


def test_the_standard_parameters_are_those_of_owasp() -> None:
    assert PASSWORD_PROFILES["owasp"] == HashParameters(memory_kib=19456, iterations=2, lanes=1)


def test_an_unknown_password_profile_is_said_at_the_start(tmp_path: Path) -> None:
    with (
        pytest.raises(Unavailable, match="none of owasp, development"),
        serving(SERVICE, tmp_path, {"password_profile": "quick"}),
    ):
        pass


def test_an_unknown_account_costs_a_hash_too(monkeypatch: pytest.MonkeyPatch) -> None:
    passwords = Passwords(CHEAP)
    verified: list[str] = []
    verify = PasswordHasher.verify

    def noted(hasher: PasswordHasher, known: str, password: bytes) -> bool:
        verified.append(known)
        return verify(hasher, known, password)

    monkeypatch.setattr(PasswordHasher, "verify", noted)
    assert not passwords.check_now(PASSWORD, None).matches
    assert not passwords.check_now("the password of nobody", None).matches
    assert len(verified) == 2
    assert verified[0].startswith("$argon2id$")
    passwords.stop()


def test_hashing_leaves_the_event_loop_alone(auth: AuthClient, monkeypatch: pytest.MonkeyPatch) -> None:
    threads: set[str] = set()
    hash_now = Passwords.hash_now

    def noted(self: Passwords, password: str) -> str:
        threads.add(threading.current_thread().name.rstrip("0123456789"))
        return hash_now(self, password)

    monkeypatch.setattr(Passwords, "hash_now", noted)
    auth.register("a@example.com")
    assert threads == {"passwords_"}


def test_a_password_fits_however_its_characters_are_composed() -> None:
    passwords = Passwords(CHEAP)
    known = passwords.hash_now("caf\u00e9 caf\u00e9")
    assert passwords.check_now("cafe\u0301 cafe\u0301", known).matches
    assert not passwords.check_now("cafe cafe", known).matches
    assert not passwords.check_now("cafe cafe", "no hash").matches
    passwords.stop()
