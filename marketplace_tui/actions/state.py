"""The state of a screen that decides which actions apply: plain values, so that keys are judged without a terminal."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Literal, TypeAlias

AccountRole: TypeAlias = Literal["guest", "user", "seller", "admin"]
Role: TypeAlias = Literal["guest", "user", "seller", "admin", "reader"]
ROLES: tuple[Role, ...] = ("guest", "user", "seller", "admin", "reader")
"""A reader looks at a recording, without a marketplace."""


class Fact(Enum):
    """Something that is true of what the screen shows or has selected. The value says it where it is missing."""

    SELECTED = "Nothing is selected here."
    OWN_PRODUCT = "Select one of your products first."
    FOR_SALE = "This product cannot be bought now."
    NOT_FOR_SALE = "This product is on sale."
    IN_CART = "This product is not in your cart."
    CART_FILLED = "Your cart is empty."
    CARD_CHOSEN = "Choose a card first."
    CANCELLABLE = "Only what is not shipped yet can be cancelled."
    SHIPPABLE = "Only what is paid and not shipped yet can be shipped."
    DELIVERABLE = "Only what is shipped can be delivered."
    REFUNDABLE = "There is no money of this order left to give back."
    BLOCKED = "This is not blocked."
    NOT_BLOCKED = "This is blocked already."
    A_SELLER = "Only sellers can be blocked."
    UNREAD = "Nothing here is unread."
    MORE_PAGES = "There are no further entries."
    UNDOABLE = "There is nothing to undo."
    LOCAL = "This needs a marketplace on this machine: start the client with --data-dir instead of --gateway."
    ACTIVE_FAULT = "This fault is not in force."


EXCLUSIVE: tuple[frozenset[Fact], ...] = (
    frozenset({Fact.BLOCKED, Fact.NOT_BLOCKED}),
    frozenset({Fact.FOR_SALE, Fact.NOT_FOR_SALE}),
)
"""Facts of which at most one is true at a time: actions that need different ones can share a key."""


@dataclass(frozen=True)
class ScreenState:
    """A screen at one moment: its name in `marketplace_tui.actions.places`, who looks at it, and what is true there."""

    place: str
    role: Role = "guest"
    facts: frozenset[Fact] = field(default_factory=frozenset)
