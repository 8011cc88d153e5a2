"""Handlers of the order service: commands of shoppers, sellers and other services, and events of payments and sellers.

Each handler loads, asks the table of `fulfilment`, saves, and publishes, in the writer's transaction.
"""

from __future__ import annotations

from collections.abc import Mapping

from services_stub.contracts.base import Event
from services_stub.contracts.events.auth import SellerBlocked, SellerUnblocked
from services_stub.contracts.events.payment import PaymentFailed, PaymentRefunded, PaymentSuccess
from services_stub.order.handlers.payments import payment_failed, payment_refunded, payment_success
from services_stub.order.handlers.sellers import seller_blocked, seller_unblocked
from services_stub.runtime.service import Handler

HANDLERS: Mapping[type[Event], Handler] = {
    PaymentSuccess: payment_success,
    PaymentFailed: payment_failed,
    PaymentRefunded: payment_refunded,
    SellerBlocked: seller_blocked,
    SellerUnblocked: seller_unblocked,
}
