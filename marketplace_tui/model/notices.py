"""The notices of low and sold-out stock, and the threshold at which they are made."""

from __future__ import annotations

from marketplace_tui.model.marketplace import Marketplace
from marketplace_tui.model.pages import PAGE, Loaded, Pages
from marketplace_tui.model.resource import Resource
from services_stub.contracts.http.seller import SellerSettings, StockNotice


class Notices:
    """The notices, newest first. `unread` is how many of all are unread."""

    def __init__(self, marketplace: Marketplace) -> None:
        self.unread = 0
        self._marketplace = marketplace
        tasks, clock, ask = marketplace.tasks, marketplace.clock, marketplace.connection.ask
        self.found: Pages[StockNotice] = Pages(self._load_page, tasks, clock)
        self.settings: Resource[SellerSettings] = Resource(
            lambda: ask(marketplace.client.seller.settings()), tasks, clock
        )

    def refresh(self) -> None:
        """Read notices and threshold again."""
        self.found.refresh()
        self.settings.refresh()

    def notice(self, notice_id: str) -> StockNotice | None:
        """A notice that was read."""
        return next((notice for notice in self.found.items if notice.notice_id == notice_id), None)

    async def _load_page(self, cursor: str) -> Loaded[StockNotice]:
        area = self._marketplace.client.seller
        page = await self._marketplace.connection.ask(area.notices(cursor=cursor, limit=PAGE))
        self.unread = page.unread
        return Loaded(tuple(page.items), page.next_cursor)
