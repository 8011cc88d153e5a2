"""Addresses: IDNA 2008, one spelling of each mailbox, and none that no mail can go to."""

from __future__ import annotations

import pytest

from services_stub.contracts.mailbox import canonical_mailbox


@pytest.mark.parametrize(
    ("email", "mailbox"),
    [
        ("Jo@Example.ORG", "jo@example.org"),
        ("jo@straße.example", "jo@xn--strae-oqa.example"),
        ("JO@STRASSE.example", "jo@strasse.example"),
        ("jo@XN--STRAE-OQA.example", "jo@xn--strae-oqa.example"),
        ("jo@MÜNCHEN.example", "jo@xn--mnchen-3ya.example"),
        ("jo@mu\u0308nchen.example", "jo@xn--mnchen-3ya.example"),
        ("jo@xn--mnchen-3ya.example", "jo@xn--mnchen-3ya.example"),
        ("jo\u0308rg@example.org", "jörg@example.org"),
    ],
)
def test_every_spelling_of_a_mailbox_is_one(email: str, mailbox: str) -> None:
    assert canonical_mailbox(email) == mailbox


@pytest.mark.parametrize(
    "email",
    [
        "jo@ex\u00adample.org", "jo\u200b@example.org", "jo\u3164@example.org",
        "jo\ufe0f@example.org", "jo@a_b.org", "jo@-a.org", "jo@a..org", "jo@org", "jo@1.2.3.4",
        "jo@mail.invalid", "jo@xn--a.org", "jo@i❤.example", "a" * 65 + "@example.org", "ö" * 33 + "@example.org",
        "jo@" + "a" * 64 + ".org", "@example.org", "jo@" + ".".join(["a" * 60] * 5),
    ],
)  # fmt: skip
def test_what_no_mail_can_go_to_is_refused(email: str) -> None:
    with pytest.raises(ValueError, match=r"domain|seen|part before"):
        canonical_mailbox(email)
