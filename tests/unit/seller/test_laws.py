"""One number, one list that adds up to it, always: against a recomputation, over events in any possible order."""

from __future__ import annotations

import dataclasses
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from services_stub.contracts.base import Event
from services_stub.contracts.events.order import OrderItem, OrderStatus
from services_stub.contracts.http.seller import Dashboard, Sale
from services_stub.contracts.money import ZERO
from services_stub.runtime.sql.transaction import Received
from services_stub.seller.store import TABLES
from services_stub.seller.store.dashboard import SalesQuery, read_dashboard, read_sales
from tests.fakes import transaction
from tests.unit.seller.events import STATUS, amount_of, created, failed, hear, item, paid, refunded, timed, updated

SELLERS = ("s1", "s2")
SOLD = {"PAID", "SHIPPED", "DELIVERED"}


@dataclass(frozen=True)
class Ended:
    """An order as it ended: what its events must lead to."""

    order_id: str
    items: list[OrderItem]
    minute: int
    statuses: dict[str, OrderStatus]


@st.composite
def orders(draw: st.DrawFn, number: int) -> tuple[Ended, list[list[Received[Event]]]]:
    """An order as it ended, and its events by topic; within a topic they stay in order."""
    order_id, minute = f"o{number}", draw(st.integers(0, 3000))
    prices = st.sampled_from(["0.01", "9.99"])
    line = st.tuples(st.sampled_from(SELLERS), st.sampled_from("pqr"), st.integers(1, 3), prices)
    lines = draw(st.lists(line, min_size=1, max_size=4))
    items = [item(seller, f"{seller}-{product}", units, price) for seller, product, units, price in lines]
    statuses = dict.fromkeys(sorted({each.seller_id for each in items}), STATUS.PENDING)
    by_topic: dict[str, list[Received[Event]]] = {}

    def tell(event: Event) -> None:
        nonlocal minute
        by_topic.setdefault(event.topic, []).append(timed(event, minute))
        minute += 1

    def tell_status() -> None:
        alike = len(set(statuses.values())) == 1
        with_parts = not alike or draw(st.booleans())
        tell(updated(order_id, items, next(iter(statuses.values())), statuses if with_parts else None))

    placed = minute
    tell(created(order_id, items))
    for seller in statuses:
        if draw(st.integers(0, 4)) == 0:
            statuses[seller] = STATUS.CANCELLED
            tell_status()
    charged = {seller for seller, status in statuses.items() if status is STATUS.PENDING}
    if charged and draw(st.integers(0, 4)) == 0:
        tell(failed(order_id))
        statuses |= dict.fromkeys(charged, STATUS.FAILED)
        tell_status()
    elif charged:
        tell(paid(order_id, sum((amount_of(items, seller) for seller in charged), ZERO)))
        statuses |= dict.fromkeys(charged, STATUS.PAID)
        tell_status()
        for seller in sorted(charged):
            for status in draw(st.sampled_from(WAYS)):
                statuses[seller] = status
                if status is STATUS.REFUNDED:
                    tell(refunded(order_id, amount_of(items, seller), seller))
                tell_status()
    return Ended(order_id, items, placed, statuses), list(by_topic.values())


REFUNDING = OrderStatus.__members__.get("REFUNDING")
WAYS: list[tuple[OrderStatus, ...]] = [
    (),
    (STATUS.SHIPPED,),
    (STATUS.SHIPPED, STATUS.DELIVERED),
    (STATUS.CANCELLED, STATUS.REFUNDED),
    (STATUS.SHIPPED, STATUS.DELIVERED, *filter(None, [REFUNDING]), STATUS.REFUNDED),
]


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Ended], list[Received[Event]]]:
    """Orders as they ended, and their events: topics mixed at random, some events delivered several times."""
    ended, topics = [], []
    for number in range(draw(st.integers(1, 4))):
        order, by_topic = draw(orders(number))
        ended.append(order)
        topics += by_topic
    sequence: list[Received[Event]] = []
    while topics:
        topic = topics[draw(st.integers(0, len(topics) - 1))]
        sequence.append(topic.pop(0))
        topics = [each for each in topics if each]
        if draw(st.integers(0, 5)) == 0:
            sequence.append(sequence[draw(st.integers(0, len(sequence) - 1))])
    return ended, sequence


