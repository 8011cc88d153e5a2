"""How users are reached: their addresses, and the channels that they chose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, update

from services_stub.notification.domain.kinds import SWITCHABLE, Channel, Choices, Contact
from services_stub.notification.store.tables import preferences, recipients
from services_stub.runtime.sql.database import InsertOrIgnore
from services_stub.runtime.sql.prepared import fetch
from services_stub.runtime.sql.transaction import Transaction

REMEMBERED = 10_000

_insert_recipient = InsertOrIgnore(recipients)
_contact = (
    select(
        recipients.c.address,
        recipients.c.name,
        recipients.c.bouncing,
        recipients.c.phone.label("registered_phone"),
        preferences.c.phone,
        preferences.c.delivery,
        preferences.c.sales,
        preferences.c.stock,
    )
    .outerjoin(preferences, preferences.c.user_id == recipients.c.user_id)
    .where(recipients.c.user_id == bindparam("user_id"))
)
_chosen = select(preferences).where(preferences.c.user_id == bindparam("user_id"))
_insert_preferences = InsertOrIgnore(preferences)
_update_preferences = (
    update(preferences)
    .where(preferences.c.user_id == bindparam("of_user"))
    .values({column: bindparam(f"new_{column}") for column in ("phone", *SWITCHABLE)})
)
_confirm = update(recipients).where(recipients.c.user_id == bindparam("of_user")).values(bouncing=False)
_mark_bouncing = (
    update(recipients)
    .where(recipients.c.address == bindparam("of_address"), recipients.c.bouncing.is_(False))
    .values(bouncing=True)
    .returning(recipients.c.user_id)
)
_with_address = select(recipients.c.user_id).where(recipients.c.address == bindparam("address"))


class ContactCache:
    """The contacts, remembered once read, because every notification needs one.

    A contact that is changed is read anew until the change is committed, and for good where it is rolled back.
    """

    def __init__(self) -> None:
        self._known: dict[str, Contact] = {}
        self._changing: set[str] = set()

    def find(self, connection: Connection, user_id: str) -> Contact | None:
        """How a user is reached, or None as long as it is unknown."""
        known = self._known.get(user_id)
        if known is None:
            known = find_contact(connection, user_id)
            if known is None or user_id in self._changing:
                return known
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[user_id] = known
        return known

    def changed(self, transaction: Transaction, user_id: str) -> None:
        """Forget a contact that `transaction` changes."""
        self._known.pop(user_id, None)
        self._changing.add(user_id)
        transaction.after_commit(lambda: self._changing.discard(user_id))


def find_contact(connection: Connection, user_id: str) -> Contact | None:
    """How a user is reached, or None as long as it is unknown."""
    row = next(iter(fetch(connection, _contact, {"user_id": user_id})), None)
    if row is None:
        return None
    phone = row.registered_phone if row.phone is None else row.phone
    return Contact(row.address, row.name, phone, bool(row.bouncing), _choices(row))


def insert_recipient(transaction: Transaction, user_id: str, contact: Contact) -> bool:
    """Remember how a user is reached; False if that was known already."""
    row = {
        "user_id": user_id,
        "address": contact.address,
        "name": contact.name,
        "phone": contact.phone,
        "bouncing": False,
    }
    return transaction.write(_insert_recipient, row) == 1


def find_choices(connection: Connection, user_id: str) -> tuple[str | None, Choices]:
    """The phone number (None: as registered) and the channels that a user chose."""
    row = connection.execute(_chosen, {"user_id": user_id}).one_or_none()
    return (None, Choices()) if row is None else (row.phone, _choices(row))


def save_choices(transaction: Transaction, user_id: str, phone: str | None, choices: Choices) -> None:
    """Keep the phone number (None: as registered) and the channels that a user chose."""
    values = {"phone": phone, **{kind.value: _joined(choices.of(kind)) for kind in SWITCHABLE}}
    if not transaction.write(_insert_preferences, {"user_id": user_id, **values}):
        changes = {f"new_{column}": value for column, value in values.items()}
        transaction.write(_update_preferences, {"of_user": user_id, **changes})


def confirm_address(transaction: Transaction, user_id: str) -> None:
    """Take it that the user's address works."""
    transaction.write(_confirm, {"of_user": user_id})


def mark_bouncing(transaction: Transaction, address: str) -> list[str]:
    """Send no more mail to an address; those of its users for which that is new."""
    return [row.user_id for row in transaction.fetch(_mark_bouncing, {"of_address": address})]


def users_with(connection: Connection, address: str) -> Sequence[str]:
    """The users with an address."""
    return connection.execute(_with_address, {"address": address}).scalars().all()


def _choices(row: Row[Any]) -> Choices:
    if row.delivery is None and row.sales is None and row.stock is None:
        return Choices()
    chosen = {kind: getattr(row, kind.value) for kind in SWITCHABLE}
    return Choices({kind: _channels(text) for kind, text in chosen.items() if text is not None})


def _joined(channels: frozenset[Channel]) -> str:
    return ",".join(sorted(channels))


def _channels(text: str) -> frozenset[Channel]:
    return frozenset(Channel(name) for name in text.split(",") if name)
