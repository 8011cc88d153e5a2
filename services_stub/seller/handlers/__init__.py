"""Handlers of the seller service, and the table of its events."""

from __future__ import annotations

from collections.abc import Mapping

from services_stub.contracts.base import Event
from services_stub.contracts.events.order import OrderCreated, OrderUpdated
from services_stub.contracts.events.payment import PaymentFailed, PaymentRefunded, PaymentSuccess
from services_stub.contracts.events.product import ProductCreated, ProductDeleted, ProductUpdated
from services_stub.runtime.service import Handler
from services_stub.seller.handlers.sales import (
    on_order_created,
    on_order_updated,
    on_payment_failed,
    on_payment_refunded,
    on_payment_success,
)
from services_stub.seller.handlers.stock import on_product_created, on_product_deleted, on_product_updated

HANDLERS: Mapping[type[Event], Handler] = {
    OrderCreated: on_order_created,
    OrderUpdated: on_order_updated,
    PaymentSuccess: on_payment_success,
    PaymentFailed: on_payment_failed,
    PaymentRefunded: on_payment_refunded,
    ProductCreated: on_product_created,
    ProductUpdated: on_product_updated,
    ProductDeleted: on_product_deleted,
}
