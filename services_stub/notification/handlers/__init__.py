"""The notification service's handlers: they notify users of events, keep their preferences, and deliver the spool."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from services_stub.contracts.base import Event
from services_stub.contracts.events.auth import PasswordChanged, RefreshTokenReused, SellerBlocked, UserCreated
from services_stub.contracts.events.order import OrderCreated, OrderUpdated
from services_stub.contracts.events.payment import PaymentFailed, PaymentRefunded, PaymentSuccess
from services_stub.contracts.events.seller import StockLow
from services_stub.notification.handlers.accounts import (
    on_password_changed,
    on_refresh_token_reused,
    on_seller_blocked,
    on_user_created,
)
from services_stub.notification.handlers.notifying import DigestRules, Notifier
from services_stub.notification.handlers.orders import changes_nothing, on_order_created, on_order_updated
from services_stub.notification.handlers.payments import on_payment_failed, on_payment_refunded, on_payment_success
from services_stub.notification.handlers.stock import on_stock_low
from services_stub.runtime.service import Handler


def handlers(notifier: Notifier) -> Mapping[type[Event], Handler]:
    """The handlers of the consumed events, which write their notifications by `notifier`."""
    return {
        UserCreated: partial(on_user_created, notifier),
        OrderCreated: partial(on_order_created, notifier),
        OrderUpdated: partial(on_order_updated, notifier),
        PaymentSuccess: partial(on_payment_success, notifier),
        PaymentFailed: partial(on_payment_failed, notifier),
        PaymentRefunded: partial(on_payment_refunded, notifier),
        PasswordChanged: partial(on_password_changed, notifier),
        RefreshTokenReused: partial(on_refresh_token_reused, notifier),
        SellerBlocked: partial(on_seller_blocked, notifier),
        StockLow: partial(on_stock_low, notifier),
    }


__all__ = ["DigestRules", "Notifier", "changes_nothing", "handlers"]
