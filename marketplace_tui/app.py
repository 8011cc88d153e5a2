"""The client: one Textual app for all roles, put together here."""

from __future__ import annotations

from collections.abc import Callable

from textual.app import App

from marketplace_tui.actions.action import EVERYWHERE, Action
from marketplace_tui.actions.places import SECTIONS
from marketplace_tui.actions.registry import Keymap
from marketplace_tui.model.marketplace import Marketplace
from marketplace_tui.screens.base import ClientScreen, bindings_of
from marketplace_tui.screens.sections import screen_of
from marketplace_tui.text.lines import Line, Span
from marketplace_tui.text.signs import RULE


class MarketplaceApp(App[None]):
    """The terminal client of one marketplace."""

    CSS_PATH = "app.tcss"
    TITLE = "Marketplace"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS = bindings_of(EVERYWHERE)
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]

    def __init__(
        self, marketplace: Marketplace, *, keymap: Keymap | None = None, ascii_only: bool = False, flat: bool = False
    ) -> None:
        super().__init__()
        self.marketplace = marketplace
        self.keymap = keymap or Keymap()
        self.ascii = ascii_only
        self.flat = flat
        self.warnings: tuple[str, ...] = ()

    async def on_mount(self) -> None:
        """Show the first section of the account that is signed in."""
        self.marketplace.start()
        self.go_to(SECTIONS[self.marketplace.connection.role][0])

    def go_to(self, place: str) -> None:
        """Show a section."""
        while len(self.screen_stack) > 2:
            self.pop_screen()
        screen = screen_of(place, self.marketplace)
        if len(self.screen_stack) == 2:
            self.switch_screen(screen)
        else:
            self.push_screen(screen)

    def method_of(self, action: Action) -> Callable[[], None]:
        """The method that does an action of every screen; `go.cart` and `go.cart.2` go to a section."""
        area, _, name = action.id.partition(".")
        if area == "go":
            return lambda: self.go_to(name.partition(".")[0])
        method: Callable[[], None] = getattr(self, f"do_{area}_{name}")
        return method

    def do_app_back(self) -> None:
        """Go back by one screen; on a section there is nothing behind."""
        if len(self.screen_stack) > 2:
            self.pop_screen()

    def do_app_refresh(self) -> None:
        """Ask for everything on the screen again."""
        if isinstance(self.screen, ClientScreen):
            self.screen.refresh_data()

    def do_app_quit(self) -> None:
        """End the client."""
        self.exit()

    def do_app_undo(self) -> None:
        """Take the last change back."""
        words = self.marketplace.undo.take_back()
        screen = self.screen
        if words and isinstance(screen, ClientScreen):
            screen.say(f"Taken back: {words}")

    def open_product(self, product_id: str) -> None:
        """Show one product."""

    def rule(self, width: int) -> list[Line]:
        """A line across the screen; none in the flat mode."""
        return [] if self.flat else [(Span(RULE * width, "dim"),)]
