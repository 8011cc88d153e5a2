"""The sales follow orders and payments: which event means what, and what comes twice, late or too early."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise

import msgspec
import pytest

from services_stub.contracts.base import Event
from services_stub.contracts.events.order import OrderItem
from services_stub.contracts.http.seller import Dashboard
from services_stub.runtime.errors import Poison
from services_stub.seller.domain import event_time, later_status
from services_stub.seller.store import TABLES
from services_stub.seller.store.dashboard import SalesQuery, read_dashboard
from tests.fakes import FakeTransaction, transaction
from tests.unit.seller.events import (
    STATUS,
    amount_of,
    at,
    created,
    failed,
    hear,
    item,
    paid,
    refunded,
    timed,
    updated,
)

ITEMS = [item("s1", "p1", 2, "12.50"), item("s2", "p2", 1, "3.00"), item("s1", "p3", 1, "0.01")]
TOTAL = amount_of(ITEMS)
CREATED = created("o1", ITEMS)


@pytest.fixture
def tx() -> Iterator[FakeTransaction]:
    with transaction(TABLES) as open_transaction:
        yield open_transaction


def board(tx: FakeTransaction, seller: str = "s1") -> Dashboard:
    return read_dashboard(tx.connection, SalesQuery(seller_id=seller), "day")


def status_of(tx: FakeTransaction, seller: str = "s1") -> str:
    (sale,) = board(tx, seller).sales.items
    return sale.status


def test_an_order_is_a_sale_for_each_of_its_sellers(tx: FakeTransaction) -> None:
    hear(tx, CREATED)
    (sale,) = board(tx).sales.items
    assert (sale.order_id, sale.status, sale.amount, sale.units) == ("o1", "PENDING", Decimal("25.01"), 3)
    assert [(sold.product_id, sold.name, sold.units, sold.amount) for sold in sale.items] == [
        ("p1", "Name of p1", 2, Decimal("25.00")),
        ("p3", "Name of p3", 1, Decimal("0.01")),
    ]
    assert [sold.product_id for sold in board(tx, "s2").sales.items[0].items] == ["p2"]
    assert board(tx, "s3").sales.items == []
    assert (board(tx).revenue, board(tx).units, board(tx).counts.open) == (Decimal("0.00"), 0, 1)


def test_lines_of_one_product_are_one_item(tx: FakeTransaction) -> None:
    hear(tx, created("o1", [item("s1", "p1", 2, "1.10"), item("s1", "p1", 3, "1.10")]))
    (sale,) = board(tx).sales.items
    assert [(sold.units, sold.amount) for sold in sale.items] == [(5, Decimal("5.50"))]


@pytest.mark.parametrize(
    ("events", "statuses"),
    [
        ([paid("o1", TOTAL)], ("PAID", "PAID")),
        ([failed("o1")], ("FAILED", "FAILED")),
        ([updated("o1", ITEMS, STATUS.PAID)], ("PAID", "PAID")),
        ([updated("o1", ITEMS, STATUS.PAID, {"s1": STATUS.SHIPPED, "s2": STATUS.PAID})], ("SHIPPED", "PAID")),
        (
            [updated("o1", ITEMS, STATUS.PENDING, {"s1": STATUS.CANCELLED, "s2": STATUS.PENDING})],
            ("CANCELLED", "PENDING"),
        ),
        ([updated("o1", ITEMS, STATUS.CANCELLED), paid("o1", TOTAL)], ("CANCELLED", "CANCELLED")),
        # Less was charged than the order costs: the order service says for which parts.
        ([paid("o1", Decimal("3.00"))], ("PENDING", "PENDING")),
        ([paid("o1", TOTAL), refunded("o1", Decimal("3.00"), "s2")], ("PAID", "REFUNDED")),
        ([paid("o1", TOTAL), refunded("o1", TOTAL)], ("REFUNDED", "REFUNDED")),
        ([paid("o1", TOTAL), refunded("o1", Decimal("3.00"))], ("PAID", "PAID")),
        ([refunded("o1", Decimal("3.00"), "s2"), updated("o1", ITEMS, STATUS.CANCELLED)], ("CANCELLED", "REFUNDED")),
    ],
)
def test_the_meaning_of_events_does_not_depend_on_when_the_order_is_heard_of(
    events: list[Event], statuses: tuple[str, str]
) -> None:
    for sequence in ([CREATED, *events], [*events, CREATED], [*events, CREATED, *events], [CREATED, *reversed(events)]):
        with transaction(TABLES) as tx:
            hear(tx, *sequence)
            assert (status_of(tx), status_of(tx, "s2")) == statuses


def test_a_repeated_event_changes_nothing(tx: FakeTransaction) -> None:
    shipped = updated("o1", ITEMS, STATUS.SHIPPED)
    hear(tx, CREATED, paid("o1", TOTAL), shipped)
    before = board(tx)
    hear(tx, CREATED, paid("o1", TOTAL), shipped, updated("o1", ITEMS, STATUS.PAID))
    after = board(tx)
    assert (after.sales, after.revenue, after.counts) == (before.sales, before.revenue, before.counts)


def test_the_times_are_those_of_the_events(tx: FakeTransaction) -> None:
    became_paid, became_shipped = (updated("o1", ITEMS, status) for status in (STATUS.PAID, STATUS.SHIPPED))
    hear(tx, timed(became_paid, 30), timed(CREATED, 5), timed(became_shipped, 99))
    (sale,) = board(tx).sales.items
    assert (sale.placed_at, sale.changed_at) == ("2026-01-30T22:35:00.000000Z", "2026-01-31T00:09:00.000000Z")
    assert board(tx).read_up_to == "2026-01-31T00:09:00.000000Z"


def test_an_event_without_a_time_happened_when_it_came() -> None:
    for text in ("", "yesterday", "2026-01-01T00:00:00", "9999-01-01T00:00:00Z"):
        assert event_time(text, at(7)) == at(7)
    assert event_time("2026-01-30T22:31:00Z", at(7)) == at(1)


def test_an_empty_read_model_says_so(tx: FakeTransaction) -> None:
    empty = board(tx)
    assert (empty.read_up_to, empty.sales.position) == (None, 0)
    assert (empty.series, empty.top_products, empty.counts.all) == ([], [], 0)


@pytest.mark.parametrize(
    "wrong", [item("s1", "p1", 0), item("s1", "p1", -1), item("s1", "p1", 2**63), item("s1", "p1", 10**9, "100000.01")]
)
def test_an_item_that_no_order_can_have_is_poison(tx: FakeTransaction, wrong: OrderItem) -> None:
    with pytest.raises(Poison, match=r"units|cost more"):
        hear(tx, msgspec.structs.replace(CREATED, items=[wrong]))
    assert board(tx).counts.all == 0


def test_the_dearest_sales_add_up(tx: FakeTransaction) -> None:
    for number in range(20):
        items = [item("s1", "p1", 1_000_000_000, "90000.00")]
        order = created(f"o{number}", items)
        hear(tx, order, paid(f"o{number}", order.amount))
    assert board(tx).revenue == Decimal("1800000000000000.00")
    assert board(tx).top_products[0].revenue == board(tx).revenue


def test_statuses_have_one_order() -> None:
    ways = ["PENDING PAID SHIPPED DELIVERED REFUNDING REFUNDED", "PENDING FAILED", "PENDING PAID CANCELLED REFUNDED"]
    for way in ways:
        steps = way.split()
        for earlier, later in pairwise(steps):
            assert later_status(earlier, later) == later_status(later, earlier) == later
