"""A block ends the orders that it meets, whichever of its messages comes, in whatever order and however late."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path

import pytest

from services_stub.contracts.events.order import OrderStatus, OrderUpdated
from services_stub.contracts.times import rfc3339, to_microseconds
from services_stub.order.handlers.commands import Deliver, Ship, deliver, ship
from services_stub.order.handlers.payments import on_payment_success
from services_stub.order.handlers.sellers import SetSellerBlock, set_seller_block
from services_stub.order.service import SERVICE
from services_stub.order.store import TABLES, blocks
from tests import builders
from tests.fakes import FakeTransaction, received, transaction
from tests.unit.order.orders import parts_of, placed, published, status_of
from tests.unit.order.shop import Shop
from tests.unit.serving import serving

S = OrderStatus
START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def tx() -> Iterator[FakeTransaction]:
    with transaction(TABLES, source="order", now=START) as fake:
        yield fake


def bought(tx: FakeTransaction, order_id: str, second: int, status: OrderStatus, *sellers: str) -> None:
    """An order that was placed so many seconds after the start, with every part in `status`."""
    tx.now = START + timedelta(seconds=second)
    placed(tx, order_id, *sellers)
    if status is not S.PENDING:
        on_payment_success(tx, received(builders.payment_success(order_id, amount=builders.AMOUNT * len(sellers))))
    for seller in sellers:
        if status in {S.SHIPPED, S.DELIVERED}:
            ship(tx, Ship(order_id, "seller", seller))
        if status is S.DELIVERED:
            deliver(tx, Deliver(order_id, "seller", seller))
    tx.published.clear()


def change(second: int, *, blocked: bool = True, seller: str = "s1") -> SetSellerBlock:
    return SetSellerBlock(
        seller, blocked, to_microseconds(START + timedelta(seconds=second)), f"event-{second}-{blocked}"
    )


@pytest.mark.parametrize(
    ("status", "after_before", "after_since"),
    [
        (S.PENDING, S.CANCELLED, S.CANCELLED),
        (S.PAID, S.PAID, S.CANCELLED),
        (S.SHIPPED, S.SHIPPED, S.REFUNDING),
        (S.DELIVERED, S.DELIVERED, S.REFUNDING),
    ],
)
def test_what_was_bought_after_the_block_is_ended_whatever_became_of_it(
    tx: FakeTransaction, status: OrderStatus, after_before: OrderStatus, after_since: OrderStatus
) -> None:
    bought(tx, "before", 9, status, "s1")
    bought(tx, "at once", 10, status, "s1")
    bought(tx, "since", 11, status, "s1")
    bought(tx, "other", 11, status, "s2")
    met = set_seller_block(tx, change(10))
    assert status_of(tx, "before") is after_before
    assert status_of(tx, "at once") is status_of(tx, "since") is after_since
    assert status_of(tx, "other") is status
    assert met == [event.order_id for event in published(tx) if isinstance(event, OrderUpdated)]
    assert set(met) == {"at once", "since"} | ({"before"} if after_before is S.CANCELLED else set())
    assert set_seller_block(tx, change(10)) is None


def test_the_other_parts_of_an_order_that_should_not_have_been_taken_are_cancelled_if_not_shipped(
    tx: FakeTransaction,
) -> None:
    bought(tx, "o1", 11, S.PAID, "s1", "s2", "s3")
    ship(tx, Ship("o1", "seller", "s3"))
    bought(tx, "o2", 9, S.PAID, "s1", "s2")
    bought(tx, "o3", 9, S.PENDING, "s1", "s2")
    set_seller_block(tx, change(10))
    assert parts_of(tx, "o1") == {"s1": S.CANCELLED, "s2": S.CANCELLED, "s3": S.SHIPPED}
    assert parts_of(tx, "o2") == {"s1": S.PAID, "s2": S.PAID}
    assert parts_of(tx, "o3") == {"s1": S.CANCELLED, "s2": S.CANCELLED}


def test_a_block_that_is_over_concerns_what_was_bought_while_it_held(tx: FakeTransaction) -> None:
    bought(tx, "before", 9, S.PENDING, "s1")
    bought(tx, "during", 11, S.PAID, "s1")
    bought(tx, "after", 21, S.PAID, "s1")
    set_seller_block(tx, change(20, blocked=False))
    assert set_seller_block(tx, change(10)) == ["during"]
    assert [status_of(tx, order_id) for order_id in ("before", "after")] == [S.PENDING, S.PAID]
    assert blocks.blocked_among(tx.connection, ["s1"]) == set()


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_the_latest_of_blocks_and_their_ends_holds_in_whatever_order_they_come(
    tx: FakeTransaction, order: tuple[int, ...]
) -> None:
    changes = [change(10), change(20, blocked=False), change(30)]
    for number in (*order, *order):
        set_seller_block(tx, changes[number])
    assert blocks.blocked_among(tx.connection, ["s1", "s2"]) == {"s1"}
    set_seller_block(tx, change(40, blocked=False))
    assert blocks.blocked_among(tx.connection, ["s1", "s2"]) == set()


def test_auth_tells_of_a_block_and_its_event_changes_nothing_then(tmp_path: Path) -> None:
    with serving(SERVICE, tmp_path) as service:
        shop = Shop(service)
        order_id = shop.place().json()["orderId"]
        event = received(builders.seller_blocked("s1"), event_id="e1")
        told = {"sellerId": "s1", "blocked": True, "at": rfc3339(datetime.now(UTC)), "eventId": "e1"}
        for cancelled in ([order_id], []):
            answer = service.internal("POST", "/internal/blocked-sellers", json=told)
            assert answer.json() == {"cancelledOrders": len(cancelled), "orderIds": cancelled}
        service.consume(event.event)
        assert [event.topic for event in service.sender.events] == ["order-created", "order-updated"]
        shop.in_cart = True
        assert shop.place("another").status_code == 409
        assert service.internal("POST", "/internal/blocked-sellers", json=told | {"at": "soon"}).status_code == 400
        told = {"sellerId": "s1", "blocked": False, "at": rfc3339(datetime.now(UTC)), "eventId": "e2"}
        assert service.internal("POST", "/internal/blocked-sellers", json=told).json()["cancelledOrders"] == 0
