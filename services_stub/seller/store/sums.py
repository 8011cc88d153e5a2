"""Statements that keep the sums over the sales by hour, in the transaction of every version that is written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, select, update

from services_stub.contracts.money import BILLION
from services_stub.runtime.sql.database import InsertOrIgnore
from services_stub.runtime.sql.transaction import Transaction
from services_stub.seller.domain import HOUR, SOLD
from services_stub.seller.store.tables import items, sales_by_hour, sold_by_hour

_begin_hour = InsertOrIgnore(sales_by_hour)
_add_sale = (
    update(sales_by_hour)
    .where(
        sales_by_hour.c.seller_id == bindparam("of_seller"),
        sales_by_hour.c.hour == bindparam("in_hour"),
        sales_by_hour.c.status == bindparam("of_status"),
    )
    .values(
        sales=sales_by_hour.c.sales + bindparam("more_sales"),
        units=sales_by_hour.c.units + bindparam("more_units"),
        billions=sales_by_hour.c.billions + bindparam("more_billions"),
        cents=sales_by_hour.c.cents + bindparam("more_cents"),
    )
)
_begin_product = InsertOrIgnore(sold_by_hour)
_add_item = (
    update(sold_by_hour)
    .where(
        sold_by_hour.c.seller_id == bindparam("of_seller"),
        sold_by_hour.c.hour == bindparam("in_hour"),
        sold_by_hour.c.product_id == bindparam("of_product"),
    )
    .values(
        units=sold_by_hour.c.units + bindparam("more_units"),
        billions=sold_by_hour.c.billions + bindparam("more_billions"),
        cents=sold_by_hour.c.cents + bindparam("more_cents"),
    )
)
_items = select(items).where(items.c.order_id == bindparam("of_order"), items.c.seller_id == bindparam("of_seller"))


def add(transaction: Transaction, sale: Any) -> None:
    """Take the first version of a sale into the sums."""
    _count(transaction, sale, 1)
    if sale.status in SOLD:
        _count_items(transaction, sale, _items_of(transaction, sale), 1)


def replace(transaction: Transaction, before: Any, after: Any) -> None:
    """Take one version of a sale out of the sums, and the next one into them."""
    _count(transaction, before, -1)
    _count(transaction, after, 1)
    was_sold, is_sold = before.status in SOLD, after.status in SOLD
    if (was_sold, before.placed_at // HOUR) == (is_sold, after.placed_at // HOUR) or not (was_sold or is_sold):
        return
    sold = _items_of(transaction, after)
    if was_sold:
        _count_items(transaction, before, sold, -1)
    if is_sold:
        _count_items(transaction, after, sold, 1)


def _items_of(transaction: Transaction, sale: Any) -> Sequence[Any]:
    return transaction.fetch(_items, {"of_order": sale.order_id, "of_seller": sale.seller_id})


def _count(transaction: Transaction, sale: Any, sign: int) -> None:
    key = {"of_seller": sale.seller_id, "in_hour": sale.placed_at // HOUR, "of_status": sale.status}
    more = {"more_sales": sign, **_more(sale.units, sale.amount_cents, sign)}
    if not transaction.write(_add_sale, key | more):
        row = {"seller_id": sale.seller_id, "hour": sale.placed_at // HOUR, "status": sale.status}
        transaction.write(_begin_hour, row | {"sales": 0, "units": 0, "billions": 0, "cents": 0})
        transaction.write(_add_sale, key | more)


def _count_items(transaction: Transaction, sale: Any, sold: Sequence[Any], sign: int) -> None:
    for item in sold:
        key = {"of_seller": sale.seller_id, "in_hour": sale.placed_at // HOUR, "of_product": item.product_id}
        more = _more(item.units, item.amount_cents, sign)
        if not transaction.write(_add_item, key | more):
            row = {"seller_id": sale.seller_id, "hour": sale.placed_at // HOUR, "product_id": item.product_id}
            transaction.write(_begin_product, row | {"name": item.name, "units": 0, "billions": 0, "cents": 0})
            transaction.write(_add_item, key | more)


def _more(units: int, cents: int, sign: int) -> dict[str, int]:
    return {
        "more_units": sign * units,
        "more_billions": sign * (cents // BILLION),
        "more_cents": sign * (cents % BILLION),
    }
