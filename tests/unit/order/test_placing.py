"""Placing: an order is inserted once, whatever is repeated, and never with a blocked seller."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from services_stub.contracts.events.order import OrderCreated, OrderStatus
from services_stub.order.domain import fingerprint_of, is_idempotency_key, order_id_for, total
from services_stub.order.handlers.placing import find_known_orders, place, placed_before
from services_stub.order.handlers.sellers import on_seller_blocked, on_seller_unblocked
from services_stub.order.store import TABLES, tables
from services_stub.runtime.errors import Refused
from tests import builders
from tests.builders import order_item
from tests.fakes import FakeTransaction, received, transaction
from tests.unit.order.orders import command, order_of, published


@pytest.fixture
def tx() -> Iterator[FakeTransaction]:
    with transaction(TABLES, source="order") as fake:
        yield fake


def count(tx: FakeTransaction) -> int:
    return tx.connection.scalar(select(func.count()).select_from(tables.orders)) or 0


def test_an_order_is_pending_and_announced_in_its_own_flow(tx: FakeTransaction) -> None:
    items = (order_item("p1", seller_id="s1"), order_item("p2", seller_id="s2", quantity=3, unit_price="0.10"))
    result = place(tx, command("o1", items=items))
    assert not result.replayed
    assert result.order.status is OrderStatus.PENDING
    assert result.order.amount == Decimal("25.30")
    event, flow = tx.published[0]
    assert isinstance(event, OrderCreated)
    assert (event.order_id, event.amount, event.status, event.items) == ("o1", Decimal("25.30"), "PENDING", list(items))
    assert flow == "o1"
    assert order_of(tx) == result.order


def test_the_same_request_again_finds_the_order(tx: FakeTransaction) -> None:
    first = place(tx, command())
    tx.commit()
    again = place(tx, command(items=(order_item("p9"),), expires_in=-1))
    assert again.replayed
    assert again.order == first.order
    assert len(tx.published) == 1
    assert count(tx) == 1


def test_the_key_of_another_request_is_refused(tx: FakeTransaction) -> None:
    place(tx, command(fingerprint="one"))
    with pytest.raises(Refused) as refusal:
        place(tx, command(fingerprint="another"))
    assert (refusal.value.problem.status, refusal.value.problem.code) == (422, "idempotency-key-reused")
    assert placed_before(tx.connection, "o1", "one") is not None
    assert placed_before(tx.connection, "unknown", "one") is None


def test_an_expired_reservation_makes_no_order(tx: FakeTransaction) -> None:
    with pytest.raises(Refused) as refusal:
        place(tx, command(expires_in=-0.001))
    assert (refusal.value.problem.status, refusal.value.problem.code) == (503, "reservation-expired")
    assert tx.published == []


def test_no_order_with_a_blocked_seller_until_the_block_is_taken_back(tx: FakeTransaction) -> None:
    on_seller_blocked(tx, received(builders.seller_blocked("s2")))
    mixed = command(items=(order_item("p1", seller_id="s1"), order_item("p2", seller_id="s2")))
    with pytest.raises(Refused) as refusal:
        place(tx, mixed)
    assert refusal.value.problem.code == "product-unavailable"
    assert [line.product_id for line in refusal.value.problem.extensions["lines"]] == ["p2"]
    assert tx.published == []
    place(tx, command("o2", items=(order_item("p1", seller_id="s1"),)))
    on_seller_unblocked(tx, received(builders.seller_unblocked("s2")))
    place(tx, command("o3", items=(order_item("p2", seller_id="s2"),)))
    assert [event.subject for event in published(tx)] == ["o2", "o3"]


def test_known_names_the_orders_of_the_batch_too(tx: FakeTransaction) -> None:
    place(tx, command("o2"))
    assert find_known_orders(tx, ["o1", "o2", "o3"]) == ["o2"]
    assert find_known_orders(tx, []) == []


def test_order_ids_and_fingerprints_tell_requests_apart() -> None:
    assert order_id_for("u1", "key") == order_id_for("u1", "key")
    assert len({order_id_for("u1", "key"), order_id_for("u2", "key"), order_id_for("u1", "kez")}) == 3
    assert fingerprint_of("visa", None) == fingerprint_of("visa", None)
    assert fingerprint_of("visa", Decimal("5")) == fingerprint_of("visa", Decimal("5.00"))
    assert len({fingerprint_of("visa", None), fingerprint_of("visa", Decimal("5")), fingerprint_of("amex", None)}) == 3


@pytest.mark.parametrize(
    ("key", "good"), [("a", True), ("~" * 128, True), ("", False), ("a" * 129, False), ("a b", False), ("é", False)]
)
def test_idempotency_keys_are_visible_ascii(key: str, good: bool) -> None:
    assert is_idempotency_key(key) is good


def test_a_total_is_exact() -> None:
    assert str(total([(3, Decimal("0.10")), (1, Decimal("0.05"))])) == "0.35"
    assert str(total([])) == "0.00"
