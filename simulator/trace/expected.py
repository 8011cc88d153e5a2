"""The flow that the contracts promise, as one literal table: who handles an event, and what must come of it.

It holds for the marketplace's own topics. Flows of other topics are judged by their headers and reports alone.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from services_stub.contracts.events import OrderStatus
from services_stub.contracts.topics import (
    CART_CHANGED,
    DEAD_LETTER_CLOSED,
    NOTIFICATION_SENT,
    ORDER_CREATED,
    ORDER_UPDATED,
    PASSWORD_CHANGED,
    PAYMENT_FAILED,
    PAYMENT_REFUNDED,
    PAYMENT_SUCCESS,
    PRODUCT_CREATED,
    PRODUCT_DELETED,
    PRODUCT_UPDATED,
    PRODUCT_VIEWED,
    REFRESH_TOKEN_REUSED,
    SELLER_BLOCKED,
    SELLER_UNBLOCKED,
    STOCK_LOW,
    USER_CREATED,
)

CONSUMERS: Mapping[str, frozenset[str]] = {
    USER_CREATED: frozenset({"notification", "analytics"}),
    SELLER_BLOCKED: frozenset({"product", "order", "notification", "analytics"}),
    SELLER_UNBLOCKED: frozenset({"product", "order", "analytics"}),
    REFRESH_TOKEN_REUSED: frozenset({"notification"}),
    PASSWORD_CHANGED: frozenset({"notification"}),
    PRODUCT_CREATED: frozenset({"cart", "search", "seller", "analytics"}),
    PRODUCT_UPDATED: frozenset({"cart", "search", "seller", "analytics"}),
    PRODUCT_DELETED: frozenset({"cart", "search", "seller", "analytics"}),
    PRODUCT_VIEWED: frozenset({"analytics"}),
    CART_CHANGED: frozenset({"analytics"}),
    ORDER_CREATED: frozenset({"cart", "payment", "notification", "seller", "analytics"}),
    ORDER_UPDATED: frozenset({"cart", "product", "payment", "notification", "seller", "analytics"}),
    PAYMENT_SUCCESS: frozenset({"order", "notification", "seller", "analytics"}),
    PAYMENT_FAILED: frozenset({"order", "notification", "seller", "analytics"}),
    PAYMENT_REFUNDED: frozenset({"order", "notification", "seller", "analytics"}),
    NOTIFICATION_SENT: frozenset(),
    STOCK_LOW: frozenset({"notification"}),
    DEAD_LETTER_CLOSED: frozenset(),
}
"""The consumer groups of each topic. The live stream of the gateway reads outside any group, and reports no hops."""

HANDLED_WITHIN = 5.0
"""Seconds from the publication of an event until every group has handled it; beyond that it is late."""

_S = OrderStatus
_GIVEN_BACK = frozenset({_S.CANCELLED, _S.REFUNDING, _S.REFUNDED})


class Rule(msgspec.Struct, frozen=True):
    """`by` answers an event on `cause` with one on one of the topics `effects` within `seconds`.

    With `statuses` only where the event is an update to one of them; not where the order came to one of `unless`, and
    only if the flow has an event on `given`, where that is not empty.
    """

    cause: str
    by: str
    effects: tuple[str, ...]
    seconds: float
    statuses: frozenset[OrderStatus] = frozenset()
    unless: frozenset[OrderStatus] = frozenset()
    given: str = ""


RULES: tuple[Rule, ...] = (
    Rule(ORDER_CREATED, "payment", (PAYMENT_SUCCESS, PAYMENT_FAILED), 5.0, unless=_GIVEN_BACK),
    Rule(PAYMENT_SUCCESS, "order", (ORDER_UPDATED,), 2.0, unless=_GIVEN_BACK),
    Rule(PAYMENT_FAILED, "order", (ORDER_UPDATED,), 2.0, unless=_GIVEN_BACK),
    Rule(
        ORDER_UPDATED, "payment", (PAYMENT_REFUNDED,), 10.0, statuses=_GIVEN_BACK - {_S.REFUNDED}, given=PAYMENT_SUCCESS
    ),
    Rule(PAYMENT_REFUNDED, "order", (ORDER_UPDATED,), 2.0),
)
"""A purchase from the order to the money, and back. Messages and read models depend on what a person chose."""

COMPENSATING: frozenset[str] = frozenset({PAYMENT_FAILED, PAYMENT_REFUNDED})
"""Topics whose events undo what was begun."""
