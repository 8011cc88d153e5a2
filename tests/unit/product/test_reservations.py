"""Stock is held for orders, all lines or none, and ends in one place whatever happens in whatever order."""

from __future__ import annotations

from decimal import Decimal

import pytest

from services_stub.contracts.events import ProductUpdated
from services_stub.contracts.events.order import OrderStatus
from services_stub.contracts.http.product import LineProblem, ReservationLine, Reserve
from services_stub.product.handlers import products, reservations
from services_stub.product.handlers.reservations import SettleOverdue
from services_stub.product.store import tables
from services_stub.runtime.errors import Refused
from services_stub.runtime.service import Outcome
from tests.unit.product.conftest import Stock


def test_reserved_units_cannot_be_bought_again(stock: Stock) -> None:
    kettle = stock.product(10)
    reservation = stock.reserve("o1", (kettle, 3))
    assert stock.levels(kettle) == (7, 3)
    assert reservation.expires_at == "2026-01-01T00:01:00.000000Z"
    assert [(line.name, line.seller_id, line.quantity) for line in reservation.lines] == [("Kettle", "s1", 3)]


def test_the_price_of_a_reservation_has_two_decimals_however_it_was_asked_for(stock: Stock) -> None:
    line = ReservationLine(product_id=stock.product(10).product_id, quantity=1, unit_price=Decimal("5"))
    reservation = reservations.reserve(stock.tx, reservations.ReserveStock(Reserve(order_id="o1", lines=[line]), 60))
    assert str(reservation.lines[0].unit_price) == "5.00"


def test_a_reservation_is_published_in_the_flow_of_its_order(stock: Stock) -> None:
    kettle = stock.product(10)
    stock.reserve("o1", (kettle, 3))
    event, flow = stock.tx.published[-1]
    assert isinstance(event, ProductUpdated)
    assert (event.quantity, event.version, flow) == (7, 2, "o1")


def test_one_missing_line_leaves_all_as_they_were(stock: Stock) -> None:
    kettle, cup = stock.product(10), stock.product(1, name="Cup")
    with pytest.raises(Refused) as refused:
        stock.reserve("o1", (kettle, 3), (cup, 2))
    assert refused.value.problem.code == "out-of-stock"
    assert refused.value.problem.extensions["lines"] == [
        LineProblem(product_id=cup.product_id, problem="out-of-stock", available=1)
    ]
    assert stock.levels(kettle) == (10, 0)
    assert stock.levels(cup) == (1, 0)


def test_lines_of_the_same_product_count_together(stock: Stock) -> None:
    kettle = stock.product(3)
    with pytest.raises(Refused):
        stock.reserve("o1", (kettle, 2), (kettle, 2))
    stock.reserve("o2", (kettle, 2), (kettle, 1))
    assert stock.levels(kettle) == (0, 3)
    stock.order("o2", OrderStatus.FAILED)
    assert stock.levels(kettle) == (3, 0)


def test_a_changed_price_is_refused_with_both_prices(stock: Stock) -> None:
    kettle = stock.product(10, "5.00")
    with pytest.raises(Refused) as refused:
        stock.reserve("o1", (kettle, 1), price="4.00")
    (line,) = refused.value.problem.extensions["lines"]
    assert refused.value.problem.code == "price-changed"
    assert (str(line.old_price), str(line.new_price)) == ("4.00", "5.00")


@pytest.mark.parametrize("how", ["unknown", "deleted", "blocked"])
def test_what_is_not_for_sale_is_unavailable(stock: Stock, how: str) -> None:
    kettle = stock.product(10)
    if how == "deleted":
        products.delete(stock.tx, products.Delete("s1", kettle.product_id))
    elif how == "blocked":
        products.block(stock.tx, products.Block(kettle.product_id, "unsafe", blocked=True))
    else:
        stock.tx.execute(tables.products.delete())
    with pytest.raises(Refused) as refused:
        stock.reserve("o1", (kettle, 1))
    assert refused.value.problem.code == "product-unavailable"


def test_the_same_order_gets_the_same_reservation_even_when_nothing_is_left(stock: Stock) -> None:
    kettle = stock.product(2)
    first = stock.reserve("o1", (kettle, 2))
    assert stock.reserve("o1", (kettle, 2)) == first
    assert stock.reserve("o1", (kettle, 1)) == first
    assert stock.levels(kettle) == (0, 2)


def test_a_released_reservation_can_be_made_anew(stock: Stock) -> None:
    kettle = stock.product(10)
    stock.reserve("o1", (kettle, 2))
    reservations.release(stock.tx, "o1")
    reservations.release(stock.tx, "o1")
    assert stock.levels(kettle) == (10, 0)
    stock.reserve("o1", (kettle, 5))
    assert stock.levels(kettle) == (5, 5)


def test_releasing_what_never_was_changes_nothing(stock: Stock) -> None:
    reservations.release(stock.tx, "unknown")
    assert stock.tx.published == []


def test_what_became_an_order_does_not_expire_any_more(stock: Stock) -> None:
    kettle = stock.product(10)
    for order_id in ("o1", "o2"):
        stock.reserve(order_id, (kettle, 2))
    reservations.settle_overdue(stock.tx, SettleOverdue(["o1"], ["o2"]))
    assert stock.levels(kettle) == (8, 2)
    reservations.release(stock.tx, "o1")
    assert stock.levels(kettle) == (8, 2)
    stock.order("o1", OrderStatus.PAID)
    assert stock.levels(kettle) == (8, 0)


