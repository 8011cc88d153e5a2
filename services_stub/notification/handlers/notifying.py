"""Notifying a user: an entry in the inbox, messages in the spool, and the events about them.

A notification is written once for its addressee, template, subject matter and occasion, whatever number of events ask
for it. The inbox has it whatever its user chose; the other channels are those that the user chose for its kind.
"""

from __future__ import annotations

from collections.abc import Set
from datetime import timedelta
from functools import lru_cache

import msgspec

from services_stub.contracts.events.notification import NotificationSent
from services_stub.contracts.text import has_controls
from services_stub.contracts.times import rfc3339, to_microseconds
from services_stub.notification.domain import templates
from services_stub.notification.domain.delivery import State
from services_stub.notification.domain.kinds import ALWAYS, SWITCHABLE, Channel, Contact, phone_of
from services_stub.notification.domain.links import UnsubscribeLinks
from services_stub.notification.domain.message import Recipient, address_of, compose
from services_stub.notification.domain.templates import TEMPLATES, RenderedMessage
from services_stub.notification.store import contacts, inboxes, sales, spool
from services_stub.runtime.errors import Poison
from services_stub.runtime.identifiers import new_id
from services_stub.runtime.service import Outcome
from services_stub.runtime.sql.transaction import Transaction

LONGEST_ID = 200
SALE = "sale"
_INBOX_ALONE = "inbox"
_shown = lru_cache(maxsize=4)(rfc3339)
"""All of a batch is written at one time."""


class NotificationRequest(msgspec.Struct, frozen=True):
    """The recipient, the template, the id that it is about, and the occasion if it can happen again.

    `amount` is the money that it speaks of, in cents.
    """

    user_id: str
    template: str
    about: str
    occasion: str = ""
    amount: int = 0
    currency: str = ""


class DigestRules(msgspec.Struct, frozen=True):
    """After so many messages about sales within a window, a seller gets the others as one, at the window's end."""

    messages: int = 10
    window: timedelta = timedelta(minutes=15)


