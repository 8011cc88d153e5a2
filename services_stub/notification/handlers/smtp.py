"""A mail server, reached over one connection that stays open, and the one place where smtplib's errors are mapped."""

from __future__ import annotations

import contextlib
import ipaddress
import smtplib
import socket
import ssl
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec

from services_stub.notification.domain.delivery import Answer, Verdict, smtp_answer
from services_stub.notification.domain.message import SENDER
from services_stub.runtime.errors import Unavailable

TIMEOUT = 10.0
_SUBMISSION, _SUBMISSION_TLS, _RELAY = 587, 465, 25


class MailServer(msgspec.Struct, frozen=True):
    """The settings in an SMTP URL. `tls` is the whole connection, `starttls` begins it within one."""

    host: str
    port: int
    user: str = ""
    password: str = ""
    tls: bool = False
    starttls: bool = False

    @classmethod
    def parse(cls, url: str) -> MailServer:
        """Read `smtp://[user:password@]host[:port][?starttls]` or `smtps://...`.

        Raises:
            ValueError: it is no such URL; the text names the fault.
        """
        parts = urlsplit(url)
        options = parse_qs(parts.query, keep_blank_values=True)
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
            raise ValueError("an SMTP URL is smtp://host:port or smtps://host:port")
        if unknown := set(options) - {"starttls"}:
            raise ValueError(f"an SMTP URL has no option {', '.join(sorted(unknown))}")
        tls, starttls = parts.scheme == "smtps", "starttls" in options
        usual = _SUBMISSION_TLS if tls else _SUBMISSION if starttls or parts.username else _RELAY
        return cls(
            host=parts.hostname,
            port=parts.port or usual,
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            tls=tls,
            starttls=starttls,
        )


class SmtpSession:
    """Connects when first used and again after a failure. `interrupt` may be called from another thread."""

    def __init__(self, server: MailServer, timeout: float = TIMEOUT) -> None:
        self._server, self._timeout = server, timeout
        self._smtp: smtplib.SMTP | None = None

    def open(self) -> None:
        """Have a connection that works.

        Raises:
            Unavailable: the server is away, or does not let us in.
        """
        try:
            if self._smtp is not None:
                # It may have hung up while there was nothing to send.
                with contextlib.suppress(smtplib.SMTPException, OSError):
                    if self._smtp.noop()[0] == 250:
                        return
                self.close()
            self._connect()
        except (smtplib.SMTPException, OSError) as error:
            self.close()
            raise _unavailable(error) from error

    def send(self, recipient: str, message: str, message_id: str = "") -> Answer:  # noqa: ARG002 - it is in the message
        """Give the server one message over the open connection; its answer.

        Raises:
            Unavailable: the server hung up, is too slow, or speaks of us and not of the message. It may have it.
        """
        smtp = self._smtp
        if smtp is None:
            raise Unavailable("mail server: not connected")
        try:
            reply = _transfer(smtp, recipient, message)
            answer = smtp_answer(reply.code, reply.text, to_recipient=reply.to_recipient)
            if answer is not None and answer.verdict is not Verdict.TAKEN:
                smtp.rset()
        except (smtplib.SMTPException, OSError) as error:
            self.close()
            raise _unavailable(error) from error
        if answer is None:
            self.close()
            raise Unavailable(f"mail server: {reply.code} {reply.text}")
        return answer

    def interrupt(self) -> None:
        """Make a transfer under way fail now."""
        smtp = self._smtp
        if smtp is not None and smtp.sock is not None:
            with contextlib.suppress(OSError):
                smtp.sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Hang up without ceremony: a server that is slow may never answer a farewell."""
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            smtp.close()

    def _connect(self) -> None:
        server = self._server
        # The name in the greeting is an address literal: this machine's own name may take long to find out.
        smtp: smtplib.SMTP
        if server.tls:
            tls = ssl.create_default_context()
            smtp = smtplib.SMTP_SSL(server.host, server.port, "[127.0.0.1]", timeout=self._timeout, context=tls)
        else:
            smtp = smtplib.SMTP(server.host, server.port, "[127.0.0.1]", timeout=self._timeout)
        self._smtp = smtp
        smtp.ehlo_or_helo_if_needed()
        encrypted = server.tls
        if server.starttls or (server.user and not encrypted and smtp.has_extn("starttls")):
            smtp.starttls(context=ssl.create_default_context())
            smtp.ehlo_or_helo_if_needed()
            encrypted = True
        if server.user:
            if not encrypted and not _is_this_machine(smtp):
                raise smtplib.SMTPException("it offers no encryption, so the password is not sent to it")
            smtp.login(server.user, server.password)


def _is_this_machine(smtp: smtplib.SMTP) -> bool:
    return smtp.sock is not None and ipaddress.ip_address(smtp.sock.getpeername()[0].partition("%")[0]).is_loopback


class _Reply(msgspec.Struct, frozen=True):
    """The server's last reply to a transfer. `to_recipient` where it was given to the recipient's address."""

    code: int
    text: str
    to_recipient: bool = False


def _transfer(smtp: smtplib.SMTP, recipient: str, message: str) -> _Reply:
    options: list[str] = []
    if not recipient.isascii():
        if not smtp.has_extn("smtputf8"):
            return _Reply(553, "the server takes no addresses beyond ASCII")
        options = ["SMTPUTF8", "BODY=8BITMIME"]
    code, text = smtp.mail(SENDER, options)
    if code != 250:
        return _Reply(code, _decoded(text))
    code, text = smtp.rcpt(recipient)
    if code not in (250, 251):
        return _Reply(code, _decoded(text), to_recipient=True)
    try:
        code, text = smtp.data(message.encode())
    except smtplib.SMTPDataError as error:
        return _Reply(error.smtp_code, _decoded(error.smtp_error))
    return _Reply(code, _decoded(text))


def _decoded(text: bytes | str) -> str:
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else text


def _unavailable(error: Exception) -> Unavailable:
    return Unavailable(f"mail server: {error or type(error).__name__}")
