"""The effects of the events of product and order on the store."""

from __future__ import annotations

from decimal import Decimal

import pytest

from services_stub.cart.handlers import carts
from services_stub.contracts.base import Event
from services_stub.contracts.events.order import OrderCreated, OrderItem, OrderStatus
from services_stub.contracts.events.product import ProductDeleted, ProductStatus, ProductUpdated
from services_stub.contracts.http.cart import AddToCart, Cart
from services_stub.runtime.errors import Refused
from services_stub.runtime.service import Outcome
from tests.fakes import received
from tests.unit.cart.conftest import Shop, access, product_created


def updated(product_id: str, version: int, price: str = "2.50", status: str = "ACTIVE", stock: int = 9) -> Event:
    return ProductUpdated(
        product_id=product_id,
        seller_id="s1",
        name="Kettle “é” / \\ \n 水",
        category="Home",
        price=Decimal(price),
        quantity=stock,
        status=ProductStatus(status),
        version=version,
    )


def order(order_id: str, *lines: tuple[str, int]) -> OrderCreated:
    items = [
        OrderItem(product_id=product_id, seller_id="s1", name="", quantity=quantity, unit_price=Decimal(1))
        for product_id, quantity in lines
    ]
    return OrderCreated(
        order_id=order_id,
        user_id="u1",
        items=items,
        status=OrderStatus.PENDING,
        amount=Decimal(1),
        currency="USD",
        payment_method="pm_card_visa",
    )


def give(shop: Shop, *events: Event) -> list[Outcome]:
    return shop.sink([received(event) for event in events])


def cart_of(shop: Shop) -> Cart:
    return shop.do(carts.read(shop.resources, access()))


def put(shop: Shop, product_id: str, quantity: int) -> None:
    shop.do(carts.add(shop.resources, access(), AddToCart(product_id=product_id, quantity=quantity)))


def test_lines_follow_their_product(shop: Shop) -> None:
    give(shop, product_created("p1", "2.50"))
    put(shop, "p1", 2)
    assert give(shop, updated("p1", 2, "99999999.99")) == [Outcome.HANDLED]
    line = cart_of(shop).lines[0]
    assert (line.name, str(line.line_total)) == ("Kettle “é” / \\ \n 水", "199999999.98")
    give(shop, updated("p1", 3, status="BLOCKED"))
    assert not cart_of(shop).lines[0].available
    give(shop, updated("p1", 4))
    assert cart_of(shop).lines[0].available


def test_only_newer_versions_count(shop: Shop) -> None:
    first, second = product_created("p1", "1.00", version=1), updated("p1", 2, "2.00")
    assert give(shop, second, first, second) == [Outcome.HANDLED, Outcome.DUPLICATE, Outcome.DUPLICATE]
    put(shop, "p1", 1)
    assert cart_of(shop).lines[0].unit_price == Decimal("2.00")


def test_a_deleted_product_stays_readable_and_never_comes_back(shop: Shop) -> None:
    deleted = ProductDeleted(product_id="p1", seller_id="s1", version=2)
    give(shop, product_created("p1", "2.50"))
    put(shop, "p1", 1)
    assert give(shop, deleted, deleted, updated("p1", 3)) == [
        Outcome.HANDLED,
        Outcome.DUPLICATE,
        Outcome.DUPLICATE,
    ]
    line = cart_of(shop).lines[0]
    assert (line.name, line.available, str(line.unit_price)) == ("Name of p1", False, "2.50")
    with pytest.raises(Refused):
        put(shop, "p1", 1)


def test_a_deletion_that_comes_first_leaves_a_tombstone(shop: Shop) -> None:
    deleted = ProductDeleted(product_id="p1", seller_id="s1", version=3)
    assert give(shop, deleted, product_created("p1")) == [Outcome.HANDLED, Outcome.DUPLICATE]
    with pytest.raises(Refused):
        put(shop, "p1", 1)
    assert shop.products.asked == []


def test_an_order_without_a_checkout_takes_its_lines_out_once(shop: Shop) -> None:
    give(shop, product_created("p1"), product_created("p2"))
    put(shop, "p1", 5)
    put(shop, "p2", 1)
    created = order("o1", ("p1", 2), ("p2", 1), ("never-there", 4))
    assert give(shop, created, created) == [Outcome.HANDLED, Outcome.DUPLICATE]
    assert [(line.product_id, line.quantity) for line in cart_of(shop).lines] == [("p1", 3)]


@pytest.mark.parametrize("quantity", [10**30, -5, 0])
def test_a_quantity_out_of_bounds_harms_no_cart(shop: Shop, quantity: int) -> None:
    give(shop, product_created("p1"))
    put(shop, "p1", 5)
    assert give(shop, order("o1", ("p1", quantity))) == [Outcome.HANDLED]
    assert [line.quantity for line in cart_of(shop).lines] == ([] if quantity > 0 else [5])


@pytest.mark.parametrize(
    "event",
    [
        updated("p1", 0),
        updated("p1", 10**30),
        ProductDeleted(product_id="p1", seller_id="s1", version=10**30),
    ],
)
def test_what_cannot_be_applied_does_not_hold_up_the_rest(shop: Shop, event: Event) -> None:
    assert give(shop, event, product_created("p2")) == [Outcome.DEAD_LETTER, Outcome.HANDLED]
    assert give(shop, event) == [Outcome.DEAD_LETTER]
