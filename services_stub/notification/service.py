"""The notification service as the runtime starts it. Mail is only delivered where a mail server is configured."""

from __future__ import annotations

import random
from collections.abc import Sequence

from services_stub.contracts.events.order import OrderUpdated
from services_stub.notification.api import ROUTES
from services_stub.notification.handlers import TEMPLATE_OF_STATUS, Notifier, handlers
from services_stub.notification.handlers.delivery import DatabaseSpool, Delivery
from services_stub.notification.handlers.smtp import MailServer, SmtpSession
from services_stub.notification.store import TABLES, ContactCache
from services_stub.runtime.context import Context
from services_stub.runtime.service import Service, Worker


def _workers(context: Context) -> Sequence[Worker]:
    url = context.settings.options.get("smtp_url", "")
    if not url:
        return ()
    session = SmtpSession(MailServer.parse(url))
    return (Delivery(DatabaseSpool(context), session, random.Random()),)


def notification_service() -> Service:
    """The service, with a cache of contacts of its own."""
    return Service(
        name="notification",
        routes=ROUTES,
        tables=TABLES,
        handlers=handlers(Notifier(ContactCache())),
        batch_linger=0.02,
        # Where only a part changed, the order's own status did not.
        filters={
            OrderUpdated: lambda event: event.status not in TEMPLATE_OF_STATUS or event.status is event.previous_status
        },
        workers=_workers,
    )


SERVICE = notification_service()
