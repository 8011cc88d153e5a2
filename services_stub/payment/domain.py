"""The life of a payment as one table, the seam to whoever takes the money, and the sandbox's test cards. Pure.

    PENDING ► CHARGED ► REFUNDING ► REFUNDED      PENDING ► FAILED      PENDING ► VOIDING ► VOIDED or REFUNDED

Orders are charged outside of any transaction, so an order can be cancelled while nobody knows whether its charge went
through. The stages VOIDING, REFUNDING and ABANDONED say that the provider is still to be asked to give back whatever it
has taken: work that survives a crash, because the stage is in the row.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol


class Status(StrEnum):
    """How far a payment has come. VOIDED is also what is kept of an order that was cancelled before it was known."""

    PENDING = "PENDING"
    CHARGED = "CHARGED"
    FAILED = "FAILED"
    ABANDONED = "ABANDONED"
    VOIDING = "VOIDING"
    VOIDED = "VOIDED"
    REFUNDING = "REFUNDING"
    REFUNDED = "REFUNDED"


class Trigger(StrEnum):
    """What moves a payment: the order's events, and what the provider answered."""

    ORDERED = "ordered"
    CANCELLED = "cancelled"
    CHARGED = "charged"
    DECLINED = "declined"
    UNREACHABLE = "unreachable"
    REFUNDED = "given back"
    NOTHING_TAKEN = "nothing taken"


class Fact(StrEnum):
    """What is published."""

    SUCCESS = "payment-success"
    FAILED = "payment-failed"
    REFUNDED = "payment-refunded"


class Work(StrEnum):
    """What is to be done at the provider."""

    CHARGE = "charge"
    REFUND = "give back"


class Transition(NamedTuple):
    """Where a payment goes, what is published, and what the provider is asked for next."""

    status: Status
    facts: tuple[Fact, ...] = ()
    work: Work | None = None


TRANSITIONS: dict[tuple[Status | None, Trigger], Transition] = {
    (None, Trigger.ORDERED): Transition(Status.PENDING, work=Work.CHARGE),
    # The topics are not ordered against each other: the cancelling came first, so its order is never charged.
    (None, Trigger.CANCELLED): Transition(Status.VOIDED),
    (Status.PENDING, Trigger.CHARGED): Transition(Status.CHARGED, (Fact.SUCCESS,)),
    (Status.PENDING, Trigger.DECLINED): Transition(Status.FAILED, (Fact.FAILED,)),
    # Nobody knows what became of the attempts: the order fails now, and what was taken after all is given back.
    (Status.PENDING, Trigger.UNREACHABLE): Transition(Status.ABANDONED, (Fact.FAILED,), Work.REFUND),
    (Status.ABANDONED, Trigger.NOTHING_TAKEN): Transition(Status.FAILED),
    (Status.ABANDONED, Trigger.REFUNDED): Transition(Status.REFUNDED, (Fact.SUCCESS, Fact.REFUNDED)),
    # Cancelled while the charge may be under way.
    (Status.PENDING, Trigger.CANCELLED): Transition(Status.VOIDING, work=Work.REFUND),
    (Status.VOIDING, Trigger.CHARGED): Transition(Status.REFUNDING, (Fact.SUCCESS,)),
    (Status.VOIDING, Trigger.NOTHING_TAKEN): Transition(Status.VOIDED),
    (Status.VOIDING, Trigger.REFUNDED): Transition(Status.REFUNDED, (Fact.SUCCESS, Fact.REFUNDED)),
    (Status.CHARGED, Trigger.CANCELLED): Transition(Status.REFUNDING, work=Work.REFUND),
    (Status.REFUNDING, Trigger.REFUNDED): Transition(Status.REFUNDED, (Fact.REFUNDED,)),
}
"""Whatever is missing here is late or repeated and changes nothing."""

OPEN_WORK: dict[Status, Work] = {
    Status.PENDING: Work.CHARGE,
    Status.ABANDONED: Work.REFUND,
    Status.VOIDING: Work.REFUND,
    Status.REFUNDING: Work.REFUND,
}
"""What a payment waits for: taken up again at the start."""

CHARGE_ATTEMPTS = 5
"""After so many without an answer the payment fails."""

UNREACHABLE_REASON = "provider_unreachable"


class ProviderUnavailable(Exception):
    """The provider does not answer; it is not known whether it did what it was asked for."""


@dataclass(frozen=True)
class ChargeRequest:
    """A charge. Repeated with the same `order_id` it is the same charge."""

    order_id: str
    amount_cents: int
    currency: str
    payment_method: str


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
    """Whoever takes the money. Both operations may be repeated and then answer as before."""

    def charge(self, request: ChargeRequest) -> ChargeResult:
        """Take the money for an order, once.

        Raises:
            ProviderUnavailable: the provider does not answer.
        """

    def refund(self, order_id: str) -> str | None:
        """Give back what was taken for an order and take nothing for it any more.

        The id of the charge that was given back, or None if nothing had been taken.

        Raises:
            ProviderUnavailable: the provider does not answer.
        """

    def close(self) -> None:
        """Let go of what the provider holds."""


class Behaviour(StrEnum):
    """What the sandbox does with a card."""

    PAY = "pay"
    DECLINE = "decline"
    TAKE_TIME = "take time"
    NOT_ANSWER = "not answer"


@dataclass(frozen=True)
class Card:
    """A test card: what it does, and the reason if it declines."""

    behaviour: Behaviour
    description: str
    reason: str = ""


CARDS: dict[str, Card] = {
    "pm_card_visa": Card(Behaviour.PAY, "pays"),
    "pm_card_chargeDeclined": Card(Behaviour.DECLINE, "is declined", "card_declined"),
    "pm_card_chargeDeclinedInsufficientFunds": Card(
        Behaviour.DECLINE, "is declined for insufficient funds", "insufficient_funds"
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
