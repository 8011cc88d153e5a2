"""The connection to a mail server, against aiosmtpd: plain, encrypted, with a login; slow, refusing, away and dying."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from services_stub.notification.domain.delivery import Answer, Verdict
from services_stub.notification.domain.message import Recipient, address_of, compose
from services_stub.notification.handlers import smtp
from services_stub.notification.handlers.smtp import MailServer, SmtpSession
from services_stub.runtime.errors import Unavailable
from tests.ports import free_port

Start = Callable[..., Controller]
TAKEN = Answer(Verdict.TAKEN)


class Handler:
    """The server's answers to recipients and messages: takes them, or answers as it is told."""

    def __init__(self) -> None:
        self.taken: list[Envelope] = []
        self.rcpt = "250 OK"
        self.data = "250 OK"
        self.pause = 0.0
        self.hang_up = False
        self.connections = 0

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.rcpt.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        await asyncio.sleep(self.pause)
        if self.hang_up:
            assert server.transport is not None
            server.transport.close()
        elif self.data.startswith("250"):
            self.taken.append(envelope)
        return self.data


@pytest.fixture
def handler() -> Handler:
    return Handler()


@pytest.fixture
def start(handler: Handler) -> Iterator[Start]:
    controllers: list[Controller] = []

    def begin(**options: Any) -> Controller:
        controller = Controller(handler, hostname="127.0.0.1", port=free_port(), **options)
        controller.start()
        controllers.append(controller)
        return controller

    yield begin
    for controller in controllers:
        with contextlib.suppress(RuntimeError):  # stopped by the test
            controller.stop(no_assert=True)


def session_to(controller: Controller, timeout: float = 5.0) -> SmtpSession:
    return SmtpSession(MailServer("127.0.0.1", controller.port), timeout)


def message(name: str = "Jo", address: str = "jo@example.org") -> str:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    return compose("n1", Recipient(address, name), "Grüße", ".\n..\n水\nFrom me", now)


def test_messages_arrive_whole_over_one_connection(start: Start, handler: Handler) -> None:
    session = session_to(start())
    for _ in range(3):
        session.open()
        assert session.send("jo@example.org", message()) == TAKEN
    session.close()
    assert len(handler.taken) == 3
    assert handler.connections == 1
    envelope = handler.taken[0]
    assert (envelope.mail_from, envelope.rcpt_tos) == ("no-reply@marketplace.example", ["jo@example.org"])
    assert envelope.content == message().encode()
    parsed = message_from_bytes(bytes(envelope.content or b""), policy=policy.default)
    assert parsed["Subject"] == "Grüße"
    assert ".\n..\n水\nFrom me" in str(parsed.get_content()).replace("\r\n", "\n")


def test_refusals_are_answers_and_the_connection_goes_on(start: Start, handler: Handler) -> None:
    session = session_to(start())
    session.open()
    handler.rcpt = "550 no such user"
    assert session.send("no@example.org", message()) == Answer(Verdict.NEVER, "550 no such user", bounced=True)
    handler.rcpt = "451 greylisted"
    assert session.send("jo@example.org", message()) == Answer(Verdict.LATER, "451 greylisted")
    handler.rcpt, handler.data = "250 OK", "554 spam"
    assert session.send("jo@example.org", message()) == Answer(Verdict.NEVER, "554 spam")
    handler.data = "250 OK"
    assert session.send("jo@example.org", message()) == TAKEN
    assert len(handler.taken) == handler.connections == 1


def test_a_server_that_closes_service_is_away(start: Start, handler: Handler) -> None:
    session = session_to(start())
    session.open()
    handler.rcpt = "421 going down"
    with pytest.raises(Unavailable, match="421 going down"):
        session.send("jo@example.org", message())
    handler.rcpt = "250 OK"
    session.open()
    assert session.send("jo@example.org", message()) == TAKEN


def test_a_server_that_does_not_listen_is_unavailable() -> None:
    session = SmtpSession(MailServer("127.0.0.1", free_port()), 1.0)
    with pytest.raises(Unavailable, match="mail server"):
        session.open()
    with pytest.raises(Unavailable):
        session.send("jo@example.org", message())


def test_a_server_that_never_greets_is_too_slow() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        session = SmtpSession(MailServer("127.0.0.1", listener.getsockname()[1]), 0.1)
        with pytest.raises(Unavailable, match="timed out"):
            session.open()


def test_a_server_that_takes_too_long_is_away_and_used_again_later(start: Start, handler: Handler) -> None:
    session = session_to(start(), timeout=0.2)
    handler.pause = 5.0
    session.open()
    with pytest.raises(Unavailable, match="timed out"):
        session.send("jo@example.org", message())
    handler.pause = 0.0
    session.open()
    assert session.send("jo@example.org", message()) == TAKEN


def test_a_server_that_dies_in_the_middle(start: Start, handler: Handler) -> None:
    session = session_to(start())
    session.open()
    handler.hang_up = True
    with pytest.raises(Unavailable, match="mail server"):
        session.send("jo@example.org", message())
    handler.hang_up = False
    session.open()
    assert session.send("jo@example.org", message()) == TAKEN


