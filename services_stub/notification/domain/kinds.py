"""The kinds of messages, the channels that a user may choose for each, and how a user is reached."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum

import msgspec


class Channel(StrEnum):
    """A way out of the marketplace. The inbox is none: it has every message."""

    EMAIL = "email"
    SMS = "sms"


class Kind(StrEnum):
    """The subject of a message, as far as it matters for whether a user wants it."""

    ACCOUNT = "account"
    ORDERS = "orders"
    DELIVERY = "delivery"
    SALES = "sales"
    STOCK = "stock"


SWITCHABLE = (Kind.DELIVERY, Kind.SALES, Kind.STOCK)
"""The others always come by e-mail: a contract, its payment and its end are confirmed on a durable medium (EU directive
2011/83, article 8), and what happens to an account must reach its owner."""

ALWAYS = frozenset({Channel.EMAIL})
_DEFAULTS: Mapping[Kind, frozenset[Channel]] = {
    Kind.DELIVERY: frozenset(Channel),
    Kind.SALES: ALWAYS,
    Kind.STOCK: ALWAYS,
}

E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_SEPARATORS = str.maketrans("", "", " -()")


class Choices(msgspec.Struct, frozen=True):
    """The channels that a user chose, by kind; where a kind is missing, its defaults hold."""

    chosen: Mapping[Kind, frozenset[Channel]] = {}

    def of(self, kind: Kind) -> frozenset[Channel]:
        """The channels of a kind; of one that cannot be switched off, those that it always has."""
        if kind not in _DEFAULTS:
            return ALWAYS
        return self.chosen.get(kind, _DEFAULTS[kind])

    def without_mail(self, kind: Kind) -> Choices:
        """The choices of a user who wants no more mail of a kind."""
        return Choices({**self.chosen, kind: self.of(kind) - ALWAYS})


class Contact(msgspec.Struct, frozen=True):
    """How a user is reached. `address` and `phone` may be empty; to a `bouncing` address goes no mail."""

    address: str = ""
    name: str = ""
    phone: str = ""
    bouncing: bool = False
    choices: Choices = Choices()

    def channels(self, kind: Kind) -> frozenset[Channel]:
        """Those on which a message of this kind goes out now."""
        chosen = self.choices.of(kind)
        if self.bouncing or not self.address:
            chosen -= ALWAYS
        return chosen if self.phone else chosen - {Channel.SMS}


def phone_of(text: str) -> str:
    """A telephone number as E.164 has it, or nothing where `text` does not say the country, or is none."""
    number = text.translate(_SEPARATORS)
    return number if E164.fullmatch(number) else ""
