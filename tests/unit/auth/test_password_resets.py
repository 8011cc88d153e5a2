"""New passwords by mailed tokens: who gets one, what it is worth, and that it stands nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services_stub.auth.domain import RESET
from services_stub.auth.handlers import password_resets
from services_stub.auth.service import SERVICE
from services_stub.contracts.events import PasswordChanged
from services_stub.contracts.http.notification import PasswordResetMail
from services_stub.runtime import clock
from services_stub.runtime.errors import Refused
from tests.unit.auth.conftest import ADMIN, OPTIONS, PASSWORD, AuthClient
from tests.unit.serving import serving

NEW = "an even longer one"
FORGOT, RESET_PATH = "/api/auth/forgot-password", "/api/auth/reset-password"
ROUTE = "POST notification /internal/password-resets"


class Mailbox:
    """The notification service, which takes mails as soon as it is there."""

    def __init__(self, auth: AuthClient) -> None:
        self.auth, self.mails = auth, list[PasswordResetMail]()
        auth.running.peers.answers[ROUTE] = self.mails.append

    def ask(self, email: str) -> tuple[int, Any]:
        """The answer to a request for a token, after all mails were handed over."""
        answer = self.auth.post(FORGOT, {"email": email})
        password_resets.hand_over(self.auth.running.context)
        return answer

    def reset(self, token: str, password: str = NEW) -> tuple[int, Any]:
        """The answer to setting a password."""
        return self.auth.post(RESET_PATH, {"token": token, "newPassword": password})


@pytest.fixture
def auth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AuthClient]:
    monkeypatch.setattr(password_resets, "_EVERY_SECONDS", 600.0)
    with serving(SERVICE, tmp_path, OPTIONS, own_tokens=True) as running:
        yield AuthClient(running)


@pytest.fixture
def mailbox(auth: AuthClient) -> Mailbox:
    return Mailbox(auth)


def test_a_mailed_token_sets_a_password_once_and_ends_all_sessions(auth: AuthClient, mailbox: Mailbox) -> None:
    user_id = auth.register("a@example.com")
    session = auth.log_in("a@example.com")[1]
    assert mailbox.ask("A@example.com") == (202, None)
    assert mailbox.ask("a@example.com") == (202, None)
    first, second = mailbox.mails
    assert (first.user_id, first.email, first.token != second.token) == (user_id, "a@example.com", True)
    assert mailbox.reset(first.token, "password")[0] == 400
    assert mailbox.reset(first.token) == (204, None)
    assert auth.log_in("a@example.com")[0] == 401
    assert auth.log_in("a@example.com", NEW)[0] == 200
    assert auth.post("/api/auth/refresh", {"refreshToken": session["refreshToken"]})[0] == 401
    assert user_id in auth.running.internal("GET", "/internal/blocked-sellers").json()["sessionsEnded"]
    assert auth.running.sender.events[1:] == [PasswordChanged(user_id=user_id)]
    for used_or_older in (first.token, second.token, "made-up"):
        status, problem = mailbox.reset(used_or_older)
        assert (status, problem["type"]) == (403, "/problems/reset-token-invalid")


def test_a_change_of_the_password_makes_mailed_tokens_worthless(auth: AuthClient, mailbox: Mailbox) -> None:
    auth.register("a@example.com")
    mailbox.ask("A@example.com")
    changed = {"currentPassword": PASSWORD, "newPassword": "battery staple"}
    assert auth.post("/api/auth/password", changed, by=auth.log_in("a@example.com")[1]["accessToken"])[0] == 200
    assert mailbox.reset(mailbox.mails[0].token)[0] == 403
    assert auth.log_in("a@example.com", "battery staple")[0] == 200


def test_the_answer_does_not_tell_who_has_an_account(auth: AuthClient, mailbox: Mailbox) -> None:
    auth.register("a@example.com")
    answers = [mailbox.ask(email) for email in ("a@example.com", "b@example.com", "no address")]
    assert answers == [(202, None)] * 3
    assert [mail.email for mail in mailbox.mails] == ["a@example.com"]


def test_an_admin_gets_a_token_too(mailbox: Mailbox) -> None:
    mailbox.ask(ADMIN["email"])
    assert mailbox.reset(mailbox.mails[0].token) == (204, None)
    assert mailbox.auth.log_in(ADMIN["email"], NEW)[0] == 200


def test_a_token_expires(auth: AuthClient, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    auth.register("a@example.com")
    mailbox.ask("a@example.com")
    later = clock.now() + RESET + timedelta(seconds=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert mailbox.reset(mailbox.mails[0].token)[0] == 403


def test_a_mail_waits_until_the_notification_service_takes_it_and_is_then_the_same(
    auth: AuthClient, mailbox: Mailbox
) -> None:
    auth.register("a@example.com")
    taken = auth.running.peers.answers.pop(ROUTE)
    auth.post(FORGOT, {"email": "a@example.com"})
    with pytest.raises(Exception, match="away"):
        password_resets.hand_over(auth.running.context)

    def lost(mail: PasswordResetMail) -> None:
        mailbox.mails.append(mail)
        raise TimeoutError

    auth.running.peers.answers[ROUTE] = lost
    with pytest.raises(TimeoutError):
        password_resets.hand_over(auth.running.context)
    auth.running.peers.answers[ROUTE] = taken
    password_resets.hand_over(auth.running.context)
    password_resets.hand_over(auth.running.context)
    assert len(mailbox.mails) == 2
    assert mailbox.mails[0] == mailbox.mails[1]


def test_a_mail_that_is_refused_holds_up_no_other(auth: AuthClient, mailbox: Mailbox) -> None:
    def taken(mail: PasswordResetMail) -> None:
        if mail.email == "a@example.com":
            raise Refused(400, "invalid-input", "no")
        mailbox.mails.append(mail)

    auth.running.peers.answers[ROUTE] = taken
    for email in ("a@example.com", "b@example.com"):
        auth.register(email)
        auth.post(FORGOT, {"email": email})
    password_resets.hand_over(auth.running.context)
    password_resets.hand_over(auth.running.context)
    assert [mail.email for mail in mailbox.mails] == ["b@example.com"]


def test_a_token_is_in_no_event_no_log_and_no_file(
    auth: AuthClient, mailbox: Mailbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    auth.register("a@example.com")
    mailbox.ask("a@example.com")
    token = mailbox.mails[0].token
    assert mailbox.reset(token)[0] == 204
    said = capsys.readouterr()
    assert token not in said.out + said.err + repr(auth.running.sender.events) + repr(auth.running.sender.headers)
    assert token not in repr(password_resets.ResetPasswordHash(token, PASSWORD))
    assert not any(token.encode() in file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