class Notifier:
    """Writes notifications in the transaction of the event that they tell of. Without `links`, mails have none."""

    def __init__(self, digests: DigestRules | None = None) -> None:
        self.contacts = contacts.ContactCache()
        self.links: UnsubscribeLinks | None = None
        self._digests = digests or DigestRules()
        # The windows that have their messages. Should one be rolled back after all, a sale more is gathered.
        self._full: dict[str, int] = {}

    def add_recipient(self, tx: Transaction, user_id: str, email: str, name: str, phone: str) -> bool:
        """Remember how a user is reached, and send the notifications that waited; False if it was known already."""
        check_ids(user_id)
        contact = Contact(address_of(email), templates.printable(name).strip(), phone_of(phone))
        if not contacts.insert_recipient(tx, user_id, contact):
            return False
        contact = self.contacts.find(tx.connection, user_id) or contact
        for row in inboxes.take_unaddressed(tx, user_id):
            request = NotificationRequest(user_id, row.template, row.about)
            channels = contact.channels(TEMPLATES[row.template].kind)
            if not (row.template == SALE and self._waits_for_digest(tx, request, row.notification_id)):
                rendered = RenderedMessage(row.subject, row.text)
                self.spool(tx, contact, channels, request, row.notification_id, rendered)
        return True

    def notify(self, tx: Transaction, request: NotificationRequest, **values: str) -> Outcome | None:
        """Write the notification that the template makes of `values`, unless it was written before."""
        check_ids(request.user_id, request.about, request.occasion)
        rendered = templates.render(request.template, request.about, **values)
        contact = self.contacts.find(tx.connection, request.user_id)
        channels = ALWAYS if contact is None else contact.channels(TEMPLATES[request.template].kind)
        channel = Channel.EMAIL.value if Channel.EMAIL in channels else _INBOX_ALONE
        notification_id = self.enter(tx, request, rendered, channel)
        if not notification_id:
            return Outcome.DUPLICATE
        if contact is None:
            inboxes.insert_unaddressed(tx, notification_id, request.user_id)
        elif channels and not (request.template == SALE and self._waits_for_digest(tx, request, notification_id)):
            self.spool(tx, contact, channels, request, notification_id, rendered)
        return None

    def enter(self, tx: Transaction, request: NotificationRequest, rendered: RenderedMessage, channel: str) -> str:
        """Write it into the inbox and say so in an event; its id, or nothing where it was written before."""
        notification_id = new_id()
        row = {
            "notification_id": notification_id,
            "user_id": request.user_id,
            "template": request.template,
            "about": request.about,
            "occasion": request.occasion,
            "channel": channel,
            "subject": rendered.subject,
            "text": rendered.text,
            "amount": request.amount,
            "currency": request.currency,
            "read": False,
            "created_at": _shown(tx.now),
        }
        if not inboxes.insert_notification(tx, row):
            return ""
        _publish(tx, request, notification_id, channel, rendered)
        return notification_id

    def spool(
        self,
        tx: Transaction,
        contact: Contact,
        channels: Set[Channel],
        request: NotificationRequest,
        notification_id: str,
        rendered: RenderedMessage,
    ) -> None:
        """Write the e-mail and the SMS, as far as they are among `channels`."""
        template = TEMPLATES[request.template]
        if Channel.EMAIL in channels:
            link = ""
            if self.links is not None and template.kind in SWITCHABLE:
                link = self.links.url(request.user_id, template.kind)
            to = Recipient(contact.address, contact.name)
            message = compose(notification_id, to, rendered.subject, rendered.text, tx.now, link)
            append(tx, notification_id, Channel.EMAIL, contact.address, rendered.subject, message)
        if template.sms and Channel.SMS in channels:
            sms_id = new_id()
            append(tx, sms_id, Channel.SMS, contact.phone, rendered.subject, rendered.subject)
            _publish(tx, request, sms_id, Channel.SMS, rendered)

    def _waits_for_digest(self, tx: Transaction, request: NotificationRequest, notification_id: str) -> bool:
        """Whether a sale is told by a digest, because its seller was told of so many before. Counts it."""
        user_id, now, rules = request.user_id, to_microseconds(tx.now), self._digests
        ends_at = self._full.get(user_id, 0)
        if now < ends_at:
            sales.gather(tx, user_id, notification_id, ends_at)
            return True
        window = sales.find_window(tx, user_id)
        if window is not None and now < window.ends_at:
            if window.messages >= rules.messages:
                sales.gather(tx, user_id, notification_id, window.ends_at)
                if len(self._full) >= contacts.REMEMBERED:
                    self._full.clear()
                self._full[user_id] = window.ends_at
                return True
            sales.update_window(tx, user_id, window.ends_at, window.messages + 1)
            return False
        ends_at = to_microseconds(tx.now + rules.window)
        if window is None:
            sales.insert_window(tx, user_id, ends_at)
        else:
            sales.update_window(tx, user_id, ends_at, 1)
        return False


def check_ids(*ids: str) -> None:
    """Refuse ids that no database can hold.

    Raises:
        Poison: one of them is none.
    """
    for identifier in ids:
        if len(identifier) > LONGEST_ID or has_controls(identifier):
            raise Poison(f"an id is no text of at most {LONGEST_ID} characters")


def append(
    tx: Transaction,
    message_id: str,
    channel: Channel,
    recipient: str,
    subject: str,
    message: str,
    *,
    secret: bool = False,
) -> None:
    """Put a message into the spool; a secret one is forgotten once it is delivered or given up."""
    spool.append_mail(
        tx,
        {
            "notification_id": message_id,
            "channel": channel.value,
            "recipient": recipient,
            "subject": subject,
            "message": message,
            "state": State.SPOOLED.value,
            "attempts": 0,
            "error": "",
            "due_at": to_microseconds(tx.now),
            "created_at": _shown(tx.now),
            "secret": secret,
        },
    )


def _publish(
    tx: Transaction, request: NotificationRequest, notification_id: str, channel: str, rendered: RenderedMessage
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
