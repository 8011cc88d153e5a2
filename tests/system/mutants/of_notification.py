"""Mutants of the notification service: messages that are lost, come twice, or are shown to others."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace as changed
from sqlalchemy import Connection, select

from services_stub.notification.handlers.notifying import NotificationRequest, Notifier
from services_stub.notification.store import inboxes
from services_stub.notification.store.tables import notifications
from services_stub.runtime.identifiers import new_id
from services_stub.runtime.service import Outcome
from simulator.auditor.checks import Check
from tests.system.mutants.mutant import mutant
from tests.system.mutants.patching import every, replace


@mutant("notification", Check.LOST_NOTIFICATION)
def message_is_lost() -> None:
    """Every sixth message is not written."""
    notify, due = Notifier.notify, every(6)

    def notified(self: Notifier, tx: Any, request: NotificationRequest, **values: str) -> Outcome | None:
        return None if due() else notify(self, tx, request, **values)

    replace(Notifier, "notify", notified)


@mutant("notification", Check.DUPLICATE_NOTIFICATION)
def message_has_no_occasion() -> None:
    """Each update of an order tells of all its parts again."""
    notify = Notifier.notify

    def notified(self: Notifier, tx: Any, request: NotificationRequest, **values: str) -> Outcome | None:
        return notify(self, tx, changed(request, occasion=new_id()), **values)

    replace(Notifier, "notify", notified)


@mutant("notification", Check.LEAK)
def inbox_of_another_is_shown() -> None:
    """A user reads the messages of another one."""
    page = inboxes.inbox_page

    def shown(connection: Connection, user_id: str, *arguments: Any) -> Any:
        buyers = select(notifications.c.user_id).where(notifications.c.template == "order-placed")
        another = connection.scalar(buyers.where(notifications.c.user_id != user_id).limit(1))
        return page(connection, another or user_id, *arguments)

    replace(inboxes, "inbox_page", shown)
