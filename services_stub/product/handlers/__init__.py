"""Handlers of the product service: plain functions over one transaction, and the table of its events."""

from __future__ import annotations

from collections.abc import Mapping

from services_stub.contracts.base import Event
from services_stub.contracts.events.auth import SellerBlocked, SellerUnblocked
from services_stub.contracts.events.order import OrderUpdated
from services_stub.product.handlers.events import (
    concerns_no_stock,
    on_order_updated,
    on_seller_blocked,
    on_seller_unblocked,
)
from services_stub.runtime.service import Handler

__all__ = ["HANDLERS", "concerns_no_stock"]

HANDLERS: Mapping[type[Event], Handler] = {
    OrderUpdated: on_order_updated,
    SellerBlocked: on_seller_blocked,
    SellerUnblocked: on_seller_unblocked,
}
