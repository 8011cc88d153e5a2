"""The inbox of the account that is signed in: what was unread at the first look stays above what was not."""

from __future__ import annotations

from marketplace_tui.model.marketplace import Marketplace
from marketplace_tui.model.pages import PAGE, Loaded, Pages
from services_stub.client.errors import MarketplaceError
from services_stub.contracts.http.notification import Notification


class InboxModel:
    """The messages. One that is read stays where it is, so that the cursor does not jump."""

    def __init__(self, marketplace: Marketplace) -> None:
        self._marketplace = marketplace
        self._seen_unread: set[str] = set()
        self._read_here: set[str] = set()
        self.messages: Pages[Notification] = Pages(self._load_page, marketplace.tasks, marketplace.clock)

    @property
    def shown(self) -> list[Notification]:
        """Unread ones first, the newest of each kind before the others."""
        items = self.messages.items
        return [one for one in items if self._is_above(one)] + [one for one in items if not self._is_above(one)]

    def message(self, notification_id: str) -> Notification | None:
        """A message that was read from the marketplace."""
        return next((one for one in self.messages.items if one.notification_id == notification_id), None)

    def is_unread(self, message: Notification) -> bool:
        """Whether a message is unread; one that is being marked counts as read."""
        return not message.read and message.notification_id not in self._read_here

    def mark_read(self, message: Notification) -> None:
        """Mark a message as read; it shows at once."""
        if self.is_unread(message):
            self._read_here.add(message.notification_id)
            self.messages.changed()
            self._marketplace.tasks.start(self._mark(message.notification_id))

    def mark_all_read(self) -> None:
        """Mark every message as read."""
        self._read_here |= {one.notification_id for one in self.messages.items}
        self.messages.changed()
        self._marketplace.tasks.start(self._mark(""))

    async def _mark(self, notification_id: str) -> None:
        notifications = self._marketplace.client.notifications
        try:
            if notification_id:
                await self._marketplace.connection.ask(notifications.mark_read(notification_id))
            else:
                await self._marketplace.connection.ask(notifications.mark_all_read())
        except MarketplaceError as error:
            self._read_here.clear()
            self.messages.error = error
        self.messages.refresh()
        self._marketplace.unread.refresh()

    def _is_above(self, message: Notification) -> bool:
        return message.notification_id in self._seen_unread

    async def _load_page(self, cursor: str) -> Loaded[Notification]:
        page = await self._marketplace.connection.ask(
            self._marketplace.client.notifications.list(cursor=cursor, limit=PAGE)
        )
        self._seen_unread |= {one.notification_id for one in page.items if not one.read}
        return Loaded(tuple(page.items), page.next_cursor)
