"""Sellers are told of stock that becomes low or is sold out: once for each fall, whatever comes twice or late."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services_stub.contracts.base import Event
from services_stub.contracts.events.product import ProductCreated, ProductDeleted, ProductStatus, ProductUpdated
from services_stub.contracts.events.seller import StockLow
from services_stub.contracts.http.seller import SellerSettings
from services_stub.seller.handlers.notices import ChangeSettings, change_settings, read_notices
from services_stub.seller.service import SERVICE
from services_stub.seller.store import TABLES
from tests.fakes import FakeTransaction, handle, received, transaction


def stock_of(
    quantity: int, version: int, *, kind: type[ProductCreated | ProductUpdated] = ProductUpdated, seller: str = "s1"
) -> ProductCreated | ProductUpdated:
    return kind(
        product_id="p1",
        seller_id=seller,
        name="Lamp",
        category="Light",
        price=Decimal("12.50"),
        quantity=quantity,
        status=ProductStatus.ACTIVE,
        version=version,
    )


def history(*quantities: int) -> list[Event]:
    """The events of a product that was created with the first quantity and then had the others."""
    created = stock_of(quantities[0], 1, kind=ProductCreated)
    return [created, *(stock_of(quantity, place) for place, quantity in enumerate(quantities[1:], 2))]


def hear(tx: FakeTransaction, events: Sequence[Event]) -> list[tuple[int, bool]]:
    """The stock-low events that `events` lead to: quantity, and whether it was sold out."""
    for event in events:
        handle(SERVICE, tx, received(event))
    told = [event for event, _ in tx.published if isinstance(event, StockLow)]
    listed = read_notices(tx.connection, "s1", limit=100).items
    assert [(n.quantity, n.sold_out, n.threshold) for n in reversed(listed)] == [
        (e.quantity, e.sold_out, e.threshold) for e in told
    ]
    return [(event.quantity, event.sold_out) for event in told]


@pytest.mark.parametrize(
    ("quantities", "told"),
    [
        ([10, 6, 5, 4, 1], [(5, False)]),
        ([10, 5, 0], [(5, False), (0, True)]),
        ([10, 0, 0], [(0, True)]),
        ([3, 2, 1], []),  # low from the beginning, as its seller knows
        ([0, 3, 0], [(0, True)]),
        ([10, 4, 20, 4], [(4, False), (4, False)]),
        ([10, 0, 3, 0, 9, 2], [(0, True), (0, True), (2, False)]),
        ([10], []),
    ],
)
def test_a_seller_is_told_once_for_each_fall(quantities: list[int], told: list[tuple[int, bool]]) -> None:
    with transaction(TABLES) as tx:
        assert hear(tx, history(*quantities)) == told


@given(st.lists(st.integers(0, 12), min_size=1, max_size=12), st.data())
@settings(max_examples=50, deadline=None)
def test_repeated_and_late_versions_tell_nothing_twice(quantities: list[int], data: st.DataObject) -> None:
    events = history(*quantities)
    again = data.draw(st.lists(st.integers(0, len(events) - 1), max_size=8), label="repeated after the last")
    with transaction(TABLES) as tx:
        told = hear(tx, events)
        assert hear(tx, [events[place] for place in again]) == told
    falls = sum(level(after) > level(before) for before, after in pairwise(quantities))
    assert len(told) == falls


def level(quantity: int) -> int:
    return 2 if quantity == 0 else int(quantity <= 5)


def test_a_product_whose_creation_comes_late_counts_as_having_had_enough() -> None:
    with transaction(TABLES) as tx:
        created, updated = history(10, 4)
        assert hear(tx, [updated, created]) == [(4, False)]


def test_a_deleted_product_is_not_told_of() -> None:
    with transaction(TABLES) as tx:
        gone = ProductDeleted(product_id="p1", seller_id="s1", version=9)
        assert hear(tx, [gone, *history(10, 0)]) == []
    with transaction(TABLES) as tx:
        assert hear(tx, [*history(10), gone, stock_of(0, 2)]) == []


def test_the_threshold_of_the_seller_decides() -> None:
    with transaction(TABLES) as tx:
        set_threshold(tx, "s2", 8)
        assert hear(tx, history(10, 8)) == []
        set_threshold(tx, "s1", 8)
        assert hear(tx, [stock_of(7, 3)]) == [(7, False)]
        set_threshold(tx, "s1", 0)
        assert hear(tx, [stock_of(6, 4), stock_of(1, 5), stock_of(0, 6)]) == [(7, False), (0, True)]


def set_threshold(tx: FakeTransaction, seller_id: str, threshold: int) -> None:
    body = SellerSettings(low_stock_threshold=threshold)
    assert change_settings(tx, ChangeSettings(seller_id, body)) == body
