"""The checks: one name for each thing that must not be, and how a run is judged in which it is."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, StrEnum


class Kind(Enum):
    """The kind of a check."""

    WRONG = "wrong"
    """Something is there that must not be: no later record makes it right."""
    MISSING = "missing"
    """Something is not there that must come: certain only once everything was consumed."""
    UNREAD = "unread"
    """Records were not read, so that the other checks may be wrong."""


class Check(StrEnum):
    """The name under which a violation is reported."""

    LOST_ORDER = "lost-order"
    LOST_EVENT = "lost-event"
    PHANTOM_ORDER = "phantom-order"
    REFUSED_ORDER = "refused-order"
    DUPLICATE_ORDER = "duplicate-order"
    OTHER_ANSWER = "other-answer"
    STUCK_ORDER = "stuck-order"
    ILLEGAL_TRANSITION = "illegal-transition"
    OUT_OF_ORDER = "out-of-order"
    PUBLISHED_TWICE = "published-twice"
    EFFECT_WITHOUT_CAUSE = "effect-without-cause"
    EFFECT_BEFORE_CAUSE = "effect-before-cause"
    UNKNOWN_CAUSE = "unknown-cause"
    TWO_PARTITIONS = "two-partitions"
    DOUBLE_CHARGE = "double-charge"
    CHARGE_WITHOUT_ORDER = "charge-without-order"
    PAID_WITHOUT_CHARGE = "paid-without-charge"
    PAID_AND_DECLINED = "paid-and-declined"
    WRONG_AMOUNT = "wrong-amount"
    MISSING_REFUND = "missing-refund"
    MONEY_BALANCE = "money-balance"
    OVERSOLD = "oversold"
    STOCK_BALANCE = "stock-balance"
    NOT_RESERVED = "not-reserved"
    LEAKED_RESERVATION = "leaked-reservation"
    WRONG_PRICE = "wrong-price"
    SOLD_AFTER_DELETION = "sold-after-deletion"
    BLOCKED_SELLER_SOLD = "blocked-seller-sold"
    LOST_NOTIFICATION = "lost-notification"
    DUPLICATE_NOTIFICATION = "duplicate-notification"
    LEAK = "leak"
    GIVEN_UP = "given-up"
    UNCONTAINED_POISON = "uncontained-poison"
    STALE_REPLICA = "stale-replica"
    OTHER_STATUS = "other-status"
    WRONG_SALES = "wrong-sales"
    INCONSISTENT_OFFSET = "inconsistent-offset"
    SKIPPED_RECORDS = "skipped-records"
    DASHBOARD = "consistent-dashboard"


C = Check

MEANING: Mapping[Check, str] = {
    C.LOST_ORDER: "an order was answered with success, and no order-created tells of it",
    C.LOST_EVENT: "a later event shows that an earlier one was published nowhere",
    C.PHANTOM_ORDER: "an order exists that no operation of the run asked for",
    C.REFUSED_ORDER: "an order exists whose request was refused, failed, or never sent",
    C.DUPLICATE_ORDER: "one idempotency key made two orders",
    C.OTHER_ANSWER: "a checkout that was repeated under its key was refused, after it had made an order",
    C.STUCK_ORDER: "a part of an order did not come to an end",
    C.ILLEGAL_TRANSITION: "a part of an order came to a status that its last one does not lead to",
    C.OUT_OF_ORDER: "the events of one key do not lie in the order in which they happened",
    C.PUBLISHED_TWICE: "one change was published under two event ids",
    C.EFFECT_WITHOUT_CAUSE: "an order came to a status without the event that leads to it",
    C.EFFECT_BEFORE_CAUSE: "an event is older than what caused it",
    C.UNKNOWN_CAUSE: "the cause that an event names is not among the events of its order",
    C.TWO_PARTITIONS: "the events of one key and topic lie in two partitions",
    C.DOUBLE_CHARGE: "an order was charged more than once",
    C.CHARGE_WITHOUT_ORDER: "money was taken for an order that does not exist",
    C.PAID_WITHOUT_CHARGE: "an order is PAID, and no payment-success tells of its charge",
    C.PAID_AND_DECLINED: "an order was charged and declined, and the money was kept",
    C.WRONG_AMOUNT: "the amounts of an order, its lines, its answer and its charge differ",
    C.MISSING_REFUND: "a part of an order has ended, and its money was not given back",
    C.MONEY_BALANCE: "more was given back than was taken, or than has ended",
    C.OVERSOLD: "more units were sold than there are",
    C.STOCK_BALANCE: "the stock of a product changed by units that no order explains",
    C.NOT_RESERVED: "an order was placed without a reservation of its lines",
    C.LEAKED_RESERVATION: "units stay reserved for what has ended, or never became an order",
    C.WRONG_PRICE: "a line was sold at a price, name or status that its reservation did not show",
    C.SOLD_AFTER_DELETION: "a product changed or was sold after its deletion",
    C.BLOCKED_SELLER_SOLD: "an order was placed and kept while its seller was blocked",
    C.LOST_NOTIFICATION: "a user was not told what they must hear",
    C.DUPLICATE_NOTIFICATION: "a user was told the same thing more than once",
    C.LEAK: "a user saw what belongs to another one",
    C.GIVEN_UP: "a sound event became a dead letter",
    C.UNCONTAINED_POISON: "a record that is no event did not become a dead letter of every group that reads it",
    C.STALE_REPLICA: "a service shows another state of a product than its last event",
    C.OTHER_STATUS: "a service shows another status of an order than its last event",
    C.WRONG_SALES: "the sales of a seller are others than the orders of the events",
    C.INCONSISTENT_OFFSET: "two reads of one offset had different records",
    C.SKIPPED_RECORDS: "offsets of a partition were not read",
    C.DASHBOARD: "the numbers of a dashboard are not the sums of its list",
}

MISSING = frozenset(
    {
        C.LOST_ORDER,
        C.STUCK_ORDER,
        C.MISSING_REFUND,
        C.LEAKED_RESERVATION,
        C.LOST_NOTIFICATION,
        C.UNCONTAINED_POISON,
        C.STALE_REPLICA,
        C.OTHER_STATUS,
        C.WRONG_SALES,
        C.CHARGE_WITHOUT_ORDER,
        C.PAID_WITHOUT_CHARGE,
        C.EFFECT_WITHOUT_CAUSE,
        C.UNKNOWN_CAUSE,
        C.NOT_RESERVED,
        C.WRONG_PRICE,
        C.LOST_EVENT,
    }
)
"""Checks that a record can make right that was not read, or not yet written."""


def kind_of(check: str) -> Kind:
    """The kind of a check; that of one which is not in the list is WRONG."""
    if check == C.SKIPPED_RECORDS:
        return Kind.UNREAD
    return Kind.MISSING if check in MISSING else Kind.WRONG
