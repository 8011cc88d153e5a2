"""The statements that count: each writes all rows of a batch at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import msgspec
from sqlalchemy import bindparam, delete, select

from services_stub.analytics.domain import AMOUNTS, STEPS, Metric, Order, Product, User, first_kept, kept
from services_stub.analytics.store.tables import billions_of, orders, products, progress, sales, steps, totals, users
from services_stub.contracts.money import BILLION
from services_stub.runtime.sql.database import InsertOrAdd, InsertOrReplace
from services_stub.runtime.sql.transaction import Transaction

_users = select(users).where(users.c.user_id.in_(bindparam("ids", expanding=True)))
_products = select(products).where(products.c.product_id.in_(bindparam("ids", expanding=True)))
_orders = select(orders).where(orders.c.order_id.in_(bindparam("ids", expanding=True)))
_save_user = InsertOrReplace(users)
_save_product = InsertOrReplace(products)
_save_order = InsertOrReplace(orders)
_add_sales = InsertOrAdd(sales)
_add_totals = InsertOrAdd(totals)
_add_steps = InsertOrAdd(steps)
_progress = select(progress)
_save_progress = InsertOrReplace(progress)
_expired = delete(steps).where(steps.c.resolution == bindparam("of"), steps.c.start < bindparam("before"))
_order = msgspec.json.Decoder(Order)


def users_of(tx: Transaction, ids: Collection[str]) -> dict[str, User]:
    """The users that are known, by id."""
    rows = tx.execute(_users, {"ids": list(ids)}) if ids else ()
    return {row.user_id: User(row.role, row.blocked, row.block_changed_at) for row in rows}


def products_of(tx: Transaction, ids: Collection[str]) -> dict[str, Product]:
    """The products that are known, by id."""
    rows = tx.execute(_products, {"ids": list(ids)}) if ids else ()
    return {r.product_id: Product(r.seller_id, r.name, r.category, r.status, r.version) for r in rows}


def orders_of(tx: Transaction, ids: Collection[str]) -> dict[str, Order]:
    """The orders that are known, by id."""
    rows = tx.execute(_orders, {"ids": list(ids)}) if ids else ()
    return {row.order_id: _order.decode(row.state) for row in rows}


def save_users(tx: Transaction, changed: Mapping[str, User]) -> None:
    """Write users."""
    if changed:
        tx.write(_save_user, *({"user_id": key, **msgspec.structs.asdict(user)} for key, user in changed.items()))


def save_products(tx: Transaction, changed: Mapping[str, Product]) -> None:
    """Write products."""
    if changed:
        rows = ({"product_id": key, **msgspec.structs.asdict(product)} for key, product in changed.items())
        tx.write(_save_product, *rows)


def save_orders(tx: Transaction, changed: Mapping[str, Order]) -> None:
    """Write orders."""
    if changed:
        rows = ({"order_id": key, "state": msgspec.json.encode(order)} for key, order in changed.items())
        tx.write(_save_order, *rows)


def add_sales(tx: Transaction, changes: Mapping[str, Sequence[int]]) -> None:
    """Add units, cents and the weights of views to products, by id."""
    rows = [
        {"product_id": key, "units": units, "viewed": viewed, **_in_two(cents)}
        for key, (units, cents, viewed) in changes.items()
        if units or cents or viewed
    ]
    if rows:
        tx.write(_add_sales, *rows)


def add_totals(tx: Transaction, changes: Mapping[tuple[str, str], Sequence[int]]) -> None:
    """Add numbers and cents, by name and label."""
    rows = [
        {"name": name, "label": label, "number": number, **_in_two(cents)}
        for (name, label), (number, cents) in changes.items()
        if number or cents
    ]
    if rows:
        tx.write(_add_totals, *rows)


def add_steps(tx: Transaction, seconds: Mapping[int, Sequence[int]], now: int) -> None:
    """Add what happened in some seconds to the steps of each series that still keeps them; delete steps that are old.

    All times are Unix time in seconds.
    """
    sums: dict[tuple[str, int], list[int]] = {}
    for resolution, (step, _) in STEPS.items():
        for second, values in seconds.items():
            if kept(resolution, second, now):
                found = sums.setdefault((resolution, second // step * step), [0] * len(Metric))
                for place, value in enumerate(values):
                    found[place] += value
    if sums:
        rows = ({"resolution": res, "start": start, **_columns(values)} for (res, start), values in sums.items())
        tx.write(_add_steps, *rows)
    tx.write(_expired, *({"of": resolution, "before": first_kept(resolution, now)} for resolution in STEPS))


def _columns(values: Sequence[int]) -> dict[str, int]:
    """The columns of a step."""
    columns = {metric.name.lower(): values[metric] for metric in Metric}
    for metric in AMOUNTS:
        columns[billions_of(metric)], columns[metric.name.lower()] = divmod(values[metric], BILLION)
    return columns


def _in_two(cents: int) -> dict[str, int]:
    return dict(zip(("billions", "cents"), divmod(cents, BILLION), strict=True))


def add_progress(tx: Transaction, changes: Mapping[str, tuple[int, int]]) -> None:
    """Add to the number of events of each topic, and keep the newest time."""
    known = {row.topic: row for row in tx.fetch(_progress, {})}
    rows = []
    for topic, (events, newest) in changes.items():
        before = known.get(topic)
        rows.append(
            {
                "topic": topic,
                "events": events + (before.events if before else 0),
                "newest_event_at": max(newest, before.newest_event_at if before else newest),
            }
        )
    if rows:
        tx.write(_save_progress, *rows)
