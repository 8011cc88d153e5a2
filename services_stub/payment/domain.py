"""The life of a payment as one table, the seam to the payment provider, and the sandbox's test cards. Pure.

    PENDING ► CHARGED ► REFUNDED      PENDING ► FAILED      PENDING ► VOIDING ► VOIDED, or CHARGED ► REFUNDED

Orders are charged outside of any transaction, so an order can be cancelled while it is unknown whether its charge went
through. An order has a part for each seller, and each part that ends has a refund of its own: a row that survives a
crash. The statuses VOIDING and ABANDONED say that the provider is asked for the refunds although it is not known
whether it has taken anything; by that it takes nothing any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol


class Status(StrEnum):
    """How far a payment has come.

    REDUCED is PENDING, with parts that have ended meanwhile: they are refunded once the order is charged. UNORDERED
    is an order of which only an update was heard, with some parts ended; VOIDED also one whose end was heard first.
    """

    PENDING = "PENDING"
    REDUCED = "REDUCED"
    UNORDERED = "UNORDERED"
    CHARGED = "CHARGED"
    FAILED = "FAILED"
    ABANDONED = "ABANDONED"
    VOIDING = "VOIDING"
    VOIDED = "VOIDED"
    REFUNDED = "REFUNDED"


class Trigger(StrEnum):
    """The causes of a transition: the order's events, and the provider's answers.

    ENDED and REFUNDED are about all parts of the order, PART_ENDED and PART_REFUNDED about some.
    """

    ORDERED = "ordered"
    PART_ENDED = "part ended"
    ENDED = "ended"
    CHARGED = "charged"
    DECLINED = "declined"
    UNREACHABLE = "unreachable"
    PART_REFUNDED = "part refunded"
    REFUNDED = "refunded"
    NOTHING_TAKEN = "nothing taken"


class Effect(StrEnum):
    """The consequences of a transition: events to publish, and requests to the provider."""

    PUBLISH_SUCCESS = "publish payment-success"
    PUBLISH_FAILED = "publish payment-failed"
    PUBLISH_REFUNDED = "publish payment-refunded"
    REQUEST_CHARGE = "request a charge"
    REQUEST_REFUNDS = "request the refunds of the parts that have ended"
    REQUEST_WHOLE_REFUND = "request one refund of everything instead"


class Transition(NamedTuple):
    """The next status of a payment and the effects of reaching it, in order; at most one effect is a request."""

    status: Status
    effects: tuple[Effect, ...] = ()


S, T, E = Status, Trigger, Effect

TRANSITIONS: dict[tuple[Status | None, Trigger], Transition] = {
    (None, T.ORDERED): Transition(S.PENDING, (E.REQUEST_CHARGE,)),
    # The topics are not ordered against each other: the end came first, so its order is never charged.
    (None, T.ENDED): Transition(S.VOIDED),
    # What is left of it must be charged, by the method that its order-created names.
    (None, T.PART_ENDED): Transition(S.UNORDERED),
    (S.UNORDERED, T.PART_ENDED): Transition(S.UNORDERED),
    (S.UNORDERED, T.ENDED): Transition(S.VOIDED),
    (S.UNORDERED, T.ORDERED): Transition(S.REDUCED, (E.REQUEST_CHARGE,)),
    (S.PENDING, T.CHARGED): Transition(S.CHARGED, (E.PUBLISH_SUCCESS,)),
    (S.PENDING, T.DECLINED): Transition(S.FAILED, (E.PUBLISH_FAILED,)),
    # The outcome of the attempts is unknown: the order fails now, and money that was taken after all is refunded.
    (S.PENDING, T.UNREACHABLE): Transition(S.ABANDONED, (E.PUBLISH_FAILED, E.REQUEST_WHOLE_REFUND)),
    (S.ABANDONED, T.NOTHING_TAKEN): Transition(S.FAILED),
    (S.ABANDONED, T.REFUNDED): Transition(S.REFUNDED, (E.PUBLISH_SUCCESS, E.PUBLISH_REFUNDED)),
    # A part ended while the charge may be under way: the provider takes the whole, and then gives the part back.
    (S.PENDING, T.PART_ENDED): Transition(S.REDUCED),
    (S.REDUCED, T.PART_ENDED): Transition(S.REDUCED),
    (S.REDUCED, T.CHARGED): Transition(S.CHARGED, (E.PUBLISH_SUCCESS, E.REQUEST_REFUNDS)),
    (S.REDUCED, T.DECLINED): Transition(S.FAILED, (E.PUBLISH_FAILED,)),
    (S.REDUCED, T.UNREACHABLE): Transition(S.ABANDONED, (E.PUBLISH_FAILED, E.REQUEST_WHOLE_REFUND)),
    # All of it ended while the charge may be under way: the first refund finds out.
    (S.PENDING, T.ENDED): Transition(S.VOIDING, (E.REQUEST_REFUNDS,)),
    (S.REDUCED, T.ENDED): Transition(S.VOIDING, (E.REQUEST_REFUNDS,)),
    (S.VOIDING, T.CHARGED): Transition(S.CHARGED, (E.PUBLISH_SUCCESS,)),
    (S.VOIDING, T.NOTHING_TAKEN): Transition(S.VOIDED),
    (S.VOIDING, T.PART_REFUNDED): Transition(S.CHARGED, (E.PUBLISH_SUCCESS, E.PUBLISH_REFUNDED)),
    (S.VOIDING, T.REFUNDED): Transition(S.REFUNDED, (E.PUBLISH_SUCCESS, E.PUBLISH_REFUNDED)),
    (S.CHARGED, T.PART_ENDED): Transition(S.CHARGED, (E.REQUEST_REFUNDS,)),
    (S.CHARGED, T.ENDED): Transition(S.CHARGED, (E.REQUEST_REFUNDS,)),
    (S.CHARGED, T.PART_REFUNDED): Transition(S.CHARGED, (E.PUBLISH_REFUNDED,)),
    (S.CHARGED, T.REFUNDED): Transition(S.REFUNDED, (E.PUBLISH_REFUNDED,)),
}
"""A trigger that is missing here is late or repeated and changes nothing."""

CHARGING = frozenset({Status.PENDING, Status.REDUCED})
"""A payment in one of these waits for the answer to its charge: asked for again at the start."""

REFUNDING = frozenset({Status.CHARGED, Status.VOIDING, Status.ABANDONED})
"""The provider is asked for every refund of a payment in one of these: asked for again at the start."""

CHARGE_ATTEMPTS = 5
"""After so many without an answer the payment fails."""

UNREACHABLE_REASON = "provider_unreachable"


class ProviderUnavailable(Exception):
    """The provider does not answer; it is not known whether it did what it was asked for."""


class RefundRefused(Exception):
    """The provider gives nothing back: so much is not left of the charge, or the key stands for another amount."""


@dataclass(frozen=True)
class ChargeRequest:
    """A charge. Repeated with the same `order_id` it is the same charge.

    `asked_before` where it may have been requested already, perhaps so long ago that the provider's keys are forgotten.
    """

    order_id: str
    amount_cents: int
    currency: str
    payment_method: str
    asked_before: bool = False


@dataclass(frozen=True)
class RefundRequest:
    """A refund of `amount_cents` of what `charge` took. Repeated with the same `key` it is the same refund.

    An order may have several with different keys. `charge_id` is empty where the answer to the charge is not known.
    """

    charge: ChargeRequest
    key: str
    amount_cents: int
    charge_id: str = ""


@dataclass(frozen=True)
class Taken:
    """Money that the provider took with a charge and did not give back."""

    charge_id: str
    amount_cents: int


@dataclass(frozen=True)
class Charged:
    """The money was taken."""

    charge_id: str


@dataclass(frozen=True)
class Declined:
    """The money was not taken and will not be."""

    reason: str


@dataclass(frozen=True)
class Processing:
    """The provider needs time: ask again with the same request in so many seconds."""

    seconds: float


ChargeResult = Charged | Declined | Processing


class Provider(Protocol):
    """The seam to the provider that takes the money. Every operation may be repeated and then answers as before.

    The operations of one order never overlap; those of different orders may, on up to `concurrency` threads.
    """

    concurrency: int

    def charge(self, request: ChargeRequest) -> ChargeResult:
        """Take the money for an order, once.

        Raises:
            ProviderUnavailable: the provider does not answer.
        """

    def refund(self, request: RefundRequest) -> str | None:
        """Give back a part of an order's charge, or all of it; the id of the charge.

        None where nothing has been taken: then nothing is taken for the order any more, either.

        Raises:
            ProviderUnavailable: the provider does not answer.
            RefundRefused: more than is left of the charge, or the key of a refund of another amount.
        """

    def surplus(self, request: ChargeRequest, charge_id: str) -> Sequence[Taken]:
        """The charges that the provider has made for an order besides `charge_id`, as far as they are not given back.

        Raises:
            ProviderUnavailable: the provider does not answer.
        """

    def reach(self) -> None:
        """Ask for something that changes nothing. Any thread may, also beside the operations of an order.

        Raises:
            ProviderUnavailable: the provider does not answer.
        """

    def close(self) -> None:
        """Close the connections of the provider."""


class Behaviour(StrEnum):
    """The sandbox's answer to a card."""

    PAY = "pay"
    DECLINE = "decline"
    TAKE_TIME = "take time"
    NOT_ANSWER = "not answer"


