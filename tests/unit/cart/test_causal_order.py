"""A cart that shows a seller's later change shows the earlier ones, too, in whatever order partitions are read."""

from __future__ import annotations

from collections import deque
from decimal import Decimal
from typing import Any

import msgspec
import pytest
import valkey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services_stub.cart.handlers import carts
from services_stub.cart.store.product_scripts import MOST_PENDING
from services_stub.contracts.base import Event
from services_stub.contracts.events.product import ProductCreated, ProductDeleted, ProductStatus, ProductUpdated
from services_stub.contracts.http.cart import AddToCart, Cart
from services_stub.contracts.http.product import Product
from services_stub.runtime.errors import Unavailable
from simulator.auditor.log import EventLog, LoggedEvent
from simulator.auditor.products import causal_replication
from tests.contracts.samples import envelope_of
from tests.fakes import received
from tests.unit.cart.conftest import Shop, access

IDS = ("p1", "p2", "p3")


class Seller:
    """A seller's products, the events about them on their way in a partition for each product, and a cart with all."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.sequence = 0
        self.state: dict[str, ProductUpdated] = {}
        self.published: list[LoggedEvent] = []
        self.waiting: dict[str, deque[Event]] = {product_id: deque() for product_id in IDS}
        shop.products.catalogue.clear()
        shop.products.asked.clear()
        shop.products.away = False
        for product_id in IDS:
            self.sequence += 1
            state = ProductUpdated(
                product_id=product_id,
                seller_id="s1",
                name="Thing",
                category="test",
                price=Decimal(self.sequence),
                quantity=100,
                status=ProductStatus.ACTIVE,
                version=1,
                seller_sequence=self.sequence,
            )
            self.publish(ProductCreated(**fields_of(state)), state)
            self.deliver(product_id)
            shop.do(carts.add(shop.resources, access(), AddToCart(product_id=product_id, quantity=1)))

    def publish(self, event: Event, state: ProductUpdated | None) -> None:
        product_id, number = event.subject, len(self.published)
        self.waiting[product_id].append(event)
        envelope = msgspec.structs.replace(envelope_of(event), id=f"e{number}")
        self.published.append(LoggedEvent(event, envelope, 0, number))
        if state is None:
            del self.state[product_id], self.shop.products.catalogue[product_id]
        else:
            self.state[product_id] = state
            product = Product(**fields_of(state), created_at="2026-01-01T00:00:00Z")
            self.shop.products.catalogue[product_id] = product

    def change(self, product_id: str) -> None:
        """Another price, which no product had before."""
        if product_id in self.state:
            self.sequence += 1
            self.update(product_id, price=Decimal(self.sequence), seller_sequence=self.sequence)

    def move_stock(self, product_id: str) -> None:
        if product_id in self.state:
            self.update(product_id, quantity=self.state[product_id].quantity - 1)

    def update(self, product_id: str, **changes: Any) -> None:
        before = self.state[product_id]
        state = msgspec.structs.replace(before, **changes, version=before.version + 1)
        self.publish(state, state)

    def delete(self, product_id: str) -> None:
        if product_id in self.state:
            self.sequence += 1
            version = self.state[product_id].version + 1
            event = ProductDeleted(
                product_id=product_id, seller_id="s1", version=version, seller_sequence=self.sequence
            )
            self.publish(event, None)

    def deliver(self, product_id: str, *, again: bool = False) -> None:
        """The next event of a product reaches the cart; `again`, it will come once more."""
        if self.waiting[product_id]:
            event = self.waiting[product_id][0] if again else self.waiting[product_id].popleft()
            self.shop.sink([received(event)])

    def cart(self) -> Cart:
        return self.shop.do(carts.read(self.shop.resources, access()))

    def run(self, steps: list[tuple[str, str]]) -> list[str]:
        """Take the steps, look into the cart after each, and tell the anomalies that were seen."""
        seen = []
        for what, product_id in steps:
            match what:
                case "change":
                    self.change(product_id)
                case "stock":
                    self.move_stock(product_id)
                case "delete":
                    self.delete(product_id)
                case _:
                    self.deliver(product_id, again=what == "again")
            seen.append(self.cart())
        return [violation.about for violation in causal_replication(EventLog(self.published), seen)]


def fields_of(state: ProductUpdated) -> dict[str, Any]:
    return {name: getattr(state, name) for name in state.__struct_fields__}


KINDS = ("change", "change", "deliver", "deliver", "again", "stock", "delete")
STEPS = st.lists(st.tuples(st.sampled_from(KINDS), st.sampled_from(IDS)), max_size=25)
OVERTAKEN = [("change", "p1"), ("change", "p2"), ("deliver", "p2")]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_changes_of_a_seller_are_seen_in_their_order(
    shop: Shop, client: valkey.Valkey, steps: list[tuple[str, str]]
) -> None:
    client.flushall()
    seller = Seller(shop)
    assert seller.run(steps) == []
    for product_id in IDS:
        while seller.waiting[product_id]:
            seller.deliver(product_id)
    shop.products.away = True  # Nothing is missing, so nothing is asked.
    shown = {line.product_id: line.unit_price for line in seller.cart().lines if line.available}
    assert shown == {product_id: state.price for product_id, state in seller.state.items()}


@pytest.mark.parametrize("first", ["change", "delete"])
def test_without_the_numbers_a_later_change_would_be_seen_first(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    monkeypatch.setattr("services_stub.cart.domain.out_of_order", lambda _lines: [])
    assert set(Seller(shop).run([(first, "p1"), *OVERTAKEN[1:]])) == {"s1"}


def test_products_are_asked_for_at_one_moment_and_only_while_a_change_is_missing(shop: Shop) -> None:
    seller = Seller(shop)
    seller.change("p1")
    seller.change("p2")
    seller.deliver("p1")
    seller.cart()
    assert shop.products.asked == []
    seller.change("p3")
    seller.deliver("p3")
    assert [line.unit_price for line in seller.cart().lines] == [Decimal(4), Decimal(5), Decimal(6)]
    assert shop.products.asked == ["/internal/products"]
    seller.deliver("p2")
    seller.cart()
    assert shop.products.asked == ["/internal/products"]


def test_a_cart_that_cannot_be_shown_in_order_is_not_shown(shop: Shop) -> None:
    seller = Seller(shop)
    seller.run(OVERTAKEN[:2])
    shop.products.away = True
    seller.deliver("p2")
    with pytest.raises(Unavailable):
        seller.cart()
    seller.deliver("p1")
    assert len(seller.cart().lines) == 3


def test_a_line_alone_never_waits(shop: Shop) -> None:
    seller = Seller(shop)
    shop.do(carts.clear(shop.resources, access()))
    shop.do(carts.add(shop.resources, access(), AddToCart(product_id="p2", quantity=1)))
    shop.products.away = True
    seller.run(OVERTAKEN)
    assert seller.cart().lines[0].unit_price == Decimal(5)


def test_a_change_that_was_lost_is_not_waited_for_for_ever(shop: Shop, client: valkey.Valkey) -> None:
    seller = Seller(shop)
    seller.change("p1")
    seller.waiting["p1"].clear()
    for _ in range(MOST_PENDING + 1):
        seller.change("p2")
        seller.deliver("p2")
    assert client.get("seller:s1") == str(seller.sequence)
    assert client.zcard("pending:s1") == 0
