"""Handlers of the order service: commands of shoppers, sellers and other services, and events of payments and sellers.

Each handler loads, asks the table of `fulfilment`, saves, and publishes, in the writer's transaction.
"""

from __future__ import annotations

from collections.abc import Mapping

from services_stub.contracts.base import Event
from services_stub.contracts.events.auth import SellerBlocked, SellerUnblocked
from services_stub.contracts.events.payment import PaymentFailed, PaymentRefunded, PaymentSuccess
from services_stub.order.handlers.payments import on_payment_failed, on_payment_refunded, on_payment_success
from services_stub.order.handlers.sellers import on_seller_blocked, on_seller_unblocked
from services_stub.runtime.service import Handler

HANDLERS: Mapping[type[Event], Handler] = {
    PaymentSuccess: on_payment_success,
    PaymentFailed: on_payment_failed,
    PaymentRefunded: on_payment_refunded,
    SellerBlocked: on_seller_blocked,
    SellerUnblocked: on_seller_unblocked,
}