@dataclass(frozen=True)
class Card:
    """A test card: its behaviour, and the reason if it declines."""

    behaviour: Behaviour
    description: str
    reason: str = ""


CARDS: dict[str, Card] = {
    "pm_card_visa": Card(Behaviour.PAY, "pays"),
    "pm_card_chargeDeclined": Card(Behaviour.DECLINE, "is declined", "card_declined"),
    "pm_card_chargeDeclinedInsufficientFunds": Card(
        Behaviour.DECLINE, "is declined for insufficient funds", "insufficient_funds"
    ),
    "pm_card_authenticationRequired": Card(
        Behaviour.DECLINE, "is declined: needs the shopper's authentication (3-D Secure)", "authentication_required"
    ),
    "pm_card_slow": Card(Behaviour.TAKE_TIME, "pays after two seconds"),
    "pm_card_unreachable": Card(Behaviour.NOT_ANSWER, "never reaches the bank: fails after five attempts"),
}
"""The test cards, those that exist at Stripe under its names."""

SLOW_SECONDS = 2.0
UNKNOWN_CARD = Card(Behaviour.DECLINE, "is not known", "unknown_payment_method")


def card_of(payment_method: str) -> Card:
    """The test card that a payment method names."""
    return CARDS.get(payment_method, UNKNOWN_CARD)
