"""The life of a payment as one table, the seam to the payment provider, and the sandbox's test cards. Pure.

    PENDING ► CHARGED ► REFUNDING ► REFUNDED      PENDING ► FAILED      PENDING ► VOIDING ► VOIDED or REFUNDED

Orders are charged outside of any transaction, so an order can be cancelled while it is unknown whether its charge went
through. The statuses VOIDING, REFUNDING and ABANDONED say that the provider is still to be asked for a refund of
anything that it has taken: a request that survives a crash, because the status is in the row.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol


class Status(StrEnum):
    """How far a payment has come. VOIDED also marks an order that was cancelled before it was known."""

    PENDING = "PENDING"
    CHARGED = "CHARGED"
    FAILED = "FAILED"
    ABANDONED = "ABANDONED"
    VOIDING = "VOIDING"
    VOIDED = "VOIDED"
    REFUNDING = "REFUNDING"
    REFUNDED = "REFUNDED"


class Trigger(StrEnum):
    """The causes of a transition: the order's events, and the provider's answers."""

    ORDERED = "ordered"
    CANCELLED = "cancelled"
    CHARGED = "charged"
    DECLINED = "declined"
    UNREACHABLE = "unreachable"
    REFUNDED = "refunded"
    NOTHING_TAKEN = "nothing taken"


class Effect(StrEnum):
    """The consequences of a transition: events to publish, and a request to the provider."""

    PUBLISH_SUCCESS = "publish payment-success"
    PUBLISH_FAILED = "publish payment-failed"
    PUBLISH_REFUNDED = "publish payment-refunded"
    REQUEST_CHARGE = "request a charge"
    REQUEST_REFUND = "request a refund"


class Transition(NamedTuple):
    """The next status of a payment and the effects of reaching it, in order; at most one effect is a request."""

    status: Status
    effects: tuple[Effect, ...] = ()


TRANSITIONS: dict[tuple[Status | None, Trigger], Transition] = {
    (None, Trigger.ORDERED): Transition(Status.PENDING, (Effect.REQUEST_CHARGE,)),
    # The topics are not ordered against each other: the cancelling came first, so its order is never charged.
    (None, Trigger.CANCELLED): Transition(Status.VOIDED),
    (Status.PENDING, Trigger.CHARGED): Transition(Status.CHARGED, (Effect.PUBLISH_SUCCESS,)),
    (Status.PENDING, Trigger.DECLINED): Transition(Status.FAILED, (Effect.PUBLISH_FAILED,)),
    # The outcome of the attempts is unknown: the order fails now, and money that was taken after all is refunded.
    (Status.PENDING, Trigger.UNREACHABLE): Transition(Status.ABANDONED, (Effect.PUBLISH_FAILED, Effect.REQUEST_REFUND)),
    (Status.ABANDONED, Trigger.NOTHING_TAKEN): Transition(Status.FAILED),
    (Status.ABANDONED, Trigger.REFUNDED): Transition(
        Status.REFUNDED, (Effect.PUBLISH_SUCCESS, Effect.PUBLISH_REFUNDED)
    ),
    # Cancelled while the charge may be under way.
    (Status.PENDING, Trigger.CANCELLED): Transition(Status.VOIDING, (Effect.REQUEST_REFUND,)),
    (Status.VOIDING, Trigger.CHARGED): Transition(Status.REFUNDING, (Effect.PUBLISH_SUCCESS,)),
    (Status.VOIDING, Trigger.NOTHING_TAKEN): Transition(Status.VOIDED),
    (Status.VOIDING, Trigger.REFUNDED): Transition(Status.REFUNDED, (Effect.PUBLISH_SUCCESS, Effect.PUBLISH_REFUNDED)),
    (Status.CHARGED, Trigger.CANCELLED): Transition(Status.REFUNDING, (Effect.REQUEST_REFUND,)),
    (Status.REFUNDING, Trigger.REFUNDED): Transition(Status.REFUNDED, (Effect.PUBLISH_REFUNDED,)),
}
"""A trigger that is missing here is late or repeated and changes nothing."""

OPEN_REQUESTS: dict[Status, Effect] = {
    Status.PENDING: Effect.REQUEST_CHARGE,
    Status.ABANDONED: Effect.REQUEST_REFUND,
    Status.VOIDING: Effect.REQUEST_REFUND,
    Status.REFUNDING: Effect.REQUEST_REFUND,
}
"""The request whose answer a payment waits for: made again at the start."""

REQUESTS = frozenset(OPEN_REQUESTS.values())

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
    """The seam to the provider that takes the money. Both operations may be repeated and then answer as before.

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
