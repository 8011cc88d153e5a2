"""Counts a batch of events: what is known is read once, merged in memory, and each row is written once.

Product views and cart changes say nothing about a state that could tell a repeated one, so only their ids are kept.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from msgspec import structs

from services_stub.analytics.domain import (
    DELETED,
    LONGEST_LABEL,
    Metric,
    Order,
    Product,
    User,
    weight_units,
)
from services_stub.analytics.store import counting
from services_stub.contracts.base import Event
from services_stub.contracts.events import (
    CartAction,
    CartChanged,
    OrderCreated,
    OrderItem,
    OrderUpdated,
    PaymentFailed,
    PaymentRefunded,
    PaymentSuccess,
    ProductCreated,
    ProductDeleted,
    ProductUpdated,
    ProductViewed,
    SellerBlocked,
    SellerUnblocked,
    UserCreated,
)
from services_stub.contracts.money import to_cents
from services_stub.contracts.times import moment_of, to_microseconds
from services_stub.runtime.service import Outcome
from services_stub.runtime.sql import inbox
from services_stub.runtime.sql.transaction import Received, Transaction

_SAMPLED = (ProductViewed, CartChanged)
_SECOND = 1_000_000


def count_events(tx: Transaction, batch: Sequence[Received[Event]]) -> list[Outcome]:
    """Count the events of a batch; the outcome of each."""
    sampled = [received.envelope.id for received in batch if isinstance(received.event, _SAMPLED)]
    seen = inbox.seen(tx.connection, sampled) if sampled else set()
    counts = _Counts(tx, [received.event for received in batch])
    outcomes: list[Outcome] = []
    for received in batch:
        event_id, at = received.envelope.id, counts.time_of(received.envelope.time)
        counts.note(received.topic, at)
        repeated = isinstance(received.event, _SAMPLED) and event_id in seen
        outcomes.append(Outcome.DUPLICATE if repeated else Outcome.HANDLED)
        if repeated:
            continue
        if isinstance(received.event, _SAMPLED):
            seen.add(event_id)
            inbox.claim(tx, event_id)
        COUNTED[type(received.event)](counts, received.event, at)
    counts.save()
    return outcomes


class _Counts:
    """The state of all that a batch is about, and what the batch adds to the numbers."""

    def __init__(self, tx: Transaction, events: Sequence[Event]) -> None:
        self._tx, self.now = tx, to_microseconds(tx.now)
        user_ids: set[str] = set()
        product_ids: set[str] = set()
        order_ids: set[str] = set()
        for event in events:
            match event:
                case UserCreated():
                    user_ids.add(event.user_id)
                case SellerBlocked() | SellerUnblocked():
                    user_ids.add(event.seller_id)
                case ProductCreated() | ProductUpdated() | ProductDeleted():
                    product_ids.add(event.product_id)
                case OrderCreated() | PaymentSuccess() | PaymentFailed() | PaymentRefunded():
                    order_ids.add(event.order_id)
                case OrderUpdated():
                    order_ids.add(event.order_id)
                    product_ids.update(item.product_id for item in event.items)
        self.users = counting.users_of(tx, user_ids)
        self.products = counting.products_of(tx, product_ids)
        self.orders = counting.orders_of(tx, order_ids)
        self._known = (dict(self.users), dict(self.products), dict(self.orders))
        self.sales: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
        self._totals: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
        self._seconds: dict[int, list[int]] = defaultdict(lambda: [0] * len(Metric))
        self._progress: dict[str, tuple[int, int]] = {}

    def time_of(self, text: str) -> int:
        """The time of an event, in microseconds. One that has none, or one in the future, happened now."""
        try:
            return max(0, min(to_microseconds(moment_of(text)), self.now))
        except ValueError:
            return self.now

    def note(self, topic: str, at: int) -> None:
        """An event of `topic` was read."""
        events, newest = self._progress.get(topic, (0, 0))
        self._progress[topic] = (events + 1, max(newest, at))

    def total(self, name: str, label: str, number: int, cents: int = 0) -> None:
        """Add to a total."""
        found = self._totals[name, label]
        found[0] += number
        found[1] += cents

    def step(self, at: int, metric: Metric, number: int) -> None:
        """Add to what happened at that time."""
        self._seconds[at // _SECOND][metric] += number

    def save(self) -> None:
        """Write what changed."""
        tx, (users, products, orders) = self._tx, self._known
        counting.save_users(tx, {k: v for k, v in self.users.items() if v != users.get(k)})
        counting.save_products(tx, {k: v for k, v in self.products.items() if v != products.get(k)})
        counting.save_orders(tx, {k: v for k, v in self.orders.items() if v != orders.get(k)})
        counting.add_sales(tx, self.sales)
        counting.add_totals(tx, self._totals)
        counting.add_steps(tx, self._seconds, self.now // _SECOND)
        counting.add_progress(tx, self._progress)


def _user_created(counts: _Counts, event: UserCreated, at: int) -> None:
    before = counts.users.get(event.user_id, User())
    if not before.role:
        counts.step(at, Metric.USERS, 1)
        _replace_user(counts, event.user_id, structs.replace(before, role=event.role[:LONGEST_LABEL] or "none"))


def _seller_blocked(counts: _Counts, event: SellerBlocked, at: int) -> None:
    before = counts.users.get(event.seller_id, User())
    _replace_user(counts, event.seller_id, before.with_block(True, at))


def _seller_unblocked(counts: _Counts, event: SellerUnblocked, at: int) -> None:
    before = counts.users.get(event.seller_id, User())
    _replace_user(counts, event.seller_id, before.with_block(False, at))


def _replace_user(counts: _Counts, user_id: str, after: User) -> None:
    for user, number in ((counts.users.get(user_id, User()), -1), (after, 1)):
        if user.role:
            counts.total("users", user.role, number)
        if user.sells():
            counts.total("sellers", "blocked" if user.blocked else "active", number)
    counts.users[user_id] = after


def _product_changed(counts: _Counts, event: ProductCreated | ProductUpdated, _at: int) -> None:
    before = counts.products.get(event.product_id, Product())
    if event.version > before.version:
        status = DELETED if before.status == DELETED else event.status.value
        after = Product(event.seller_id, event.name, event.category, status, event.version)
        _replace_product(counts, event.product_id, after)


def _product_deleted(counts: _Counts, event: ProductDeleted, _at: int) -> None:
    before = counts.products.get(event.product_id, Product())
    _replace_product(counts, event.product_id, structs.replace(before, seller_id=event.seller_id, status=DELETED))


def _replace_product(counts: _Counts, product_id: str, after: Product) -> None:
    before = counts.products.get(product_id, Product())
    for status, number in ((before.status, -1), (after.status, 1)):
        if status:
            counts.total("products", status, number)
    counts.products[product_id] = after


def _product_viewed(counts: _Counts, event: ProductViewed, at: int) -> None:
    weight = weight_units(event.weight)
    counts.total("viewed", "", weight)
    counts.step(at, Metric.VIEWED, weight)
    counts.sales[event.product_id][2] += weight


def _cart_changed(counts: _Counts, event: CartChanged, at: int) -> None:
    if event.action is CartAction.ADDED:
        weight = weight_units(event.weight)
        counts.total("added", "", weight)
        counts.step(at, Metric.ADDED, weight)


def _order_created(counts: _Counts, event: OrderCreated, at: int) -> None:
    before = counts.orders.get(event.order_id, Order())
    if not before.placed:
        counts.total("placed", "", 1)
        counts.step(at, Metric.PLACED, 1)
        counts.step(at, Metric.ORDERED_CENTS, to_cents(event.amount))
    _replace_order(counts, event, structs.replace(before.advanced(_statuses_of(event)), placed=True))


def _order_updated(counts: _Counts, event: OrderUpdated, _at: int) -> None:
    before = counts.orders.get(event.order_id, Order())
    _replace_order(counts, event, before.advanced(_statuses_of(event)))


def _replace_order(counts: _Counts, event: OrderCreated | OrderUpdated, after: Order) -> None:
    before = counts.orders.get(event.order_id, Order())
    for status, number in ((before.status(), -1), (after.status(), 1)):
        if status:
            counts.total("orders", status, number)
    for item, units, cents in _sold_items(event.items, before.sold_by(), after.sold_by()):
        sold = counts.sales[item.product_id]
        sold[0] += units
        sold[1] += cents
        if item.product_id not in counts.products:
            counts.products[item.product_id] = Product(seller_id=item.seller_id, name=item.name)
    counts.orders[event.order_id] = after


def _payment_success(counts: _Counts, event: PaymentSuccess, at: int) -> None:
    order = counts.orders.get(event.order_id, Order())
    if not order.charged:
        cents = to_cents(event.amount)
        counts.total("charged", "", 1, cents)
        counts.step(at, Metric.CHARGED, 1)
        counts.step(at, Metric.CHARGED_CENTS, cents)
        counts.orders[event.order_id] = structs.replace(order, charged=True)


def _payment_failed(counts: _Counts, event: PaymentFailed, at: int) -> None:
    order = counts.orders.get(event.order_id, Order())
    if not order.failed:
        counts.total("failed", event.reason[:LONGEST_LABEL], 1)
        counts.step(at, Metric.FAILED, 1)
        counts.orders[event.order_id] = structs.replace(order, failed=True)


def _payment_refunded(counts: _Counts, event: PaymentRefunded, at: int) -> None:
    order = counts.orders.get(event.order_id, Order())
    if event.seller_id not in order.refunded:
        cents = to_cents(event.amount)
        counts.total("refunded", "", 1, cents)
        counts.step(at, Metric.REFUNDS, 1)
        counts.step(at, Metric.REFUNDED_CENTS, cents)
        refunded = [*order.refunded, event.seller_id]
        counts.orders[event.order_id] = structs.replace(order, refunded=refunded)


COUNTED: Mapping[type[Event], Callable[[_Counts, Any, int], None]] = {
    UserCreated: _user_created,
    SellerBlocked: _seller_blocked,
    SellerUnblocked: _seller_unblocked,
    ProductCreated: _product_changed,
    ProductUpdated: _product_changed,
    ProductDeleted: _product_deleted,
    ProductViewed: _product_viewed,
    CartChanged: _cart_changed,
    OrderCreated: _order_created,
    OrderUpdated: _order_updated,
    PaymentSuccess: _payment_success,
    PaymentFailed: _payment_failed,
    PaymentRefunded: _payment_refunded,
}
"""The events that are counted, and how."""


def _statuses_of(event: OrderCreated | OrderUpdated) -> dict[str, str]:
    """The statuses of an order's parts, by seller; an event without parts is about all of them."""
    if isinstance(event, OrderUpdated) and event.parts:
        return {part.seller_id: part.status.value for part in event.parts}
    return {item.seller_id: event.status.value for item in event.items}


def _sold_items(items: Iterable[OrderItem], before: set[str], after: set[str]) -> Iterable[tuple[OrderItem, int, int]]:
    """The items whose being sold changed, with the units and the cents that this adds (or takes away)."""
    for item in items:
        change = (item.seller_id in after) - (item.seller_id in before)
        if change:
            yield item, change * item.quantity, change * item.quantity * to_cents(item.unit_price)