@given(histories())
@settings(max_examples=30, deadline=None)
def test_the_dashboard_is_a_recomputation_of_the_orders(history: tuple[list[Ended], list[Received[Event]]]) -> None:
    ended, events = history
    with transaction(TABLES) as tx:
        hear(tx, *events)
        for seller in SELLERS:
            own = [order for order in ended if seller in order.statuses]
            board = read_dashboard(tx.connection, SalesQuery(seller_id=seller, limit=100), "hour")
            assert [(sale.order_id, sale.status) for sale in board.sales.items] == [
                (order.order_id, order.statuses[seller])
                for order in sorted(own, key=lambda order: (order.minute, order.order_id), reverse=True)
            ]
            assert_adds_up(board, board.sales.items)
            assert [sale.amount for sale in board.sales.items] == [
                amount_of(next(o.items for o in own if o.order_id == sale.order_id), seller)
                for sale in board.sales.items
            ]


@given(histories(), st.integers(1, 3))
@settings(max_examples=10, deadline=None)
def test_every_answer_adds_up_and_stays_what_it_was(
    history: tuple[list[Ended], list[Received[Event]]], limit: int
) -> None:
    """After each event, and again, at its position, after all of them."""
    with transaction(TABLES) as tx:
        seen: list[tuple[Dashboard, list[Sale]]] = []
        for event in history[1]:
            hear(tx, event)
            board = read_dashboard(tx.connection, SalesQuery(seller_id="s1", limit=limit), "day")
            sales = all_sales(tx.connection, board, limit)
            assert_adds_up(board, sales)
            assert board.sales.items == sales[:limit]
            seen.append((board, sales))
        for board, sales in seen:
            assert all_sales(tx.connection, board, limit) == sales


def all_sales(connection: Connection, board: Dashboard, limit: int) -> list[Sale]:
    """The sales at the position of a dashboard, from all pages."""
    query = SalesQuery(seller_id=board.seller_id, position=board.sales.position, limit=limit)
    page = read_sales(connection, query)
    found = list(page.items)
    while page.next_cursor:
        page = read_sales(connection, dataclasses.replace(query, cursor=page.next_cursor))
        found += page.items
    return found


def assert_adds_up(board: Dashboard, sales: list[Sale]) -> None:
    """Every number of the dashboard is the sum over the list."""
    sold = [sale for sale in sales if sale.status in SOLD]
    gone = [sale for sale in sales if sale.status == "REFUNDED"]
    assert board.revenue == sum((sale.amount for sale in sold), ZERO)
    assert board.units == sum(sale.units for sale in sold)
    assert board.refunded == sum((sale.amount for sale in gone), ZERO)
    counts, number = board.counts, Counter(str(sale.status) for sale in sales)
    assert counts.all == len(sales) == len({sale.order_id for sale in sales})
    by_name = {
        "PENDING": counts.open,
        "PAID": counts.to_ship,
        "SHIPPED": counts.shipped,
        "DELIVERED": counts.delivered,
        "FAILED": counts.failed,
        "CANCELLED": counts.cancelled,
        "REFUNDING": counts.refunding,
        "REFUNDED": counts.refunded,
    }
    assert by_name == {status: number[status] for status in {*by_name, *number}}
    for sale in sales:
        assert sale.amount == sum((each.amount for each in sale.items), ZERO)
        assert sale.units == sum(each.units for each in sale.items)
    assert sum((point.revenue for point in board.series), ZERO) == board.revenue
    assert sum((point.refunded for point in board.series), ZERO) == board.refunded
    assert sum(point.units for point in board.series) == board.units
    assert sum(point.sales for point in board.series) == len(sales)
    products: dict[str, tuple[Decimal, int]] = {}
    for each in (each for sale in sold for each in sale.items):
        amount, units = products.get(each.product_id, (ZERO, 0))
        products[each.product_id] = amount + each.amount, units + each.units
    assert {top.product_id: (top.revenue, top.units) for top in board.top_products} == products
