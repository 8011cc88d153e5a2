"""Sellers keep their products, admins block them, and a blocked seller's products leave the shelf and come back."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services_stub.contracts.envelope import Envelope
from services_stub.contracts.events import (
    ProductCreated,
    ProductDeleted,
    ProductUpdated,
    SellerBlocked,
    SellerUnblocked,
)
from services_stub.contracts.events.product import ProductStatus
from services_stub.contracts.http.bulk import ChangePrices, PriceLine
from services_stub.contracts.http.product import ChangeProduct, CreateProduct
from services_stub.product.handlers import bulk, products
from services_stub.product.handlers.events import on_seller_blocked, on_seller_unblocked
from services_stub.product.store.tables import TABLES
from services_stub.runtime.errors import Refused
from services_stub.runtime.sql.transaction import Received
from tests.fakes import transaction
from tests.unit.product.conftest import NOW, Stock


def seller_event(kind: type[SellerBlocked | SellerUnblocked], minute: int, seller: str = "s1") -> Received[object]:  # type: ignore[type-var]
    """The seller was blocked or unblocked at a minute."""
    event = kind(seller_id=seller, reason="test")
    envelope = Envelope(
        id=f"event-{minute}",
        type="test",
        source="test",
        time=(NOW + timedelta(minutes=minute)).isoformat(),
        subject=seller,
        dataschema="",
        correlation_id="",
        causation_id="",
        traceparent="",
    )
    return Received(event, envelope, kind.topic, 0, 0)


def tell(stock: Stock, *happenings: tuple[str, int]) -> None:
    """Let the service hear of blocks and unblocks, in this order."""
    for what, minute in happenings:
        if what == "blocked":
            on_seller_blocked(stock.tx, seller_event(SellerBlocked, minute))  # type: ignore[arg-type]
        else:
            on_seller_unblocked(stock.tx, seller_event(SellerUnblocked, minute))  # type: ignore[arg-type]


def change(stock: Stock, product_id: str, body: ChangeProduct, seller: str = "s1") -> None:
    products.change(stock.tx, products.Change(seller, product_id, body))


def refusal(stock: Stock, product_id: str, body: ChangeProduct, seller: str = "s1") -> str:
    with pytest.raises(Refused) as refused:
        change(stock, product_id, body, seller)
    return refused.value.problem.code


def test_a_new_product_is_published_whole(stock: Stock) -> None:
    product = stock.product(3, "5.50")
    event, _ = stock.tx.published[0]
    assert isinstance(event, ProductCreated)
    assert (event.product_id, event.quantity, event.price, event.version) == (product.product_id, 3, Decimal("5.50"), 1)
    assert event.status is product.status is ProductStatus.ACTIVE


def test_only_what_differs_is_a_change(stock: Stock) -> None:
    product = stock.product(3, "5.50")
    change(stock, product.product_id, ChangeProduct(price=Decimal("5.5"), name="Kettle"))
    assert len(stock.tx.published) == 1
    change(stock, product.product_id, ChangeProduct(price=Decimal("6"), quantity=9))
    event, _ = stock.tx.published[1]
    assert isinstance(event, ProductUpdated)
    assert (str(event.price), event.quantity, event.version, event.name) == ("6.00", 9, 2, "Kettle")


def test_a_change_of_an_older_version_is_refused(stock: Stock) -> None:
    product = stock.product()
    change(stock, product.product_id, ChangeProduct(name="Pot", version=1))
    assert refusal(stock, product.product_id, ChangeProduct(name="Pan", version=1)) == "version-conflict"


def test_a_seller_changes_their_own_products_alone(stock: Stock) -> None:
    product = stock.product()
    assert refusal(stock, product.product_id, ChangeProduct(name="Mine"), "s2") == "not-your-product"
    assert refusal(stock, "unknown", ChangeProduct(name="Mine")) == "product-not-found"


def test_a_product_is_deleted_once(stock: Stock) -> None:
    product = stock.product()
    products.delete(stock.tx, products.Delete("s1", product.product_id))
    products.delete(stock.tx, products.Delete("s1", product.product_id))
    events = [event for event, _ in stock.tx.published[1:]]
    assert events == [ProductDeleted(product_id=product.product_id, seller_id="s1", version=2, seller_sequence=2)]
    assert refusal(stock, product.product_id, ChangeProduct(name="Back")) == "product-not-found"


def test_an_admins_block_is_said_once_and_outlives_the_sellers(stock: Stock) -> None:
    product = stock.product()
    for _ in range(2):
        blocked = products.block(stock.tx, products.Block(product.product_id, "unsafe", blocked=True))
        assert blocked.status is ProductStatus.BLOCKED
    assert len(stock.tx.published) == 2
    tell(stock, ("blocked", 1))
    assert stock.look(product).status is ProductStatus.BLOCKED
    tell(stock, ("unblocked", 2))
    assert stock.look(product).status is ProductStatus.BLOCKED
    products.block(stock.tx, products.Block(product.product_id, "", blocked=False))
    assert stock.look(product).status is ProductStatus.ACTIVE


def test_the_products_of_a_blocked_seller_leave_the_shelf(stock: Stock) -> None:
    kettle, cup, other = stock.product(), stock.product(name="Cup"), stock.product(seller="s2")
    tell(stock, ("blocked", 1))
    assert {stock.look(product).status for product in (kettle, cup)} == {ProductStatus.DISABLED}
    assert stock.look(other).status is ProductStatus.ACTIVE
    events = [event for event, _ in stock.tx.published[3:]]
    assert {event.subject for event in events} == {kettle.product_id, cup.product_id}
    assert all(isinstance(event, ProductUpdated) and event.status is ProductStatus.DISABLED for event in events)
    assert refusal(stock, kettle.product_id, ChangeProduct(name="Pot")) == "seller-blocked"
    with pytest.raises(Refused, match="seller-blocked"):
        stock.product()
    tell(stock, ("unblocked", 2))
    assert stock.look(kettle).status is ProductStatus.ACTIVE
    stock.product()


@given(
    order=st.permutations([("blocked", 1), ("unblocked", 2), ("blocked", 3), ("unblocked", 4)]), last=st.integers(1, 4)
)
@settings(max_examples=40, deadline=None)
def test_the_newest_word_about_a_seller_counts_in_whatever_order_they_come(
    order: list[tuple[str, int]], last: int
) -> None:
    with transaction(TABLES, now=NOW) as tx:
        stock = Stock(tx)
        product = stock.product()
        told = [happening for happening in order if happening[1] <= last]
        tell(stock, *told)
        expected = ProductStatus.ACTIVE if last % 2 == 0 else ProductStatus.DISABLED
        assert stock.look(product).status is expected


@pytest.mark.parametrize("price", ["-0.01", "0.001", "NaN", "Infinity", "1e12"])
def test_what_is_no_price_is_refused_by_the_contract(price: str) -> None:
    with pytest.raises(ValueError, match="price"):
        CreateProduct(name="Kettle", category="Kitchen", price=Decimal(price), quantity=1)


def test_the_changes_of_a_seller_are_numbered_without_gaps(stock: Stock) -> None:
    kettle, pan, other = stock.product(), stock.product(), stock.product(seller="s2")
    products.change(stock.tx, products.Change("s1", kettle.product_id, ChangeProduct(price=Decimal(7))))
    products.change(stock.tx, products.Change("s1", kettle.product_id, ChangeProduct(price=Decimal(7))))
    with pytest.raises(Refused):
        products.change(stock.tx, products.Change("s2", pan.product_id, ChangeProduct(price=Decimal(7))))
    lines = [PriceLine(product_id=product.product_id, price=Decimal(8)) for product in (kettle, pan)]
    bulk.change_prices(stock.tx, bulk.ChangeAllPrices("s1", ChangePrices(lines=lines)))
    products.block(stock.tx, products.Block(pan.product_id, "counterfeit", blocked=True))
    products.delete(stock.tx, products.Delete("s1", kettle.product_id))
    events: list[Any] = [event for event, _ in stock.tx.published]
    assert [event.seller_sequence for event in events if event.seller_id == "s1"] == [1, 2, 3, 4, 5, 6, 7]
    assert other.seller_sequence == 1


def test_stock_that_moves_carries_the_number_of_the_change_that_it_includes(stock: Stock) -> None:
    kettle, pan = stock.product(), stock.product()
    products.change(stock.tx, products.Change("s1", pan.product_id, ChangeProduct(quantity=3)))
    stock.reserve("o1", (kettle, 1), (pan, 1))
    reserved: list[Any] = [event for event, _ in stock.tx.published][-2:]
    assert {event.product_id: event.seller_sequence for event in reserved} == {kettle.product_id: 1, pan.product_id: 3}
