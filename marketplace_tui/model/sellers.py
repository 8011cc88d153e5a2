"""The names of sellers, asked for when they are first shown, many at once."""

from __future__ import annotations

from collections.abc import Callable

from marketplace_tui.model.connection import Connection
from marketplace_tui.model.tasks import Tasks
from marketplace_tui.model.watched import Watched
from marketplace_tui.text.values import short_id
from services_stub.client.errors import MarketplaceError

MOST_AT_ONCE = 40
MOST_KEPT = 5000
_PAUSE_SECONDS = 5.0


class SellerNames(Watched):
    """Names by seller. One that is not known yet, or has no name, is shown by the end of its id."""

    def __init__(self, connection: Connection, tasks: Tasks, clock: Callable[[], float]) -> None:
        super().__init__()
        self._connection, self._tasks, self._clock = connection, tasks, clock
        self._names: dict[str, str] = {}
        self._wanted: dict[str, None] = {}
        self._asking = False
        self._not_before = 0.0

    def name_of(self, seller_id: str) -> str:
        """The name of a seller; watchers are told when it becomes known."""
        if seller_id not in self._names:
            self._wanted[seller_id] = None
            if not self._asking and self._clock() >= self._not_before:
                self._asking = True
                self._tasks.start(self._ask())
        return self._names.get(seller_id) or short_id(seller_id)

    async def _ask(self) -> None:
        try:
            while self._wanted:
                seller_ids = list(self._wanted)[:MOST_AT_ONCE]
                found = await self._connection.ask(self._connection.client.auth.seller_names(seller_ids))
                if len(self._names) > MOST_KEPT:
                    self._names.clear()
                self._names |= dict.fromkeys(seller_ids, "") | {one.seller_id: one.name for one in found}
                for seller_id in seller_ids:
                    self._wanted.pop(seller_id, None)
                self.changed()
        except MarketplaceError:
            # The ids do until then.
            self._not_before = self._clock() + _PAUSE_SECONDS
        finally:
            self._asking = False
