"""Addresses at which nothing can be delivered: no more mail goes there, and the inbox says so.

A mail server says it when a message is handed over, or an admin who got its report later.
"""

from __future__ import annotations

from services_stub.contracts.http.notification import ReportBounce
from services_stub.notification.domain import templates
from services_stub.notification.domain.delivery import Recorded
from services_stub.notification.domain.message import address_of
from services_stub.notification.handlers.notifying import NotificationRequest, Notifier
from services_stub.notification.store import contacts, spool
from services_stub.runtime.errors import Refused
from services_stub.runtime.identifiers import new_id
from services_stub.runtime.sql.transaction import Transaction


def report(notifier: Notifier, tx: Transaction, command: ReportBounce) -> None:
    """Send no more mail to the address of a report.

    Raises:
        Refused: no user has this address.
    """
    address = address_of(command.email)
    if not address or not contacts.users_with(tx.connection, address):
        raise Refused(404, "recipient-not-found", "no account has this address")
    _bounced(notifier, tx, address, command.reason)


def record_attempts(notifier: Notifier, tx: Transaction, attempts: list[Recorded]) -> None:
    """Write the outcomes of a round of deliveries, and what they say of addresses."""
    spool.record_attempts(tx, attempts)
    for address, error in {item.bounced: item.attempt.error for item in attempts if item.bounced}.items():
        _bounced(notifier, tx, address, error)


def _bounced(notifier: Notifier, tx: Transaction, address: str, reason: str) -> None:
    for user_id in contacts.mark_bouncing(tx, address):
        notifier.contacts.changed(tx, user_id)
        # It can happen again after the user confirmed the address.
        request = NotificationRequest(user_id, "address-bounced", user_id, new_id())
        notifier.notify(tx, request, email=templates.printable(address), reason=templates.reason(reason))
    spool.fail_mails_to(tx, address, f"the address bounces: {reason}")
