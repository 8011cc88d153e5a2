"""The topics: their names, partitions and retention.

A dead-letter topic stands beside every topic that has a consumer.
"""

from __future__ import annotations

from dataclasses import dataclass

PARTITIONS = 6
DEAD_LETTER_SUFFIX = ".dlq"
TRACE_HOPS = "trace-hops"

_DAY_MS = 24 * 60 * 60 * 1000


@dataclass(frozen=True)
class Topic:
    """A topic as it is created; `retention_ms` of −1 keeps records for ever."""

    name: str
    partitions: int = PARTITIONS
    retention_ms: int = 7 * _DAY_MS


USER_CREATED = "user-created"
SELLER_BLOCKED = "seller-blocked"
SELLER_UNBLOCKED = "seller-unblocked"
REFRESH_TOKEN_REUSED = "refresh-token-reused"
PASSWORD_CHANGED = "password-changed"
PRODUCT_CREATED = "product-created"
PRODUCT_UPDATED = "product-updated"
PRODUCT_DELETED = "product-deleted"
PRODUCT_VIEWED = "product-viewed"
CART_CHANGED = "cart-changed"
ORDER_CREATED = "order-created"
ORDER_UPDATED = "order-updated"
PAYMENT_SUCCESS = "payment-success"
PAYMENT_FAILED = "payment-failed"
PAYMENT_REFUNDED = "payment-refunded"
NOTIFICATION_SENT = "notification-sent"
STOCK_LOW = "stock-low"
DEAD_LETTER_CLOSED = "dead-letter-closed"

BUSINESS_TOPICS: tuple[Topic, ...] = (
    Topic(USER_CREATED, retention_ms=-1),
    Topic(SELLER_BLOCKED, retention_ms=-1),
    Topic(SELLER_UNBLOCKED, retention_ms=-1),
    Topic(REFRESH_TOKEN_REUSED),
    Topic(PASSWORD_CHANGED),
    Topic(PRODUCT_CREATED),
    Topic(PRODUCT_UPDATED),
    Topic(PRODUCT_DELETED),
    Topic(PRODUCT_VIEWED, retention_ms=_DAY_MS),
    Topic(CART_CHANGED, retention_ms=_DAY_MS),
    Topic(ORDER_CREATED),
    Topic(ORDER_UPDATED),
    Topic(PAYMENT_SUCCESS),
    Topic(PAYMENT_FAILED),
    Topic(PAYMENT_REFUNDED),
    Topic(NOTIFICATION_SENT),
    Topic(STOCK_LOW),
    # As long as the dead letters that it is about; one partition, so that it is read in the order of the acts.
    Topic(DEAD_LETTER_CLOSED, partitions=1, retention_ms=30 * _DAY_MS),
)

DEAD_LETTER_TOPICS: tuple[Topic, ...] = tuple(
    Topic(topic.name + DEAD_LETTER_SUFFIX, partitions=1, retention_ms=30 * _DAY_MS) for topic in BUSINESS_TOPICS
)

ALL_TOPICS: tuple[Topic, ...] = (
    *BUSINESS_TOPICS,
    *DEAD_LETTER_TOPICS,
    Topic(TRACE_HOPS, retention_ms=_DAY_MS),
)


def dead_letter_topic(topic: str) -> str:
    """Where the records of `topic` go that no consumer of a group can handle."""
    return topic + DEAD_LETTER_SUFFIX
