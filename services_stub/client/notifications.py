"""The inbox of the signed-in account, and the channels of its messages."""

from __future__ import annotations

from collections.abc import Sequence

from services_stub.client.errors import checked_input
from services_stub.client.transport import Transport, path_segment
from services_stub.contracts.http.notification import (
    ChangePreferences,
    Inbox,
    MessageChannel,
    Notification,
    Preferences,
)
from services_stub.contracts.http.page import DEFAULT_PAGE

_BASE = "/notification-service/api/notifications"
_PREFERENCES = "/notification-service/api/preferences"


class NotificationsArea:
    """The operations on the own inbox and the own preferences."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def list(self, *, unread: bool | None = None, cursor: str = "", limit: int = DEFAULT_PAGE) -> Inbox:
        """A page of the inbox, newest first; `unread` leaves out the read ones."""
        query = {"unread": unread, "cursor": cursor, "limit": limit}
        return await self._transport.request("GET", _BASE, Inbox, query=query)

    async def mark_read(self, notification_id: str) -> Notification:
        """Mark one message as read."""
        return await self._transport.request("POST", f"{_BASE}/{path_segment(notification_id)}/read", Notification)

    async def mark_all_read(self) -> Inbox:
        """Mark every message as read."""
        return await self._transport.request("POST", f"{_BASE}/read-all", Inbox)

    async def preferences(self) -> Preferences:
        """The channels of each kind of message, the telephone number, and whether mail comes back."""
        return await self._transport.request("GET", _PREFERENCES, Preferences)

    async def change_preferences(
        self,
        *,
        phone: str = "",
        delivery: Sequence[MessageChannel],
        sales: Sequence[MessageChannel],
        stock: Sequence[MessageChannel],
    ) -> Preferences:
        """Replace the preferences, and confirm that the e-mail address works. SMS needs a number like +15550100."""
        with checked_input():
            body = ChangePreferences(phone=phone, delivery=list(delivery), sales=list(sales), stock=list(stock))
        return await self._transport.request("PUT", _PREFERENCES, Preferences, body=body)
