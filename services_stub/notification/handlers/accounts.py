"""Handlers of the auth service's events."""

from __future__ import annotations

from services_stub.contracts.events.auth import PasswordChanged, RefreshTokenReused, SellerBlocked, UserCreated
from services_stub.notification.domain import templates
from services_stub.notification.handlers.notifying import NotificationRequest, Notifier
from services_stub.runtime.service import Outcome
from services_stub.runtime.sql.transaction import Received, Transaction


def on_user_created(notifier: Notifier, tx: Transaction, received: Received[UserCreated]) -> Outcome | None:
    """Remember how the user is reached, and welcome them."""
    event = received.event
    if not notifier.add_recipient(tx, event.user_id, event.email, event.name, event.phone):
        return Outcome.DUPLICATE
    request = NotificationRequest(event.user_id, "welcome", event.user_id)
    return notifier.notify(tx, request, role=templates.printable(event.role), email=templates.printable(event.email))


def on_seller_blocked(notifier: Notifier, tx: Transaction, received: Received[SellerBlocked]) -> Outcome | None:
    """Tell the seller. It can happen again after the block was taken back, so each event is an occasion of its own."""
    event = received.event
    request = NotificationRequest(event.seller_id, "seller-blocked", event.seller_id, received.envelope.id)
    return notifier.notify(tx, request, reason=templates.reason(event.reason))


def on_refresh_token_reused(
    notifier: Notifier, tx: Transaction, received: Received[RefreshTokenReused]
) -> Outcome | None:
    """Tell the owner of the session, each time."""
    user_id = received.event.user_id
    return notifier.notify(tx, NotificationRequest(user_id, "session-stolen", user_id, received.envelope.id))


def on_password_changed(notifier: Notifier, tx: Transaction, received: Received[PasswordChanged]) -> Outcome | None:
    """Tell the owner of the account, each time: it may have been another person."""
    user_id = received.event.user_id
    return notifier.notify(tx, NotificationRequest(user_id, "password-changed", user_id, received.envelope.id))
