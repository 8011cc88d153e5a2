"""The base of the seller's screens: they are read again whenever something happened that concerns them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from marketplace_tui.screens.base import ClientScreen
from services_stub.contracts.events import Event

AGAIN_SECONDS = 0.5


class SellerScreen(ClientScreen):
    """A screen that is read again after events of the kinds in `FOLLOWS`: at once, and once more a moment later.

    The numbers come from a read model, which may hear of an event later than the client does. While events go on, the
    screen is read twice a second and no more.
    """

    FOLLOWS: ClassVar[tuple[type[Event], ...]] = ()

    def __init__(self) -> None:
        super().__init__()
        self._waits = False
        self._again = False

    def on_events(self, events: Sequence[Event], missed: bool) -> None:
        """Read again what may have changed."""
        if not (missed or any(isinstance(event, self.FOLLOWS) for event in events)):
            return
        if self._waits:
            self._again = True
        else:
            self.read_soon()

    def read_soon(self) -> None:
        """Read now, and once more a moment later; nothing, where the screen is gone."""
        if self.is_there:
            self.refresh_data()
            self._again = True
            self._wait()

    def _wait(self) -> None:
        if not self._waits:
            self._waits, self._again = True, False
            self.set_timer(AGAIN_SECONDS, self._read_again)

    def _read_again(self) -> None:
        self._waits = False
        self.refresh_data()
        if self._again:
            self._wait()
