"""Commands of sellers on their products, and of admins on any product."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog
from msgspec import UNSET
from sqlalchemy import Row

from services_stub.contracts.http.product import ChangeProduct, CreateProduct, Product
from services_stub.contracts.money import to_cents
from services_stub.contracts.times import to_microseconds
from services_stub.product import domain
from services_stub.product.store import products, reservations
from services_stub.runtime.errors import Refused
from services_stub.runtime.identifiers import new_id
from services_stub.runtime.sql.transaction import Transaction


@dataclass(frozen=True)
class Create:
    """A seller adds a product."""

    seller_id: str
    body: CreateProduct


@dataclass(frozen=True)
class Change:
    """A seller changes a product."""

    seller_id: str
    product_id: str
    body: ChangeProduct


@dataclass(frozen=True)
class Delete:
    """A seller takes a product away."""

    seller_id: str
    product_id: str


@dataclass(frozen=True)
class Block:
    """An admin blocks a product, or takes the block back. The reason goes to the log."""

    product_id: str
    reason: str
    blocked: bool


def create(transaction: Transaction, command: Create) -> Product:
    """Add a product, at once to be bought."""
    refuse_blocked(transaction, command.seller_id)
    if products.has_as_many(transaction.connection, command.seller_id, domain.MOST_PRODUCTS):
        raise Refused(
            409, "too-many-products", f"a seller has at most {domain.MOST_PRODUCTS} products: delete some first"
        )
    body, product_id = command.body, new_id()
    row = {
        "product_id": product_id,
        "seller_id": command.seller_id,
        **_described(body.name, body.category, body.description),
        "price_cents": to_cents(body.price),
        "currency": domain.CURRENCY,
        "quantity": body.quantity,
        "reserved": 0,
        "blocked": False,
        "disabled": False,
        "deleted": False,
        "version": 1,
        "created_at": to_microseconds(transaction.now),
    }
    added = products.add(transaction, row)
    products.publish_created(transaction, added)
    return products.product_of(added)


def change(transaction: Transaction, command: Change) -> Product:
    """Change the fields that the body names, if they differ. `quantity` is how many can be bought from now on."""
    refuse_blocked(transaction, command.seller_id)
    row = _own(transaction, command.seller_id, command.product_id)
    body = command.body
    if body.version is not UNSET and body.version != row.version:
        detail = f"the product has version {row.version} by now, not {body.version}"
        raise Refused(409, "version-conflict", detail, version=row.version)
    wanted = {
        **_described(
            row.name if body.name is UNSET else body.name,
            row.category if body.category is UNSET else body.category,
            row.description if body.description is UNSET else body.description,
        ),
        "price_cents": row.price_cents if body.price is UNSET else to_cents(body.price),
        "quantity": row.quantity if body.quantity is UNSET else body.quantity,
    }
    differences = {column: value for column, value in wanted.items() if getattr(row, column) != value}
    return _changed(transaction, row, differences)


def delete(transaction: Transaction, command: Delete) -> None:
    """Take a product away; its reserved units stay reserved. Doing it again changes nothing."""
    row = _own(transaction, command.seller_id, command.product_id, deleted_too=True)
    if not row.deleted:
        products.publish_deleted(transaction, products.change(transaction, row.product_id, {"deleted": True}))


def block(transaction: Transaction, command: Block) -> Product:
    """Block a product or take the block back; doing it again changes nothing."""
    row = products.find(transaction.connection, command.product_id)
    if row is None:
        raise product_not_found(command.product_id)
    if row.blocked == command.blocked:
        return products.product_of(row)
    log = partial(structlog.get_logger().info, product_id=row.product_id, reason=command.reason)
    transaction.after_commit(partial(log, "a product was blocked" if command.blocked else "a product was unblocked"))
    return _changed(transaction, row, {"blocked": command.blocked})


def product_not_found(product_id: str) -> Refused:
    """The refusal of a product that does not exist, was deleted, or must not be seen by the caller."""
    return Refused(404, "product-not-found", f"there is no product {product_id[:64]}")


def refuse_blocked(transaction: Transaction, seller_id: str) -> None:
    """Refuse a seller who is blocked."""
    if reservations.is_blocked(transaction.connection, seller_id):
        raise Refused(403, "seller-blocked", "your account is blocked: you can neither add nor change products")


def _changed(transaction: Transaction, row: Row[Any], values: dict[str, Any]) -> Product:
    if not values:
        return products.product_of(row)
    changed = products.change(transaction, row.product_id, values)
    products.publish_updated(transaction, changed)
    return products.product_of(changed)


def _described(name: str, category: str, description: str) -> dict[str, str]:
    return {
        "name": name,
        "name_key": domain.sort_key(name),
        "category": category,
        "category_key": domain.folded(category),
        "description": description,
        "search_text": domain.search_text(name, category, description),
    }


def _own(transaction: Transaction, seller_id: str, product_id: str, *, deleted_too: bool = False) -> Row[Any]:
    row = products.find_several(transaction.connection, [product_id]).get(product_id)
    if row is None or (row.deleted and not deleted_too):
        raise product_not_found(product_id)
    if row.seller_id != seller_id:
        raise Refused(403, "not-your-product", "only the seller of a product may change it")
    return row
