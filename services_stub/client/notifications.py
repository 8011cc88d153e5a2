"""The inbox of the signed-in account."""

from __future__ import annotations

from services_stub.client.transport import Transport, path_segment
from services_stub.contracts.http.notification import Inbox, Notification
from services_stub.contracts.http.page import DEFAULT_PAGE

_BASE = "/notification-service/api/notifications"


class NotificationsArea:
    """The operations on the own inbox."""

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
