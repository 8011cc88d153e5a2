"""Addresses of mailboxes: which can be mailed to, and which are the same mailbox.

Domains follow IDNA 2008 with the mapping of UTS #46 and without its transitional rules: the domain of `straße.example`
is `xn--strae-oqa.example` and not the one of `strasse.example`.
"""

from __future__ import annotations

import re
import unicodedata

from services_stub.contracts.text import CONTROLS, UNSEEN

_FORBIDDEN = rf"@\s{CONTROLS}<>\"(),:;\\"
EMAIL = rf"^[^{_FORBIDDEN}.]+(\.[^{_FORBIDDEN}.]+)*@[^{_FORBIDDEN}]+\.[^{_FORBIDDEN}.]+$(?!\n)"
"""The form of a new account's address: one @, no white space, a dot in the domain, and before the @ dots only between
other characters (Dot-string, RFC 5321 §4.1.2). `canonical_mailbox` knows the domains."""

LONGEST_LOCAL_PART = 64
"""Bytes in UTF-8 (RFC 5321 §4.5.3.1.1)."""

_LONGEST_DOMAIN = 253
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_unseen = re.compile(f"[{UNSEEN}]")
_NEVER = frozenset({"invalid", "localhost", "onion"})
"""Top-level domains that no mail server is found under (RFC 6761, RFC 7686)."""


def mail_domain(domain: str) -> str:
    """`domain` as mail servers are looked up by it: ASCII, in lower case.

    Raises:
        ValueError: no mail can ever go there; the text says why.
    """
    if not domain.isascii() or "xn--" in domain.lower():
        import idna  # here, because its tables take long to load and few domains need them

        try:
            domain = idna.encode(domain, uts46=True, std3_rules=True).decode()
        except UnicodeError as error:
            raise ValueError(f"the domain is none: {error}") from error
    domain = domain.lower()
    labels = domain.split(".")
    if len(domain) > _LONGEST_DOMAIN or any(_LABEL.fullmatch(label) is None for label in labels):
        raise ValueError("the domain is none")
    if len(labels) < 2 or labels[-1].isdecimal() or labels[-1] in _NEVER:
        raise ValueError("no mail server is found under this domain")
    return domain


def canonical_mailbox(email: str) -> str:
    """The one spelling of the mailbox that `email` names, whichever way it is written.

    Raises:
        ValueError: it names none that can be mailed to; the text says why.
    """
    if any(unicodedata.category(character) == "Cf" for character in email) or _unseen.search(email):
        raise ValueError("it has characters that cannot be seen")
    local, at, domain = email.rpartition("@")
    if not at:
        raise ValueError("it has no @")
    local = unicodedata.normalize("NFC", local)
    if not 0 < len(local.encode(errors="replace")) <= LONGEST_LOCAL_PART:
        raise ValueError(f"the part before @ has 1 to {LONGEST_LOCAL_PART} bytes")
    return f"{unicodedata.normalize('NFC', local.casefold())}@{mail_domain(domain)}"
