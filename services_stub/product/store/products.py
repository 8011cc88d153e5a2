"""Statements on single products, and products as the rest of the marketplace sees them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, insert, select, update

from services_stub.contracts.events.product import ProductCreated, ProductDeleted, ProductStatus, ProductUpdated
from services_stub.contracts.http.product import Product, ProductState, ProductStates
from services_stub.contracts.money import from_cents
from services_stub.contracts.times import from_microseconds, rfc3339
from services_stub.product.domain import status_of
from services_stub.product.store.tables import products, seller_sequences
from services_stub.runtime.sql.database import InsertOrIgnore
from services_stub.runtime.sql.prepared import fetch
from services_stub.runtime.sql.transaction import Transaction

_insert = insert(products).returning(products)
_one = select(products).where(products.c.product_id == bindparam("id"))
_several = select(products).where(products.c.product_id.in_(bindparam("ids", expanding=True)))
_page = (
    select(products)
    .where(products.c.product_id > bindparam("after"))
    .order_by(products.c.product_id)
    .limit(bindparam("most"))
)
_nth_of_seller = (
    select(products.c.product_id)
    .where(products.c.seller_id == bindparam("seller"), products.c.deleted.is_(False))
    .limit(1)
    .offset(bindparam("before"))
)
_count = select(func.count()).select_from(products)
_move = (
    update(products)
    .where(products.c.product_id == bindparam("id"))
    .values(
        quantity=products.c.quantity + bindparam("to_quantity"),
        reserved=products.c.reserved + bindparam("to_reserved"),
        version=products.c.version + 1,
    )
    .returning(products)
)
_set = (
    update(products)
    .where(products.c.product_id == bindparam("id"))
    .values(
        price_cents=bindparam("new_cents"),
        quantity=bindparam("new_quantity"),
        seller_sequence=bindparam("number"),
        version=products.c.version + 1,
    )
    .returning(products)
)
_take_out = (
    update(products)
    .where(products.c.product_id == bindparam("id"))
    .values(reserved=products.c.reserved - bindparam("units"))
)
_disable = (
    update(products)
    .where(products.c.seller_id == bindparam("seller"), products.c.deleted.is_(False))
    .values(disabled=bindparam("is_disabled"), version=products.c.version + 1)
    .returning(products)
)


_begin_sequence = InsertOrIgnore(seller_sequences)
_next_sequence = (
    update(seller_sequences)
    .where(seller_sequences.c.seller_id == bindparam("seller"))
    .values(last=seller_sequences.c.last + 1)
    .returning(seller_sequences.c.last)
)


def add(transaction: Transaction, row: dict[str, Any]) -> Row[Any]:
    """Insert a product, as the next change of its seller."""
    transaction.write(_begin_sequence, {"seller_id": row["seller_id"], "last": 0})
    return transaction.execute(_insert, row | {"seller_sequence": _next_of(transaction, row["seller_id"])}).one()


def has_as_many(connection: Connection, seller_id: str, number: int) -> bool:
    """Whether a seller has `number` products or more that were not deleted."""
    return connection.execute(_nth_of_seller, {"seller": seller_id, "before": number - 1}).one_or_none() is not None


def find(connection: Connection, product_id: str) -> Row[Any] | None:
    """A product that was not deleted."""
    row = connection.execute(_one, {"id": product_id}).one_or_none()
    return None if row is None or row.deleted else row


def find_several(connection: Connection, product_ids: Collection[str]) -> dict[str, Row[Any]]:
    """Products by id, deleted ones too."""
    if len(product_ids) == 1:
        # An expanding IN costs as much again as the statement; most purchases have one line.
        (product_id,) = product_ids
        rows = fetch(connection, _one, {"id": product_id})
    else:
        rows = list(connection.execute(_several, {"ids": list(product_ids)}).all())
    return {row.product_id: row for row in rows}


def change(transaction: Transaction, product_id: str, values: Mapping[str, Any]) -> Row[Any]:
    """Change columns of a product, and its version, as the next change of its seller."""
    seller_id = fetch(transaction.connection, _one, {"id": product_id})[0].seller_id
    statement = (
        update(products)
        .where(products.c.product_id == product_id)
        .values(**values, version=products.c.version + 1, seller_sequence=_next_of(transaction, seller_id))
        .returning(products)
    )
    return transaction.execute(statement).one()


def move(transaction: Transaction, product_id: str, *, quantity: int = 0, reserved: int = 0) -> Row[Any]:
    """Add to (negative: take from) the buyable and the reserved units, as a new version of the product."""
    row: Row[Any] = transaction.fetch(_move, {"id": product_id, "to_quantity": quantity, "to_reserved": reserved})[0]
    return row


def set_price_and_quantity(transaction: Transaction, before: Row[Any], *, price_cents: int, quantity: int) -> Row[Any]:
    """Set the price and the buyable units, as a new version of the product and the next change of its seller."""
    number = _next_of(transaction, before.seller_id)
    parameters = {"id": before.product_id, "new_cents": price_cents, "new_quantity": quantity, "number": number}
    row: Row[Any] = transaction.fetch(_set, parameters)[0]
    return row


def take_out(transaction: Transaction, units: Mapping[str, int]) -> None:
    """Take reserved units out of the stock for good: they were sold. The buyable units do not change."""
    transaction.write(_take_out, *({"id": product_id, "units": count} for product_id, count in units.items()))


def disable_all_of(transaction: Transaction, seller_id: str, *, disabled: bool) -> list[Row[Any]]:
    """Disable or enable every product of a seller; the products as they are now."""
    return list(transaction.execute(_disable, {"seller": seller_id, "is_disabled": disabled}).all())


def product_of(row: Row[Any]) -> Product:
    """A product as its readers get it."""
    return Product(
        product_id=row.product_id,
        seller_id=row.seller_id,
        name=row.name,
        category=row.category,
        description=row.description,
        price=from_cents(row.price_cents),
        currency=row.currency,
        quantity=row.quantity,
        status=_status(row),
        version=row.version,
        created_at=rfc3339(from_microseconds(row.created_at)),
        reserved=row.reserved,
        seller_sequence=row.seller_sequence,
    )


def states_after(connection: Connection, product_id: str, limit: int) -> ProductStates:
    """Up to `limit` products with higher ids, deleted ones too, as their latest events say them."""
    rows = fetch(connection, _page, {"after": product_id, "most": limit})
    items = [ProductState(**_state(row), deleted=row.deleted) for row in rows]
    return ProductStates(items=items, total=connection.execute(_count).scalar_one())


def publish_created(transaction: Transaction, row: Row[Any]) -> None:
    """Publish that the product exists."""
    transaction.publish(ProductCreated(**_state(row)))


def publish_updated(transaction: Transaction, row: Row[Any], *, correlation_id: str = "") -> None:
    """Publish the product's state, unless it was deleted: readers were told that no later version follows."""
    if not row.deleted:
        transaction.publish(ProductUpdated(**_state(row)), correlation_id=correlation_id)


def publish_deleted(transaction: Transaction, row: Row[Any]) -> None:
    """Publish that the product is gone."""
    transaction.publish(
        ProductDeleted(
            product_id=row.product_id,
            seller_id=row.seller_id,
            version=row.version,
            seller_sequence=row.seller_sequence,
        )
    )


def _next_of(transaction: Transaction, seller_id: str) -> int:
    number: int = transaction.fetch(_next_sequence, {"seller": seller_id})[0].last
    return number


def _status(row: Row[Any]) -> ProductStatus:
    return ProductStatus(status_of(blocked=row.blocked, disabled=row.disabled))


def _state(row: Row[Any]) -> dict[str, Any]:
    return {
        "product_id": row.product_id,
        "seller_id": row.seller_id,
        "name": row.name,
        "category": row.category,
        "price": from_cents(row.price_cents),
        "quantity": row.quantity,
        "status": _status(row),
        "version": row.version,
        "currency": row.currency,
        "description": row.description,
        "seller_sequence": row.seller_sequence,
    }
