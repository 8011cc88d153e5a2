"""Notifying a user: an entry in the inbox, messages in the spool, and the events about them.

A notification is written once for its addressee, template and subject matter, whatever number of events ask for it.
"""

from __future__ import annotations

import msgspec

from services_stub.contracts.events.notification import NotificationSent
from services_stub.contracts.times import rfc3339, to_microseconds
from services_stub.notification import store
from services_stub.notification.domain import templates
from services_stub.notification.domain.delivery import State
from services_stub.notification.domain.message import Recipient, address_of, compose
from services_stub.runtime.errors import Poison
from services_stub.runtime.identifiers import new_id
from services_stub.runtime.service import Outcome
from services_stub.runtime.sql.transaction import Transaction

LONGEST_ID = 200


class NotificationRequest(msgspec.Struct, frozen=True):
    """The recipient, the template, the id that it is about, and the occasion if it can happen again."""

    user_id: str
    template: str
    about: str
    occasion: str = ""


class Notifier:
    """Writes notifications in the transaction of the event that they tell of."""

    def __init__(self, contacts: store.ContactCache) -> None:
        self._contacts = contacts

    def add_recipient(self, tx: Transaction, user_id: str, email: str, name: str, phone: str) -> bool:
        """Remember how a user is reached, and send the notifications that waited; False if it was known already."""
        check_ids(user_id)
        contact = store.Contact(
            address_of(email), templates.printable(name).strip(), templates.printable(phone).strip()
        )
        if not store.insert_recipient(tx, user_id, contact):
            return False
        for row in store.take_unaddressed(tx, user_id):
            request = NotificationRequest(user_id, row.template, row.about, row.occasion)
            _spool(tx, contact, request, row.notification_id, templates.RenderedMessage(row.subject, row.text))
        return True

    def notify(self, tx: Transaction, request: NotificationRequest, **values: str) -> Outcome | None:
        """Write the notification that the template makes of `values`, unless it was written before."""
        check_ids(request.user_id, request.about, request.occasion)
        rendered = templates.render(request.template, request.about, **values)
        notification_id = new_id()
        row = {
            "notification_id": notification_id,
            "user_id": request.user_id,
            "template": request.template,
            "about": request.about,
            "occasion": request.occasion,
            "subject": rendered.subject,
            "text": rendered.text,
            "read": False,
            "created_at": rfc3339(tx.now),
        }
        if not store.insert_notification(tx, row):
            return Outcome.DUPLICATE
        _publish(tx, request, notification_id, store.EMAIL, rendered)
        recipient = self._contacts.find(tx.connection, request.user_id)
        if recipient is None:
            store.insert_unaddressed(tx, notification_id, request.user_id)
        else:
            _spool(tx, recipient, request, notification_id, rendered)
        return None


def check_ids(*ids: str) -> None:
    """Refuse ids that no database can hold.

    Raises:
        Poison: one of them is none.
    """
    for identifier in ids:
        if len(identifier) > LONGEST_ID or not identifier.isprintable():
            raise Poison(f"an id is no text of at most {LONGEST_ID} characters")


def _spool(
    tx: Transaction,
    recipient: store.Contact,
    request: NotificationRequest,
    notification_id: str,
    rendered: templates.RenderedMessage,
) -> None:
    """Write the e-mail and the SMS, as far as the recipient can be reached by them."""
    if recipient.address:
        to = Recipient(recipient.address, recipient.name)
        message = compose(notification_id, to, rendered.subject, rendered.text, tx.now)
        _append(tx, notification_id, store.EMAIL, to.address, rendered.subject, message)
    sms = templates.sms_of(request.template, request.about) if recipient.phone else ""
    if sms:
        sms_id = new_id()
        _append(tx, sms_id, store.SMS, recipient.phone, rendered.subject, sms)
        _publish(tx, request, sms_id, store.SMS, rendered)


def _append(tx: Transaction, notification_id: str, channel: str, recipient: str, subject: str, message: str) -> None:
    store.append_mail(
        tx,
        {
            "notification_id": notification_id,
            "channel": channel,
            "recipient": recipient,
            "subject": subject,
            "message": message,
            "state": State.SPOOLED.value,
            "attempts": 0,
            "error": "",
            "due_at": to_microseconds(tx.now),
            "created_at": rfc3339(tx.now),
        },
    )


def _publish(
    tx: Transaction,
    request: NotificationRequest,
    notification_id: str,
    channel: str,
    rendered: templates.RenderedMessage,
) -> None:
    tx.publish(
        NotificationSent(
            notification_id=notification_id,
            user_id=request.user_id,
            channel=channel,
            template=request.template,
            about=request.about,
            subject_line=rendered.subject,
        )
    )
