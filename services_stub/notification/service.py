"""The notification service as the runtime starts it. Messages leave it only where a mail server or an SMS sink is."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

from services_stub.contracts.events.order import OrderUpdated
from services_stub.notification.api import ROUTES
from services_stub.notification.domain.kinds import Channel
from services_stub.notification.domain.links import UnsubscribeLinks
from services_stub.notification.handlers import DigestRules, Notifier, changes_nothing, handlers
from services_stub.notification.handlers.delivery import DatabaseSpool, Delivery, Session
from services_stub.notification.handlers.digests import digest_worker
from services_stub.notification.handlers.preferences import NOTIFIER
from services_stub.notification.handlers.sender_passwords import with_password
from services_stub.notification.handlers.sms import SmsSession, SmsSink
from services_stub.notification.handlers.smtp import MailServer, SmtpSession
from services_stub.notification.store import TABLES, unsubscribe_key
from services_stub.runtime.context import Context
from services_stub.runtime.service import Service, Worker


def notification_service(digests: DigestRules | None = None) -> Service:
    """The service, with a cache of contacts of its own."""
    notifier = Notifier(digests)

    def workers(context: Context) -> Sequence[Worker]:
        options = context.settings.options
        key = unsubscribe_key.load_or_make(Path(context.settings.data_dir))
        notifier.links = UnsubscribeLinks(options.get("gateway_url", ""), key)
        context.state[NOTIFIER] = notifier
        sessions: dict[Channel, Session] = {}
        if url := options.get("smtp_url", ""):
            sessions[Channel.EMAIL] = SmtpSession(MailServer.parse(with_password(url, "SMTP")))
        if url := options.get("sms_url", ""):
            sessions[Channel.SMS] = SmsSession(SmsSink.parse(with_password(url, "SMS")))
        deliveries = [
            Delivery(channel, DatabaseSpool(context, notifier, channel), session, random.Random())
            for channel, session in sessions.items()
        ]
        return [*deliveries, digest_worker(notifier, context)]

    return Service(
        name="notification",
        routes=ROUTES,
        tables=TABLES,
        handlers=handlers(notifier),
        batch_linger=0.1,
        # Events become messages of several times their size, and all of a batch are in memory.
        largest_batch=200,
        filters={OrderUpdated: changes_nothing},
        workers=workers,
    )


SERVICE = notification_service()
