"""The index follows the events of products: by version, so that repeated and late ones change nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services_stub.contracts.base import LARGEST_NUMBER, Event
from services_stub.contracts.events.product import ProductCreated, ProductDeleted, ProductStatus, ProductUpdated
from services_stub.contracts.http.product import ProductState
from services_stub.contracts.money import to_cents
from services_stub.runtime.errors import Poison
from services_stub.runtime.service import Handler
from services_stub.runtime.sql.transaction import Received, Transaction
from services_stub.search.domain import index_terms, sort_key
from services_stub.search.store.changes import Change, apply_changes


def on_product_created(tx: Transaction, received: Received[ProductCreated]) -> None:
    """Add a product to the index, unless a later event came first."""
    tx.defer(apply_changes, change_of(received.event))


def on_product_updated(tx: Transaction, received: Received[ProductUpdated]) -> None:
    """Show a product as it is now, also where its creation was not heard of."""
    tx.defer(apply_changes, change_of(received.event))


def on_product_deleted(tx: Transaction, received: Received[ProductDeleted]) -> None:
    """Take a product out of the index for good."""
    tx.defer(apply_changes, change_of(received.event))


def change_of(event: ProductCreated | ProductUpdated | ProductDeleted) -> Change:
    """The change of the index that an event asks for.

    Raises:
        Poison: it has numbers that no database takes.
    """
    _check("version", event.version)
    if isinstance(event, ProductDeleted):
        return Change(event.product_id, event.seller_id, event.version, None)
    _check("quantity", event.quantity)
    return Change(event.product_id, event.seller_id, event.version, _fields(event))


def change_to(state: ProductState) -> Change:
    """The change of the index to the present state of a product."""
    return Change(state.product_id, state.seller_id, state.version, None if state.deleted else _fields(state))


def _fields(state: ProductCreated | ProductUpdated | ProductState) -> dict[str, Any]:
    name_terms = index_terms(state.name)
    return {
        "name": state.name,
        "name_key": sort_key(state.name),
        "category": state.category,
        "category_key": sort_key(state.category),
        "description": state.description,
        "name_terms": name_terms,
        "terms": index_terms(name_terms, state.category, state.description),
        "price_cents": to_cents(state.price),
        "currency": state.currency,
        "quantity": state.quantity,
        "buyable": state.status is ProductStatus.ACTIVE,
    }


def _check(field: str, value: int) -> None:
    if not 0 <= value <= LARGEST_NUMBER:
        raise Poison(f"`{field}` lies beyond what every store keeps")


HANDLERS: Mapping[type[Event], Handler] = {
    ProductCreated: on_product_created,
    ProductUpdated: on_product_updated,
    ProductDeleted: on_product_deleted,
}
