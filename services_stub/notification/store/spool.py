"""Statements on the spool."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, update

from services_stub.contracts.http.notification import Mail
from services_stub.contracts.http.page import Page
from services_stub.notification.domain.delivery import Recorded, State
from services_stub.notification.domain.kinds import Channel
from services_stub.notification.store.tables import is_secret, spool, waits_for_delivery
from services_stub.runtime.sql import keyset
from services_stub.runtime.sql.keyset import SortOrder
from services_stub.runtime.sql.transaction import Transaction

_record_attempts = (
    update(spool)
    .where(spool.c.mail_id == bindparam("of_mail"), spool.c.state == State.SPOOLED.value)
    .values(
        state=bindparam("new_state"),
        attempts=bindparam("new_attempts"),
        error=bindparam("new_error"),
        due_at=bindparam("new_due_at"),
    )
)
_fail_mails_to = (
    update(spool)
    .where(waits_for_delivery, spool.c.channel == Channel.EMAIL.value, spool.c.recipient == bindparam("to_address"))
    .values(state=State.FAILED.value, error=bindparam("new_error"))
)
FORGOTTEN = "This message had a token in it. It is not kept.\n"
_forget_secrets = (
    update(spool).where(is_secret, spool.c.state != State.SPOOLED.value).values(message=FORGOTTEN, secret=False)
)
_NEWEST_FIRST = SortOrder((spool.c.mail_id,), descending=True)
_mail = select(spool).where(spool.c.mail_id == bindparam("mail_id"))
_due = (
    select(spool)
    .where(waits_for_delivery, spool.c.channel == bindparam("of_channel"), spool.c.due_at <= bindparam("now"))
    .order_by(spool.c.due_at)
)


def append_mail(transaction: Transaction, row: dict[str, Any]) -> None:
    """Put a complete message into the spool."""
    transaction.append(spool, row)


def record_attempts(transaction: Transaction, attempts: Sequence[Recorded]) -> None:
    """Write the outcomes of attempts to deliver messages; one that was settled before stays so."""
    rows = [
        {
            "of_mail": item.mail_id,
            "new_state": item.attempt.state.value,
            "new_attempts": item.attempts,
            "new_error": item.attempt.error,
            "new_due_at": item.due_at,
        }
        for item in attempts
    ]
    transaction.write(_record_attempts, *rows)
    transaction.execute(_forget_secrets)


def fail_mails_to(transaction: Transaction, address: str, error: str) -> None:
    """Deliver nothing of what waits for an address."""
    transaction.write(_fail_mails_to, {"to_address": address, "new_error": error})
    transaction.execute(_forget_secrets)


def due_messages(connection: Connection, channel: Channel, now: int, most: int) -> Sequence[Row[Any]]:
    """Up to `most` messages that are to be delivered by `now` (microseconds of Unix time), longest due first."""
    return connection.execute(_due.limit(most), {"of_channel": channel.value, "now": now}).all()


def mail_page(connection: Connection, cursor: str, limit: int) -> Page[Mail]:
    """A page of the spool, newest first, without the messages themselves."""
    return keyset.page(connection, select(spool), _NEWEST_FIRST, cursor, limit, _without_message)


def find_mail(connection: Connection, mail_id: int) -> Mail | None:
    """One spooled message, complete."""
    row = connection.execute(_mail, {"mail_id": mail_id}).one_or_none()
    return None if row is None else _to_mail(row, row.message)


def _to_mail(row: Row[Any], message: str) -> Mail:
    return Mail(
        mail_id=row.mail_id,
        channel=row.channel,
        recipient=row.recipient,
        subject=row.subject,
        state=row.state,
        attempts=row.attempts,
        error=row.error,
        created_at=row.created_at,
        message=message,
    )


def _without_message(row: Row[Any]) -> Mail:
    return _to_mail(row, "")
