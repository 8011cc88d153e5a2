"""Checks of orders: events in their order, checkouts that happened as a whole or not at all, dashboards that add up."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal

from services_stub.contracts.events import (
    OrderCreated,
    OrderStatus,
    OrderUpdated,
    PaymentFailed,
    PaymentRefunded,
    PaymentSuccess,
)
from services_stub.contracts.http.product import Product
from services_stub.contracts.http.seller import Dashboard
from simulator.auditor.log import EventLog
from simulator.auditor.violation import Violation

ATOMIC, ORDER_OF_EVENTS, DASHBOARD = "atomic-checkout", "order-of-events", "consistent-dashboard"

S = OrderStatus
FOLLOWS: Mapping[OrderStatus, frozenset[OrderStatus]] = {
    S.PENDING: frozenset({S.PAID, S.FAILED, S.CANCELLED}),
    S.PAID: frozenset({S.SHIPPED, S.CANCELLED}),
    S.SHIPPED: frozenset({S.DELIVERED, S.REFUNDING}),
    S.DELIVERED: frozenset({S.REFUNDING}),
    S.REFUNDING: frozenset({S.REFUNDED}),
    S.CANCELLED: frozenset({S.REFUNDED}),
    S.FAILED: frozenset(),
    S.REFUNDED: frozenset(),
}
"""The statuses that may follow a part's status, one step at a time."""

SOLD = frozenset({S.PAID, S.SHIPPED, S.DELIVERED, S.REFUNDING})
"""The statuses of parts whose money was taken and not given back."""

_Statuses = dict[tuple[str, str], OrderStatus]


def order_of_events(log: EventLog) -> list[Violation]:
    """The events of each order follow one another as its states do, and it was paid or not, never both or twice."""
    found = []
    items = {order.order_id: order.items for order in log.values(OrderCreated)}
    status: _Statuses = {(key, item.seller_id): S.PENDING for key, own in items.items() for item in own}
    whole: dict[str, OrderStatus] = dict.fromkeys(items, S.PENDING)
    for update in log.values(OrderUpdated):
        order_id = update.order_id
        if order_id not in items:
            found.append(Violation(ORDER_OF_EVENTS, order_id, "was updated and never created"))
            continue
        if update.previous_status != whole[order_id]:
            detail = f"is {update.status} after {update.previous_status}, but was {whole[order_id]}"
            found.append(Violation(ORDER_OF_EVENTS, order_id, detail))
        whole[order_id] = update.status
        sellers = {item.seller_id for item in items[order_id]}
        parts = {part.seller_id: part.status for part in update.parts} or dict.fromkeys(sellers, update.status)
        for seller, after in parts.items():
            before = status.get((order_id, seller), S.PENDING)
            if after != before and after not in FOLLOWS[before]:
                found.append(Violation(ORDER_OF_EVENTS, order_id, f"the part of {seller} is {after} after {before}"))
            status[order_id, seller] = after
    return found + _payments_in_order(log, items)


def _payments_in_order(log: EventLog, orders: Iterable[str]) -> list[Violation]:
    paid = Counter(event.order_id for event in log.values(PaymentSuccess))
    failed = Counter(event.order_id for event in log.values(PaymentFailed))
    known = set(orders)
    found = [
        Violation(ORDER_OF_EVENTS, order_id, f"{paid[order_id]} payments and {failed[order_id]} refusals of payment")
        for order_id in paid | failed
        if paid[order_id] + failed[order_id] > 1
    ]
    return found + [
        Violation(ORDER_OF_EVENTS, order_id, "was paid or refused and never created")
        for order_id in paid | failed
        if order_id not in known
    ]


def atomic_checkout(log: EventLog, before: Mapping[str, int], after: Iterable[Product]) -> list[Violation]:
    """Once nothing is under way, each order happened in all services or in none.

    `before` is the stock of products that their sellers did not change meanwhile, `after` the products now.
    """
    status = _last_statuses(log)
    found = [
        Violation(ATOMIC, order_id, f"the part of {seller} is still {S.PENDING}")
        for (order_id, seller), last in status.items()
        if last is S.PENDING
    ]
    found += _money(log, status)
    shipped = _shipped_once(log)
    sold: Counter[str] = Counter()
    for order in log.values(OrderCreated):
        for item in order.items:
            part = (order.order_id, item.seller_id)
            if status[part] in SOLD or part in shipped:
                sold[item.product_id] += item.quantity
    for product in after:
        if product.product_id in before:
            left = before[product.product_id] - sold[product.product_id]
            if (product.quantity, product.reserved) != (left, 0):
                detail = f"{product.quantity} left and {product.reserved} reserved, where {left} should be left"
                found.append(Violation(ATOMIC, product.product_id, detail))
    return found


def _last_statuses(log: EventLog) -> _Statuses:
    status: _Statuses = {
        (order.order_id, item.seller_id): S.PENDING for order in log.values(OrderCreated) for item in order.items
    }
    for update in log.values(OrderUpdated):
        parts = {part.seller_id: part.status for part in update.parts}
        for order_id, seller in [key for key in status if key[0] == update.order_id] if not parts else []:
            status[order_id, seller] = update.status
        for seller, last in parts.items():
            status[update.order_id, seller] = last
    return status


def _shipped_once(log: EventLog) -> set[tuple[str, str]]:
    """The parts that were shipped once: their goods stay sold, also when the money went back."""
    updates = log.values(OrderUpdated)
    return {
        (update.order_id, part.seller_id)
        for update in updates
        for part in update.parts
        if part.status in (S.SHIPPED, S.DELIVERED)
    }


def _money(log: EventLog, status: _Statuses) -> list[Violation]:
    """The money that was charged and not given back is what the parts that are sold cost."""
    kept: dict[str, Decimal] = defaultdict(Decimal)
    for success in log.values(PaymentSuccess):
        kept[success.order_id] += success.amount
    for refund in log.values(PaymentRefunded):
        kept[refund.order_id] -= refund.amount
    found = []
    for order in log.values(OrderCreated):
        due = sum(
            (item.unit_price * item.quantity for item in order.items if status[order.order_id, item.seller_id] in SOLD),
            Decimal(0),
        )
        if kept[order.order_id] != due:
            found.append(Violation(ATOMIC, order.order_id, f"{kept[order.order_id]} were kept, and {due} are due"))
    return found


def consistent_dashboards(dashboards: Iterable[Dashboard]) -> list[Violation]:
    """The numbers of a dashboard are the sums of its list; one with further pages is judged by its count alone."""
    found = []
    for shown in dashboards:
        sales = shown.sales.items
        if shown.sales.next_cursor is not None:
            if shown.counts.all <= len(sales):
                found.append(Violation(DASHBOARD, shown.seller_id, "there are further pages of no further sales"))
            continue
        earned = [sale for sale in sales if sale.status in (S.PAID, S.SHIPPED, S.DELIVERED)]
        listed = (
            sum((sale.amount for sale in earned), Decimal(0)),
            sum(sale.units for sale in earned),
            sum((sale.amount for sale in sales if sale.status is S.REFUNDED), Decimal(0)),
            len(sales),
        )
        told = (shown.revenue, shown.units, shown.refunded, shown.counts.all)
        if told != listed:
            found.append(Violation(DASHBOARD, shown.seller_id, f"tells {told}, and lists {listed}"))
    return found