def test_a_connection_that_was_closed_meanwhile_costs_no_message(start: Start, handler: Handler) -> None:
    first = start()
    session = session_to(first)
    session.open()
    assert session.send("jo@example.org", message()) == TAKEN
    first.stop()
    again = Controller(handler, hostname="127.0.0.1", port=first.port)
    again.start()
    try:
        session.open()
        assert session.send("jo@example.org", message()) == TAKEN
    finally:
        again.stop()


def test_a_transfer_can_be_broken_off(start: Start, handler: Handler) -> None:
    session = session_to(start(), timeout=60.0)
    handler.pause = 60.0
    session.open()
    failed: list[str] = []

    def send() -> None:
        try:
            session.send("jo@example.org", message())
        except Unavailable as error:
            failed.append(str(error))

    thread = threading.Thread(target=send)
    thread.start()
    deadline = time.monotonic() + 10
    while thread.is_alive() and time.monotonic() < deadline:
        session.interrupt()
        thread.join(0.01)
    assert failed


def test_an_address_beyond_ascii_needs_a_server_that_takes_it(start: Start, handler: Handler) -> None:
    address = address_of("jörg@example.org")
    capable = session_to(start(enable_SMTPUTF8=True))
    capable.open()
    assert capable.send(address, message(address=address)) == TAKEN
    assert handler.taken[0].rcpt_tos == [address]
    plain = session_to(start(enable_SMTPUTF8=False))
    plain.open()
    assert plain.send(address, message(address=address)) == Answer(
        Verdict.NEVER, "553 the server takes no addresses beyond ASCII"
    )
    quoted = address_of(".jo@example.org")
    assert plain.send(quoted, message(address=quoted)) == TAKEN
    assert [address.replace('"', "") for address in handler.taken[1].rcpt_tos] == [".jo@example.org"]


def authenticate(
    server: SMTP, session: Session, envelope: Envelope, mechanism: str, auth_data: LoginPassword
) -> AuthResult:
    return AuthResult(success=auth_data == LoginPassword(b"jo@shop", b"p:w/d"), handled=False)


def test_starttls_and_login(
    start: Start, handler: Handler, certificate: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    controller = start(tls_context=certificate, authenticator=authenticate, auth_required=True)
    right = SmtpSession(MailServer.parse(f"smtp://jo%40shop:p%3Aw%2Fd@127.0.0.1:{controller.port}?starttls"), 5.0)
    right.open()
    assert right.send("jo@example.org", message()) == TAKEN
    wrong = SmtpSession(MailServer.parse(f"smtp://jo:no@127.0.0.1:{controller.port}?starttls"), 5.0)
    with pytest.raises(Unavailable, match="535"):
        wrong.open()
    none = SmtpSession(MailServer.parse(f"smtp://127.0.0.1:{controller.port}?starttls"), 5.0)
    none.open()
    with pytest.raises(Unavailable, match="530"):
        none.send("jo@example.org", message())
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(Unavailable, match="certificate"):
        right.close()
        right.open()


def test_a_login_uses_the_encryption_that_is_offered_and_none_goes_in_the_clear_beyond_this_machine(
    start: Start, certificate: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    offering = start(tls_context=certificate, authenticator=authenticate, auth_required=True)
    session = SmtpSession(MailServer.parse(f"smtp://jo%40shop:p%3Aw%2Fd@127.0.0.1:{offering.port}"), 5.0)
    session.open()
    assert session.send("jo@example.org", message()) == TAKEN
    plain = start(authenticator=authenticate, auth_require_tls=False)
    url = f"smtp://jo%40shop:p%3Aw%2Fd@127.0.0.1:{plain.port}"
    SmtpSession(MailServer.parse(url), 5.0).open()
    monkeypatch.setattr(smtp, "_is_this_machine", lambda _smtp: False)
    with pytest.raises(Unavailable, match="the password is not sent") as refused:
        SmtpSession(MailServer.parse(url), 5.0).open()
    assert "w/d" not in str(refused.value)


def test_tls_from_the_start(handler: Handler, certificate: ssl.SSLContext) -> None:
    controller = Controller(handler, hostname="127.0.0.1", port=free_port(), ssl_context=certificate)
    controller.start()
    try:
        session = SmtpSession(MailServer.parse(f"smtps://127.0.0.1:{controller.port}"), 5.0)
        session.open()
        assert session.send("jo@example.org", message()) == TAKEN
    finally:
        controller.stop()


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example", MailServer("mail.example", 25)),
        ("smtp://mail.example:2525", MailServer("mail.example", 2525)),
        ("smtp://a:b@mail.example", MailServer("mail.example", 587, "a", "b")),
        ("smtp://a:b@mail.example?starttls", MailServer("mail.example", 587, "a", "b", starttls=True)),
        ("smtps://mail.example", MailServer("mail.example", 465, tls=True)),
        ("smtp://[::1]:25", MailServer("::1", 25)),
    ],
)
def test_urls(url: str, server: MailServer) -> None:
    assert MailServer.parse(url) == server


@pytest.mark.parametrize("url", ["", "mail.example:25", "http://mail.example", "smtp://", "smtp://h?tls", "smtp://h:x"])
def test_urls_that_are_none(url: str) -> None:
    with pytest.raises(ValueError, match=r"SMTP URL|[Pp]ort"):
        MailServer.parse(url)
