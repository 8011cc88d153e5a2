"""The index follows the events of products: by version, so that repeated and late ones change nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services_stub.contracts.base import Event
from services_stub.contracts.events.product import ProductCreated, ProductDeleted, ProductStatus, ProductUpdated
from services_stub.contracts.money import to_cents
from services_stub.runtime.service import Handler
from services_stub.runtime.sql.transaction import Received, Transaction
from services_stub.search.domain import index_terms, sort_key
from services_stub.search.store import products

_GONE: dict[str, Any] = {
    **dict.fromkeys(("name", "name_key", "category", "category_key", "description"), ""),
    **dict.fromkeys(("name_terms", "text_terms", "currency"), ""),
    "price_cents": 0,
    "quantity": 0,
    "buyable": False,
    "deleted": True,
}
"""The fields of a deleted product: that it is gone is all that is kept of it."""


def on_product_created(tx: Transaction, received: Received[ProductCreated]) -> None:
    """Add a product to the index, unless a later event came first."""
    _keep(tx, received.event)


def on_product_updated(tx: Transaction, received: Received[ProductUpdated]) -> None:
    """Show a product as it is now, also where its creation was not heard of."""
    _keep(tx, received.event)


def on_product_deleted(tx: Transaction, received: Received[ProductDeleted]) -> None:
    """Take a product out of the index for good."""
    event = received.event
    _save(tx, event.product_id, products.find(tx, event.product_id), _GONE | _identity(event))


def _keep(tx: Transaction, event: ProductCreated | ProductUpdated) -> None:
    known = products.find(tx, event.product_id)
    if known is not None and (known.deleted or known.version >= event.version):
        return
    name_terms, text_terms = index_terms(event.name), index_terms(event.category, event.description)
    fields = {
        "name": event.name,
        "name_key": sort_key(event.name),
        "category": event.category,
        "category_key": sort_key(event.category),
        "description": event.description,
        "name_terms": name_terms,
        "text_terms": text_terms,
        "price_cents": to_cents(event.price),
        "currency": event.currency,
        "quantity": event.quantity,
        "buyable": event.status is ProductStatus.ACTIVE,
        "deleted": False,
    }
    _save(tx, event.product_id, known, fields | _identity(event))
    if known is None or (known.name_terms, known.text_terms) != (name_terms, text_terms):
        products.learn(tx, {*name_terms.split(), *text_terms.split()})


def _identity(event: ProductCreated | ProductUpdated | ProductDeleted) -> dict[str, Any]:
    return {"seller_id": event.seller_id, "version": event.version}


def _save(tx: Transaction, product_id: str, known: Any | None, fields: dict[str, Any]) -> None:
    if known is None:
        products.add(tx, product_id, fields)
    else:
        products.replace(tx, product_id, fields)


HANDLERS: Mapping[type[Event], Handler] = {
    ProductCreated: on_product_created,
    ProductUpdated: on_product_updated,
    ProductDeleted: on_product_deleted,
}
