"""The marketplace as the client knows it: what every screen shares."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from marketplace_tui.model.cart import CartModel
from marketplace_tui.model.checkout import CheckoutModel
from marketplace_tui.model.connection import Connection
from marketplace_tui.model.control import Connect, Control
from marketplace_tui.model.live import Live
from marketplace_tui.model.resource import Resource
from marketplace_tui.model.sellers import SellerNames
from marketplace_tui.model.tasks import Tasks
from marketplace_tui.model.undo import Undo
from services_stub.client.control import ControlClient
from services_stub.client.marketplace import MarketplaceClient
from services_stub.contracts.control import State
from services_stub.contracts.events import Event
from services_stub.contracts.events.notification import NotificationSent
from services_stub.contracts.events.product import ProductDeleted, ProductUpdated

if TYPE_CHECKING:
    from marketplace_tui.model.trace.playback import Playback
    from simulator.trace import Flow

CART_EVENTS = (ProductUpdated, ProductDeleted)


class Marketplace:
    """The connection, the live stream, cart and checkout, names of sellers, unread messages, and what can be undone.

    `state` is the state file of a marketplace on this machine, and `control` its control API; both are None where only
    its gateway is known. `connect` gives the client of that API, where it is not the one of the data directory.
    Where a `recording` is looked at, there is no marketplace behind it, and nothing is asked.
    """

    def __init__(
        self,
        client: MarketplaceClient,
        tasks: Tasks,
        *,
        state: State | None = None,
        connect: Connect | None = None,
        recording: Playback | None = None,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.tasks, self.clock, self.now, self.state, self.recording = tasks, clock, now, state, recording
        self.connection = Connection(client, clock, without_account="guest" if recording is None else "reader")
        self.undo = Undo()
        self.cart = CartModel(self.connection, tasks, clock, self.undo)
        self.sellers = SellerNames(self.connection, tasks, clock)
        self.checkout = CheckoutModel(self.connection, tasks, clock, self.cart)
        self.unread: Resource[int] = Resource(self._count_unread, tasks, clock)
        self.control: Control | None = None
        if state is not None:
            directory = Path(state.data_dir)
            self.control = Control(connect or (lambda: ControlClient.at(directory)), tasks, clock)
        self.marked_flow: Flow | None = None
        """The flow that another one is compared with."""
        self.live = Live(self.connection, tasks)
        self.live.listen(self._on_events)
        self.connection.watch(self._on_connection)
        self._seen = self._identity()

    @property
    def client(self) -> MarketplaceClient:
        """The client, for calls that go through `connection.ask`."""
        return self.connection.client

    def start(self) -> None:
        """Begin to read and to follow."""
        if self.recording is not None:
            return
        self.live.start()
        if self.control is not None:
            self.control.start()
        self._refresh()

    async def close(self) -> None:
        """End all work, and the connections."""
        await self.tasks.stop()
        if self.recording is not None:
            self.recording.end()
        await self.client.close()

    async def _count_unread(self) -> int:
        if self.connection.role not in ("user", "seller"):
            return 0
        return (await self.connection.ask(self.client.notifications.list(unread=True, limit=1))).unread

    def _refresh(self) -> None:
        if self.connection.role in ("guest", "user"):
            self.cart.kept.refresh()
        self.unread.refresh()

    def _on_connection(self) -> None:
        """Another account has a cart and messages of its own; after an outage everything is read again."""
        seen = self._identity()
        if seen == self._seen:
            return
        if seen[0] != self._seen[0]:
            self.undo.forget()
            self.cart.forget()
            self.checkout.forget()
            self.unread.forget()
        self._seen = seen
        if seen[1]:
            self._refresh()

    def _identity(self) -> tuple[str, bool]:
        user = self.connection.user
        return (user.user_id if user else "", self.connection.offline_since is None)

    def _on_events(self, events: Sequence[Event], missed: bool) -> None:
        kinds = {type(event) for event in events}
        self.checkout.hear(events, missed)
        if missed or NotificationSent in kinds:
            self.unread.refresh()
        if missed or kinds & set(CART_EVENTS):
            self.cart.kept.refresh()
