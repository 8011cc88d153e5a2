"""The index follows the events of products: by version, so that repeated and late ones change nothing."""

from __future__ import annotations

from collections.abc import Mapping

from services_stub.contracts.base import Event
from services_stub.contracts.events.product import ProductCreated, ProductDeleted, ProductStatus, ProductUpdated
from services_stub.contracts.money import to_cents
from services_stub.runtime.errors import Poison
from services_stub.runtime.service import Handler
from services_stub.runtime.sql.transaction import Received, Transaction
from services_stub.search.domain import index_terms, sort_key
from services_stub.search.store.changes import Change, apply_changes

_LARGEST = 2**63 - 1


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
    if isinstance(event, ProductDeleted):
        fields = None
    else:
        name_terms = index_terms(event.name)
        fields = {
            "name": event.name,
            "name_key": sort_key(event.name),
            "category": event.category,
            "category_key": sort_key(event.category),
            "description": event.description,
            "name_terms": name_terms,
            "terms": index_terms(name_terms, event.category, event.description),
            "price_cents": to_cents(event.price),
            "currency": event.currency,
            "quantity": event.quantity,
            "buyable": event.status is ProductStatus.ACTIVE,
        }
        _check("quantity", event.quantity)
    _check("version", event.version)
    return Change(event.product_id, event.seller_id, event.version, fields)


def _check(field: str, value: int) -> None:
    if abs(value) > _LARGEST:
        raise Poison(f"`{field}` has more than 64 bits")


HANDLERS: Mapping[type[Event], Handler] = {
    ProductCreated: on_product_created,
    ProductUpdated: on_product_updated,
    ProductDeleted: on_product_deleted,
}
