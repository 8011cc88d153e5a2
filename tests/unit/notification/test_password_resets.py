"""Mails with a token that sets a password: the token is in the mail alone, and not kept once it is delivered."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from services_stub.contracts.http.notification import PasswordResetMail
from services_stub.contracts.times import to_microseconds
from services_stub.notification.domain.delivery import Attempt, Recorded, State
from services_stub.notification.domain.kinds import Channel
from services_stub.notification.handlers import password_resets
from services_stub.notification.handlers.bounces import record_attempts
from services_stub.notification.handlers.notifying import Notifier
from services_stub.notification.service import notification_service
from services_stub.notification.store import spool, tables
from tests.builders import user_created
from tests.fakes import FakeTransaction
from tests.unit.notification.conftest import notify
from tests.unit.serving import serving

TOKEN = "a-token-of-43-characters-0123456789-abcdefg"
MAIL = PasswordResetMail(user_id="u1", reset_id="r1", email="ada@example.com", name="Ada", token=TOKEN)


def test_the_token_is_in_the_mail_and_neither_in_the_inbox_nor_in_an_event(tx: FakeTransaction) -> None:
    notifier = Notifier()
    for _ in range(2):
        password_resets.mail(notifier, tx, MAIL)
    tx.commit()
    (sent,) = tx.connection.execute(select(tables.spool)).all()
    (shown,) = tx.connection.execute(select(tables.notifications)).all()
    assert (sent.recipient, sent.message.count(TOKEN), sent.subject) == ("ada@example.com", 1, shown.subject)
    assert "ada@example.com" in shown.text
    assert TOKEN not in repr(shown) + repr(tx.published)
    assert len(tx.published) == 1


def test_a_mail_with_a_token_is_forgotten_once_it_is_delivered_or_given_up(tx: FakeTransaction) -> None:
    notifier = Notifier()
    notify(tx, user_created("u1"))
    password_resets.mail(notifier, tx, MAIL)
    tx.commit()
    for state, kept in ((State.SPOOLED, True), (State.DELIVERED, False)):
        mails = spool.due_messages(tx.connection, Channel.EMAIL, to_microseconds(tx.now), 10)
        record_attempts(notifier, tx, [Recorded(mail.mail_id, 1, Attempt(state), 0) for mail in mails])
        welcome, reset = tx.connection.execute(select(tables.spool).order_by(tables.spool.c.mail_id)).all()
        assert (TOKEN in reset.message, reset.message == spool.FORGOTTEN) == (kept, not kept)
        assert "Welcome" in welcome.message


def test_the_route_is_for_other_services_alone(tmp_path: Path) -> None:
    with serving(notification_service(), tmp_path) as running:
        body = {"userId": "u1", "resetId": "r1", "email": "ada@example.com", "name": "", "token": TOKEN}
        assert running.request("POST", "/internal/password-resets", json=body).status_code == 404
        assert running.internal("POST", "/internal/password-resets", json=body).status_code == 204
        spooled = running.internal("GET", "/internal/mail").json()["items"]
        assert [(mail["recipient"], mail["message"]) for mail in spooled] == [("ada@example.com", "")]
