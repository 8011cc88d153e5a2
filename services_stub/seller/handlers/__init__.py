"""Handlers of the seller service, and the table of its events."""

from __future__ import annotations

from collections.abc import Mapping

from services_stub.contracts.base import Event
from services_stub.contracts.events.product import ProductCreated, ProductDeleted, ProductUpdated
from services_stub.runtime.service import Handler
from services_stub.seller.handlers.stock import on_product_created, on_product_deleted, on_product_updated

HANDLERS: Mapping[type[Event], Handler] = {
    ProductCreated: on_product_created,
    ProductUpdated: on_product_updated,
    ProductDeleted: on_product_deleted,
}
