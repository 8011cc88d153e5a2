"""E-mails as the standard library's strict parser reads them, whatever is put into them."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes, message_from_string, policy
from email.errors import NonASCIILocalPartDefect
from email.message import EmailMessage
from email.utils import parsedate_to_datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from services_stub.contracts.text import has_controls
from services_stub.notification.domain.message import SENDER, Recipient, address_of, compose
from services_stub.notification.domain.templates import LONGEST_VALUE, printable

NOW = datetime(2026, 1, 31, 23, 59, 58, tzinfo=UTC)
ID = "0192f0c1-0000-7000-8000-000000000001"
HEADERS = [
    "Date",
    "From",
    "To",
    "Message-ID",
    "Subject",
    "MIME-Version",
    "Auto-Submitted",
    "Content-Type",
    "Content-Transfer-Encoding",
]
anything = st.text(st.characters(), max_size=400)
texts = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")) | st.just("\n"), max_size=600)


def parsed(
    name: str = "", subject: str = "Hello", text: str = "Text", address: str = "jo@example.org", link: str = ""
) -> EmailMessage:
    composed = compose(ID, Recipient(address, name), subject, text, NOW, link)
    assert composed.isascii() or not address.isascii()
    raw = composed.encode()
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert b"\r" not in raw.replace(b"\r\n", b"")
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    # Given bytes, the parser takes an address beyond ASCII for undecodable; given text, it says that it is one.
    by_text = message_from_string(composed, policy=policy.default)
    message = message_from_bytes(raw, policy=policy.default) if composed.isascii() else by_text
    assert isinstance(message, EmailMessage)
    unsubscribing = ["List-Unsubscribe", "List-Unsubscribe-Post"] if link else []
    assert list(message.keys()) == [*HEADERS[:7], *unsubscribing, *HEADERS[7:]]
    assert not message.defects
    defects = [defect for header in message.values() for defect in header.defects]
    assert not [defect for defect in defects if not isinstance(defect, NonASCIILocalPartDefect)]
    return message


def shown(text: str) -> str:
    """The remains of a text in a header: a parser joins white space around folds."""
    return " ".join(printable(text).split())


def test_a_plain_message() -> None:
    raw = compose(ID, Recipient("jo@example.org", "Jo Doe"), "Welcome", "First\nSecond", NOW)
    assert raw == (
        "Date: Sat, 31 Jan 2026 23:59:58 +0000\r\n"
        f"From: Marketplace <{SENDER}>\r\n"
        "To: Jo Doe <jo@example.org>\r\n"
        f"Message-ID: <{ID}@marketplace.example>\r\n"
        "Subject: Welcome\r\n"
        "MIME-Version: 1.0\r\n"
        "Auto-Submitted: auto-generated\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        "Content-Transfer-Encoding: 7bit\r\n"
        "\r\n"
        "Hello Jo Doe,\r\n\r\nFirst\r\nSecond\r\n\r\nThe marketplace\r\n"
    )
    message = parsed()
    assert parsedate_to_datetime(str(message["Date"])) == NOW


@given(name=anything, subject=anything)
@example(name="a\r\nBcc: evil@example.org", subject="b\r\n\r\nbody")
@example(name='"; <evil@example.org>', subject="=?utf-8?q?x?=")
@example(name="=?utf-8?b?eA==?=", subject=" leading and trailing ")
@example(name="x" * 300, subject="word " * 60)
@example(name="水" * 200, subject="é" * 400)
@example(name="\ud800", subject="\x00\x7f\u2028")
@settings(max_examples=100, deadline=None)
def test_headers_carry_every_text_and_no_text_makes_headers(name: str, subject: str) -> None:
    message = parsed(name, subject)
    assert " ".join(str(message["Subject"]).split()) == shown(subject)
    (address,) = message["To"].addresses
    assert address.addr_spec == "jo@example.org"
    # Older parsers put a space between adjacent encoded words of a name, which RFC 2047 §6.2 forbids.
    assert "".join(address.display_name.split()) == shown(name).replace(" ", "")


@given(text=texts)
@example(text="x" * 5000)
@example(text=".\n..\nFrom me\n=3D \n\ttab \n")
@settings(max_examples=100, deadline=None)
def test_bodies_carry_every_text(text: str) -> None:
    message = parsed(text=text)
    body = message.get_content().replace("\r\n", "\n")
    assert body == f"Hello,\n\n{text}\n\nThe marketplace\n"
    assert message["Content-Transfer-Encoding"] in {"7bit", "quoted-printable"}


@pytest.mark.parametrize("text", ["Text", "Grüße", "x" * 200])
def test_a_link_to_unsubscribe_stands_in_its_headers_and_whole_at_the_end(text: str) -> None:
    link = "http://127.0.0.1:8080/" + "a" * 150
    message = parsed(text=text, link=link)
    assert message["List-Unsubscribe"] == f"<{link}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    body = message.get_content().replace("\r\n", "\n")
    assert body == f"Hello,\n\n{text}\n\nThe marketplace\nNo more mail like this: {link}\n"


@given(text=anything)
@settings(max_examples=100, deadline=None)
def test_no_body_breaks_the_message(text: str) -> None:
    assert "The marketplace" in parsed(text=text).get_content()


@pytest.mark.parametrize(
    ("email", "address"),
    [
        ("jo@example.org", "jo@example.org"),
        ("Jo.Doe+tag@Mail.Example.org", "Jo.Doe+tag@Mail.Example.org"),
        ("jo@münchen.example", "jo@xn--mnchen-3ya.example"),
        ("jörg@example.org", "jörg@example.org"),
        (".jo..doe@example.org", '".jo..doe"@example.org'),
        ("jo[1]@example.org", '"jo[1]"@example.org'),
        ("jo@example..org", ""),
        ("jo@example.org\r\nBcc: evil@example.org", ""),
        ("jo@-example.org", ""),
        ("jo doe@example.org", ""),
        ('jo"@example.org', ""),
        ("jo", ""),
        ("@example.org", ""),
        ("jo@", ""),
        ("jo\u202e@example.org", ""),
        ("a" * 65 + "@example.org", ""),
        ("jo@" + "a" * 64 + ".org", ""),
    ],
)
def test_addresses(email: str, address: str) -> None:
    assert address_of(email) == address
    if address:
        assert parsed("Jo", address=address)["To"].addresses[0].username


@given(email=st.emails() | st.builds("{}@{}".format, anything, anything))
@settings(max_examples=100, deadline=None)
def test_an_address_is_one_or_none(email: str) -> None:
    address = address_of(email)
    if address:
        assert len(parsed("Jo", address=address)["To"].addresses) == 1


def test_an_address_beyond_ascii_stands_as_it_is() -> None:
    assert parsed("Jörg", address="jörg@example.org")["To"].addresses[0].addr_spec == "jörg@example.org"


def test_the_same_notification_has_the_same_message_id() -> None:
    assert parsed("A")["Message-ID"] == parsed("B")["Message-ID"] == f"<{ID}@marketplace.example>"


@given(anything)
def test_printable_text_is_one_line_of_bounded_length(text: str) -> None:
    result = printable(text)
    assert len(result) <= LONGEST_VALUE
    assert not has_controls(result)


def test_what_can_be_shown_stays() -> None:
    assert printable("Käse 水 👩‍👧 {about} %s") == "Käse 水 👩‍👧 {about} %s"
    assert printable("a\tb\x1b[31m\u202ec") == "a b [31m c"
