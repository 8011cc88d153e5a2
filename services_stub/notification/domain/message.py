"""An e-mail as it goes over the wire: RFC 5322, with RFC 2047 for words and RFC 2045 for the text.

Written by hand because several are written for each purchase, and the standard library's composer takes a hundred times
as long. The result is ASCII with CRLF line ends, except where the recipient's own address is not ASCII (RFC 6532).
Nothing that comes in can end a header line: every value is made printable here, whichever caller it comes from.
"""

from __future__ import annotations

import re
from base64 import b64encode
from binascii import b2a_qp
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache

import msgspec

from services_stub.contracts.mailbox import canonical_mailbox, mail_domain
from services_stub.contracts.text import CONTROLS
from services_stub.notification.domain.templates import printable

DOMAIN = "marketplace.example"
SENDER = f"no-reply@{DOMAIN}"

_date = lru_cache(maxsize=4)(format_datetime)
"""Many messages are written at one time."""

_LINE = 76
_WORD_BYTES = 39
"""So many bytes make an encoded word that fits behind the longest header name used here in a line of 76."""

_ATEXT = r"A-Za-z0-9!#$%&'*+/=?^_`{|}~\-\u0080-\U0010ffff"
_DOT_ATOM = re.compile(rf"[{_ATEXT}]+(\.[{_ATEXT}]+)*")
_LOCAL_PART = re.compile(rf"[^\s{CONTROLS}\"\\@<>]+")
_PHRASE = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+( [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")


class Recipient(msgspec.Struct, frozen=True):
    """The recipient of a message. `address` comes from `address_of`, `name` may be empty."""

    address: str
    name: str


def address_of(email: str) -> str:
    """`email` in the form in which it stands in a header, or nothing where no header can carry it."""
    local, _, host = email.rpartition("@")
    try:
        canonical_mailbox(email)
    except ValueError:
        return ""
    if _LOCAL_PART.fullmatch(local) is None:
        return ""
    host = host if host.isascii() else mail_domain(host)
    return f"{local}@{host}" if _DOT_ATOM.fullmatch(local) else f'"{local}"@{host}'


def compose(
    message_id: str, recipient: Recipient, subject: str, text: str, now: datetime, unsubscribe: str = ""
) -> str:
    """The message. The same `message_id` always gives the same Message-ID, so that a repetition can be recognised.

    `unsubscribe` is the link of a message that its recipient can do without; it stands in the headers of RFC 8058, too.
    """
    greeting = f"Hello {printable(recipient.name)}," if recipient.name else "Hello,"
    footer = f"No more mail like this: {unsubscribe}\n" if unsubscribe else ""
    encoding, body = _body(f"{greeting}\n\n{text}\n\nThe marketplace\n", footer)
    unsubscribing = (
        f"List-Unsubscribe: <{unsubscribe}>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
        if unsubscribe
        else ""
    )
    return (
        f"Date: {_date(now)}\r\n"
        f"From: Marketplace <{SENDER}>\r\n"
        f"To: {_mailbox(recipient)}\r\n"
        f"Message-ID: <{message_id}@{DOMAIN}>\r\n"
        f"Subject: {_unstructured(subject)}\r\n"
        "MIME-Version: 1.0\r\n"
        "Auto-Submitted: auto-generated\r\n"
        f"{unsubscribing}"
        "Content-Type: text/plain; charset=utf-8\r\n"
        f"Content-Transfer-Encoding: {encoding}\r\n"
        f"\r\n{body}"
    )


def _body(text: str, footer: str) -> tuple[str, str]:
    """The encoding and the text with its footer, whose link may make a line longer than others: it stays whole."""
    lines = text.split("\n")
    if text.isascii() and max(map(len, lines)) <= _LINE and "".join(lines).isprintable():
        return "7bit", "\r\n".join(lines) + footer.replace("\n", "\r\n")
    lines = (text + footer).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    encoded = b2a_qp("\n".join(lines).encode("utf-8", "replace"), istext=True)
    return "quoted-printable", encoded.decode().replace("\n", "\r\n")


def _mailbox(recipient: Recipient) -> str:
    name = printable(recipient.name).strip()
    if not name:
        return recipient.address
    if name.isascii() and "=?" not in name and len(name) < _LINE - 10:
        if _PHRASE.fullmatch(name) is None:
            escaped = name.replace("\\", "\\\\").replace('"', '\\"')
            name = f'"{escaped}"'
    else:
        name = _encoded_words(name)
    fold = "" if len(name) + len(recipient.address) < _LINE - 10 and "\r\n" not in name else "\r\n"
    return f"{name}{fold} <{recipient.address}>"


def _unstructured(text: str) -> str:
    text = printable(text)
    if text.isascii() and "=?" not in text and len(text) < _LINE - 10 and text.strip() == text:
        return text
    return _encoded_words(text)


def _encoded_words(text: str) -> str:
    """RFC 2047 §2: words of at most 75 characters, each of whole characters; readers join adjacent ones."""
    words: list[str] = []
    chunk = b""
    for character in text:
        encoded = character.encode("utf-8", "replace")
        if len(chunk) + len(encoded) > _WORD_BYTES:
            words.append(f"=?utf-8?b?{b64encode(chunk).decode()}?=")
            chunk = b""
        chunk += encoded
    words.append(f"=?utf-8?b?{b64encode(chunk).decode()}?=")
    return "\r\n ".join(words)
