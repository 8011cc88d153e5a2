"""Checks of products: carts show a seller's changes in their order, and nothing is sold that is deleted or replaced."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal

import msgspec

from services_stub.contracts.events import OrderCreated, ProductCreated, ProductDeleted, ProductStatus, ProductUpdated
from services_stub.contracts.http.cart import Cart, CartLine
from simulator.auditor.log import EventLog
from simulator.auditor.violation import Violation

CAUSAL, DELETED_SALE = "causal-replication", "no-sale-of-a-deleted-or-replaced-product"

Shown = tuple[Decimal, str]
"""Price and name, by which a cart shows which change of a product it knows."""


class _Change(msgspec.Struct, frozen=True):
    """One change of a seller's product; `shown` is None for its deletion."""

    sequence: int
    shown: Shown | None


def causal_replication(log: EventLog, carts: Iterable[Cart]) -> list[Violation]:
    """Online Marketplace's criterion: a cart that shows a seller's later change shows the earlier ones, too.

    A state may have been shown by several changes: the later line counts as the earliest of these, the other line as
    the latest, so that only certain anomalies are found. Lines that cannot be bought may be deleted, and miss nothing.
    """
    changes = _changes(log)
    return [
        violation
        for cart in carts
        for lines in _by_seller(cart.lines).values()
        for later in lines
        for other in lines
        if later is not other and (violation := _missed(changes, later, other)) is not None
    ]


def no_sale_of_gone_products(log: EventLog) -> list[Violation]:
    """Every line of an order was reserved from a product that could be bought, in the state that was sold.

    The reservation is the event `product-updated` of the order's flow, and its version lies before the deletion's.
    """
    deleted = {event.product_id: event.version for event, _ in log.of(ProductDeleted)}
    reserved: dict[tuple[str, str], list[ProductUpdated]] = defaultdict(list)
    for event, envelope in log.of(ProductUpdated):
        reserved[envelope.correlation_id, event.product_id].append(event)
    found = []
    for order, _ in log.of(OrderCreated):
        for item in order.items:
            sold = (item.unit_price, item.name, item.seller_id, ProductStatus.ACTIVE)
            states = [
                state
                for state in reserved[order.order_id, item.product_id]
                if (state.price, state.name, state.seller_id, state.status) == sold
            ]
            if not states:
                detail = f"{item.product_id} was not reserved as it was sold"
                found.append(Violation(DELETED_SALE, order.order_id, detail))
            elif min(state.version for state in states) > deleted.get(item.product_id, 2**63):
                found.append(Violation(DELETED_SALE, order.order_id, f"{item.product_id} was sold after its deletion"))
    return found


def _changes(log: EventLog) -> dict[str, list[_Change]]:
    """The changes of each product, in the order of their seller."""
    found: dict[str, dict[int, _Change]] = defaultdict(dict)
    for state in (*log.values(ProductCreated), *log.values(ProductUpdated)):
        change = _Change(state.seller_sequence, (state.price, state.name))
        found[state.product_id].setdefault(change.sequence, change)
    for deleted in log.values(ProductDeleted):
        found[deleted.product_id][deleted.seller_sequence] = _Change(deleted.seller_sequence, None)
    return {product: [own[number] for number in sorted(own) if number] for product, own in found.items()}


def _by_seller(lines: Sequence[CartLine]) -> dict[str, list[CartLine]]:
    found: dict[str, list[CartLine]] = defaultdict(list)
    for line in lines:
        found[line.seller_id].append(line)
    return found


def _missed(changes: dict[str, list[_Change]], later: CartLine, other: CartLine) -> Violation | None:
    of_later = [c.sequence for c in changes.get(later.product_id, []) if c.shown == (later.unit_price, later.name)]
    if not of_later or not other.available:
        return None
    shown = (other.unit_price, other.name)
    before = [change for change in changes.get(other.product_id, []) if change.sequence <= min(of_later)]
    after = [change for change in changes.get(other.product_id, []) if change.sequence > min(of_later)]
    if not before or before[-1].shown == shown or any(change.shown == shown for change in after):
        return None
    detail = f"{later.product_id} shows change {min(of_later)}, {other.product_id} misses change {before[-1].sequence}"
    return Violation(CAUSAL, later.seller_id, detail)