def test_a_sweep_that_comes_late_takes_nothing_from_an_order(stock: Stock) -> None:
    kettle = stock.product(10)
    stock.reserve("o1", (kettle, 2))
    stock.order("o1", OrderStatus.PAID)
    reservations.settle_overdue(stock.tx, SettleOverdue([], ["o1"]))
    assert stock.levels(kettle) == (8, 0)


P, F, C, R = OrderStatus.PAID, OrderStatus.FAILED, OrderStatus.CANCELLED, OrderStatus.REFUNDED
SHIPPED = OrderStatus.SHIPPED


@pytest.mark.parametrize(
    ("statuses", "levels"),
    [
        ([P], (7, 0)),
        ([P, P], (7, 0)),
        ([P, SHIPPED, OrderStatus.DELIVERED], (7, 0)),
        ([SHIPPED], (7, 0)),
        ([F], (10, 0)),
        ([F, F], (10, 0)),
        ([C], (10, 0)),
        ([C, R], (10, 0)),
        ([C, P, R], (10, 0)),
        ([P, C], (10, 0)),
        ([P, C, R, C], (10, 0)),
        ([P, R], (7, 0)),
        ([P, SHIPPED, OrderStatus.REFUNDING, R], (7, 0)),
        ([OrderStatus.REFUNDING], (7, 0)),
        ([R], (10, 0)),
        ([OrderStatus.PENDING], (7, 3)),
    ],
)
def test_stock_follows_the_status_of_the_order(
    stock: Stock, statuses: list[OrderStatus], levels: tuple[int, int]
) -> None:
    kettle = stock.product(10)
    stock.reserve("o1", (kettle, 3))
    for status in statuses:
        assert stock.order("o1", status) is None
    assert stock.levels(kettle) == levels


@pytest.mark.parametrize(
    ("updates", "kettles", "cups"),
    [
        ([{"s1": P, "s2": P}], (7, 0), (6, 0)),
        ([{"s1": C, "s2": OrderStatus.PENDING}], (10, 0), (6, 4)),
        ([{"s1": C, "s2": OrderStatus.PENDING}, {"s1": C, "s2": P}], (10, 0), (6, 0)),
        ([{"s1": C, "s2": OrderStatus.PENDING}, {"s1": C, "s2": C}], (10, 0), (10, 0)),
        ([{"s1": P, "s2": P}, {"s1": SHIPPED, "s2": C}, {"s1": OrderStatus.REFUNDING, "s2": R}], (7, 0), (10, 0)),
        ([{"s1": P, "s2": P}, {"s1": SHIPPED, "s2": C}, {"s1": SHIPPED, "s2": C}], (7, 0), (10, 0)),
        ([{"s1": C, "s2": F}], (10, 0), (10, 0)),
    ],
)
def test_stock_follows_each_part_of_the_order(
    stock: Stock, updates: list[dict[str, OrderStatus]], kettles: tuple[int, int], cups: tuple[int, int]
) -> None:
    kettle, cup = stock.product(10), stock.product(10, seller="s2", name="Cup")
    stock.reserve("o1", (kettle, 3), (cup, 4))
    for parts in updates:
        for _ in range(2):
            assert stock.order("o1", OrderStatus.PENDING, **parts) is None
    assert (stock.levels(kettle), stock.levels(cup)) == (kettles, cups)


def test_selling_is_not_announced_because_nothing_changes_for_shoppers(stock: Stock) -> None:
    kettle = stock.product(10)
    stock.reserve("o1", (kettle, 3))
    before = len(stock.tx.published)
    stock.order("o1", OrderStatus.PAID)
    assert len(stock.tx.published) == before
    assert stock.look(kettle).version == 2


def test_an_order_that_ended_gets_no_stock_again(stock: Stock) -> None:
    kettle = stock.product(10)
    stock.reserve("o1", (kettle, 3))
    stock.order("o1", OrderStatus.FAILED)
    late = stock.reserve("o1", (kettle, 3))
    assert late.expires_at.startswith("1970-")
    assert stock.levels(kettle) == (10, 0)


def test_an_order_without_a_reservation_is_rejected(stock: Stock) -> None:
    assert stock.order("unknown", OrderStatus.PAID) is Outcome.REJECTED


def test_an_order_whose_reservation_was_let_go_is_sold_all_the_same(stock: Stock) -> None:
    kettle = stock.product(10)
    stock.reserve("o1", (kettle, 3))
    reservations.settle_overdue(stock.tx, SettleOverdue([], ["o1"]))
    stock.order("o1", OrderStatus.PAID)
    assert stock.levels(kettle) == (7, 0)
    stock.order("o1", OrderStatus.CANCELLED)
    assert stock.levels(kettle) == (10, 0)


def test_what_is_reserved_of_a_deleted_product_stays_with_its_order(stock: Stock) -> None:
    kettle = stock.product(10)
    stock.reserve("o1", (kettle, 3))
    products.delete(stock.tx, products.Delete("s1", kettle.product_id))
    before = len(stock.tx.published)
    assert stock.order("o1", OrderStatus.PAID) is None
    assert stock.order("o1", OrderStatus.CANCELLED) is None
    assert len(stock.tx.published) == before
