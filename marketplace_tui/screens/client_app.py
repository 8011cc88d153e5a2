"""The app, as its screens see it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Protocol

from marketplace_tui.actions.action import Action
from marketplace_tui.actions.registry import Keymap
from marketplace_tui.model.marketplace import Marketplace
from marketplace_tui.settings import Settings
from marketplace_tui.text.lines import Line


class ClientApp(Protocol):
    """The app, seen from a screen.

    `warnings` stand in every title, as long as they are there. `flat` and `ascii` are how a person wants it drawn.
    `gateway` is the address of the marketplace.
    """

    marketplace: Marketplace
    keymap: Keymap
    warnings: tuple[str, ...]
    flat: bool
    ascii: bool
    gateway: str
    settings: Settings
    settings_path: Path

    def method_of(self, action: Action) -> Callable[[], None]:
        """The method that does an action of every screen."""

    def go_to(self, place: str) -> None:
        """Show a section."""

    def open_product(self, product_id: str) -> None:
        """Show one product."""

    def open_order(self, order_id: str) -> None:
        """Show one order."""

    def open_trace(self, flow_id: str, since: datetime | None = None) -> None:
        """Follow one flow, whose first event is not much older than `since`."""

    def open_user(self, email: str) -> None:
        """Show one account to an admin."""

    def change_settings(self, settings: Settings) -> None:
        """Apply other settings, and keep them."""

    def rule(self, width: int) -> list[Line]:
        """A line across the screen; none in the flat mode."""
