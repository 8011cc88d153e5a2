"""A user's preferences: the channels for each kind of message, and the telephone number."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from sqlalchemy import Connection

from services_stub.contracts.http.notification import ChangePreferences, MessageChannel, Preferences
from services_stub.notification.domain.kinds import SWITCHABLE, Channel, Choices, Contact, Kind
from services_stub.notification.handlers.notifying import Notifier
from services_stub.notification.store import contacts
from services_stub.runtime.sql.transaction import Transaction

NOTIFIER = "notifier"
"""Where the context of the running service has it."""


class Change(msgspec.Struct, frozen=True):
    """Replace a user's preferences."""

    user_id: str
    body: ChangePreferences


class Unsubscribe(msgspec.Struct, frozen=True):
    """Send a user no more mail of a kind."""

    user_id: str
    kind: Kind


def read(connection: Connection, user_id: str) -> Preferences:
    """A user's preferences; the defaults where nothing was chosen."""
    contact = contacts.find_contact(connection, user_id)
    if contact is None:
        phone, choices = contacts.find_choices(connection, user_id)
        contact = Contact(phone=phone or "", choices=choices)
    shown = {kind: _shown(contact, kind) for kind in SWITCHABLE}
    return Preferences(
        email=contact.address,
        bouncing=contact.bouncing,
        phone=contact.phone,
        delivery=shown[Kind.DELIVERY],
        sales=shown[Kind.SALES],
        stock=shown[Kind.STOCK],
        always_by_email=[kind.value for kind in Kind if kind not in SWITCHABLE],
    )


def change(notifier: Notifier, tx: Transaction, command: Change) -> Preferences:
    """Replace a user's preferences, and take it that the address works: mail goes there again."""
    user_id, body = command.user_id, command.body
    choices = Choices(
        {
            Kind.DELIVERY: _channels(body.delivery),
            Kind.SALES: _channels(body.sales),
            Kind.STOCK: _channels(body.stock),
        }
    )
    contacts.save_choices(tx, user_id, body.phone, choices)
    contacts.confirm_address(tx, user_id)
    notifier.contacts.changed(tx, user_id)
    return read(tx.connection, user_id)


def unsubscribe(notifier: Notifier, tx: Transaction, command: Unsubscribe) -> None:
    """Send a user no more mail of a kind; doing so again changes nothing."""
    phone, choices = contacts.find_choices(tx.connection, command.user_id)
    contacts.save_choices(tx, command.user_id, phone, choices.without_mail(command.kind))
    notifier.contacts.changed(tx, command.user_id)


def _shown(contact: Contact, kind: Kind) -> list[MessageChannel]:
    """The channels of a kind as they may be sent back: SMS needs a number."""
    chosen = contact.choices.of(kind)
    names: list[MessageChannel] = ["email"] if Channel.EMAIL in chosen else []
    return [*names, "sms"] if contact.phone and Channel.SMS in chosen else names


def _channels(names: Iterable[str]) -> frozenset[Channel]:
    return frozenset(map(Channel, names))
