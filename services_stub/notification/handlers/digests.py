"""Digests: a seller's sales that were gathered are told by one message, at the end of the window.

What was gathered goes in the transaction that writes the digest, so there is exactly one, whenever the process dies.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from time import monotonic, sleep

import msgspec
import structlog

from services_stub.contracts.envelope import Cause
from services_stub.contracts.money import BILLION
from services_stub.contracts.times import to_microseconds
from services_stub.notification.domain import amounts, templates
from services_stub.notification.domain.kinds import Kind
from services_stub.notification.handlers.notifying import NotificationRequest, Notifier
from services_stub.notification.store import sales
from services_stub.runtime import clock
from services_stub.runtime.context import Context
from services_stub.runtime.errors import Unavailable
from services_stub.runtime.identifiers import new_id
from services_stub.runtime.periodic import PeriodicWorker
from services_stub.runtime.sql.transaction import Transaction

TEMPLATE = "sales-digest"
_MOST_AT_ONCE = 50
_EVERY = 2.0
_LONGEST_PAUSE = 1.0
_DATABASE = 10.0


class SendDigest(msgspec.Struct, frozen=True):
    """Tell a seller of the sales whose digest is due at `due_at` (microseconds of Unix time)."""

    seller_id: str
    due_at: int


def send_digest(notifier: Notifier, tx: Transaction, command: SendDigest) -> None:
    """Write the digest, on the channels that the seller has chosen by now. If there are none, the inbox must do."""
    seller_id, due_at = command.seller_id, command.due_at
    sums = sales.due_sums(tx.connection, seller_id, due_at)
    shown = sales.due_sales(tx.connection, seller_id, due_at, amounts.MOST_LINES)
    sales.delete_due(tx, seller_id, due_at)
    contact = notifier.contacts.find(tx.connection, seller_id)
    if not sums or contact is None:
        return
    count = sum(row.sales for row in sums)
    total = {row.currency: int(row.billions) * BILLION + int(row.cents) for row in sums}
    rest = dict(total)
    for row in shown:
        rest[row.currency] -= row.amount
    lines = amounts.sale_list(
        [(row.about, row.amount, row.currency) for row in shown], count - len(shown), _together(rest)
    )
    request = NotificationRequest(seller_id, TEMPLATE, seller_id)
    rendered = templates.render(TEMPLATE, seller_id, count=str(count), items=lines, amount=_together(total))
    notifier.spool(tx, contact, contact.channels(Kind.SALES), request, new_id(), rendered)


def _together(cents_by_currency: dict[str, int]) -> str:
    return " + ".join(amounts.amount(cents, currency) for currency, cents in cents_by_currency.items())


def digest_worker(notifier: Notifier, context: Context, clock: Callable[[], datetime] = clock.now) -> PeriodicWorker:
    """The worker that sends the digests when they are due."""

    def send(tx: Transaction, command: SendDigest) -> None:
        send_digest(notifier, tx, command)

    def work() -> bool:
        now, last, sent = to_microseconds(clock()), (0, ""), 0
        for _ in range(_MOST_AT_ONCE):
            due = context.run(context.read(sales.due_digest, now, last), _DATABASE)
            if due is None:
                break
            began = monotonic()
            sent += write(SendDigest(due.user_id, due.due_at))
            sleep(min(monotonic() - began, _LONGEST_PAUSE))  # Events wait for the database meanwhile.
            last = due.due_at, due.user_id
        return sent == _MOST_AT_ONCE

    def write(command: SendDigest) -> bool:
        """Whether the digest was written: one that cannot be must not hold up those of other sellers."""
        try:
            context.write_from_thread(send, command, Cause("", new_id(), ""))
        except (Unavailable, MemoryError):
            raise
        except Exception:  # noqa: BLE001 - a bug that one seller's sales provoke
            structlog.get_logger().exception("a digest cannot be written", seller_id=command.seller_id)
            return False
        return True

    return PeriodicWorker("digests", work, _EVERY)
