"""Every state of a part of an order has a user who can end it, and no cent and no unit is lost by it.

Order, payment, product and the sandbox run as one, without threads. Every state of an order of two sellers is visited
that requests, blocks, charges, refunds and messages in any order lead to; in each, all who may end what they can.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from sqlalchemy import Connection

from services_stub.order.store import TABLES as ORDER_TABLES
from services_stub.payment.store import TABLES as PAYMENT_TABLES
from services_stub.payment.store.sandbox import Sandbox
from services_stub.product.store.products import find_several
from services_stub.product.store.tables import TABLES as PRODUCT_TABLES
from tests.conformance.order_and_peers import CENTS, CLOSED, OF_ORDER, OF_PAYMENT, STOCK, UNITS, S, Shop
from tests.databases import empty_database


@pytest.fixture(autouse=True)
def each_database() -> str:
    """The rules are the same on each, so the default is enough."""
    return "sqlite"


def steps(shop: Shop) -> Iterator[Callable[[], object]]:
    """All that can happen next. A blocked seller can ask for nothing; the messages for a service come together.

    Topics are not ordered against each other, so each of them may be the first.
    """
    for service in (OF_ORDER, OF_PAYMENT):
        waiting = [event for event in shop.waiting if isinstance(event, service)]
        for first in {event.topic for event in waiting}:
            yield lambda waiting=waiting, first=first: shop.hear_all(waiting, first)  # type: ignore[misc]
    yield shop.work
    if not shop.blocked:
        yield lambda: shop.block(1)
        yield lambda: shop.block(-1)
    for seller in CENTS:
        if seller != shop.blocked:
            for kind in ("ship", "deliver", "refund"):
                yield lambda kind=kind, seller=seller: shop.request(kind, "seller", seller)  # type: ignore[misc]
    yield lambda: shop.request("cancel", "user", "u1")


def ends(shop: Shop) -> Iterator[tuple[str, Callable[[], None]]]:
    """All who may end something of the order, with how they do it."""
    yield "shopper", lambda: shop.request("cancel", "user", "u1")
    for seller in CENTS:
        if seller != shop.blocked:
            yield seller, lambda seller=seller: shop.request("refund", "seller", seller)  # type: ignore[misc]
    yield "admin", lambda: shop.request("refund", "admin", "a1")


def check_books(shop: Shop) -> None:
    """Money is kept for open parts alone; units are sold where they were not given back, and none is lost."""
    parts = shop.parts()
    kept = {seller for seller, status in parts.items() if status not in CLOSED}
    assert S.PENDING not in parts.values()
    assert S.REFUNDING not in parts.values()
    assert shop.balance() == sum(CENTS[seller] for seller in kept)
    for seller, product_id in shop.product_ids.items():
        row = find_several(shop.connections["product"], [product_id])[product_id]
        sold = UNITS if seller in kept | shop.shipped else 0
        assert (row.quantity, row.reserved) == (STOCK - sold, 0), (seller, parts)


def visit(shop: Shop, seen: set[object]) -> None:
    for name, end in ends(shop):
        before = shop.parts()
        with shop.undone():
            end()
            after = shop.parts()
            if name == "shopper":
                assert not {S.PENDING, S.PAID} & set(after.values())
            elif name in CENTS:
                assert after[name] not in {S.PENDING, S.PAID, S.SHIPPED, S.DELIVERED}, (before, after)
            shop.drain()
            check_books(shop)
            if name == "admin":
                assert set(shop.parts().values()) <= CLOSED, (before, shop.parts())
                assert shop.balance() == 0
    for step in steps(shop):
        with shop.undone():
            step()
            key = shop.key()
            if key not in seen:
                seen.add(key)
                visit(shop, seen)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("card", [pytest.param("pm_card_visa", marks=pytest.mark.slow), "pm_card_chargeDeclined"])
def test_every_state_of_a_part_can_be_ended_by_a_user_without_losing_money_or_stock(card: str) -> None:
    with ExitStack() as stack:
        connections: dict[str, Connection] = {}
        tables = {"order": ORDER_TABLES, "payment": PAYMENT_TABLES, "product": PRODUCT_TABLES}
        for name, metadata in tables.items():
            database = stack.enter_context(empty_database())
            database.create(metadata)
            connections[name] = stack.enter_context(database.connect())
            stack.enter_context(connections[name].begin())
        seen: set[object] = set()
        visit(Shop(connections, Sandbox(":memory:"), card), seen)

        reached = str(seen)
        assert "'s1': <OrderStatus.DELIVERED" in reached or card != "pm_card_visa"
