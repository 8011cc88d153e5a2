"""The client: one Textual app for all roles, put together here."""

from __future__ import annotations

import locale
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from textual import events
from textual.app import App

from marketplace_tui.actions.action import Action
from marketplace_tui.actions.places import SECTIONS, places_of
from marketplace_tui.actions.registry import Keymap
from marketplace_tui.model.marketplace import Marketplace
from marketplace_tui.screens.admin.banner import warnings
from marketplace_tui.screens.asking import start
from marketplace_tui.screens.base import ClientScreen
from marketplace_tui.screens.dialog import Dialog
from marketplace_tui.screens.dispatch import carried_out, left_field
from marketplace_tui.screens.everywhere import overlays
from marketplace_tui.screens.everywhere.signing_in import ask_to_sign_in
from marketplace_tui.screens.sections import screen_of
from marketplace_tui.screens.shop.order import OrderScreen
from marketplace_tui.screens.shop.product import ProductScreen
from marketplace_tui.settings import Read, Settings, default_path, write
from marketplace_tui.text.lines import Line, Span
from marketplace_tui.text.signs import RULE
from marketplace_tui.themes import THEMES

_SHOWN_WARNINGS = 2


class MarketplaceApp(App[None]):
    """The terminal client of one marketplace. `log_line` gets what is worth keeping in the client's log."""

    CSS_PATH = Path(__file__).with_name("app.tcss")
    TITLE = "Marketplace"
    ENABLE_COMMAND_PALETTE = False
    HORIZONTAL_BREAKPOINTS = [(0, "-tiny"), (80, "-narrow"), (110, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (24, "-tall")]

    def __init__(
        self,
        marketplace: Marketplace,
        *,
        first: str = "",
        gateway: str = "",
        read: Read | None = None,
        settings_path: Path | None = None,
        log_line: Callable[[str], None] = lambda _line: None,
    ) -> None:
        super().__init__()
        found = read or Read(Settings())
        self.marketplace = marketplace
        self.gateway = gateway
        self._first = first
        self.settings = found.settings
        self.settings_path = settings_path or default_path()
        self.keymap = Keymap(found.settings.keys)
        self.flat, self.ascii = found.settings.flat, _ascii(found.settings)
        self.warnings: tuple[str, ...] = ()
        self._mistakes = found.warnings
        self._log_line = log_line
        self._has_account = marketplace.connection.user is not None

    async def on_mount(self) -> None:
        """Show the first section of the account that is signed in."""
        for theme in THEMES:
            self.register_theme(theme)
        self.set_keymap({action_id: ",".join(keys) for action_id, keys in self.settings.keys.items()})
        self._apply(self.settings)
        if self.marketplace.control is not None:
            self.marketplace.control.faults.watch(self._faults_changed)
        self.marketplace.start()
        self.marketplace.connection.watch(self._note_session)
        self.go_to(self._first or SECTIONS[self.marketplace.connection.role][0])
        if self._mistakes:
            self.call_after_refresh(self._say, "; ".join(self._mistakes[:_SHOWN_WARNINGS]))

    def go_to(self, place: str, key: str = "") -> None:
        """Show a section, with the cursor on the entry of a key."""
        screen = screen_of(place, self.marketplace)
        while len(self.screen_stack) > 2:
            self.pop_screen()
        if len(self.screen_stack) == 2:
            self.switch_screen(screen)
        else:
            self.push_screen(screen)
        if key:
            screen.seek(key)

    def open_product(self, product_id: str) -> None:
        """Show one product; to a seller among the own ones."""
        if self.marketplace.connection.role == "seller":
            self.go_to("products", product_id)
        else:
            self.push_screen(ProductScreen(self.marketplace, product_id))

    def open_order(self, order_id: str) -> None:
        """Show one order."""
        self.push_screen(OrderScreen(self.marketplace, order_id))

    def open_trace(self, flow_id: str, since: datetime | None = None) -> None:
        """Follow one flow, whose first event is not much older than `since`."""
        from marketplace_tui.screens.trace.opening import trace_of  # the first screen does not wait for it

        self.push_screen(trace_of(self.marketplace, flow_id, since))

    def open_user(self, email: str) -> None:
        """Show one account to an admin."""
        self.go_to("users", email)

    def rule(self, width: int) -> list[Line]:
        """A line across the screen; none in the flat mode."""
        return [] if self.flat else [(Span(RULE * width, "dim"),)]

    def method_of(self, action: Action) -> Callable[[], None]:
        """The method that does an action of every screen; `go.cart` and `go.cart.2` go to a section."""
        area, _, name = action.id.partition(".")
        if area == "go":
            return lambda: self.go_to(name.partition(".")[0])
        overlay = _OVERLAYS.get(name)
        screen = self.screen
        if overlay is not None and isinstance(screen, ClientScreen):
            return lambda: overlay(screen)
        method: Callable[[], None] = getattr(self, f"do_{area}_{name}")
        return method

    async def on_event(self, event: events.Event) -> None:
        """Carry keys with an action out before Textual hands them on; those after the one that ends it do nothing."""
        if isinstance(event, events.InputEvent) and self.return_code is not None:
            return
        screen = self.screen if self.screen_stack else None
        if isinstance(event, events.Key):
            if isinstance(screen, ClientScreen | Dialog) and left_field(screen, event.key):
                return
            if isinstance(screen, ClientScreen) and carried_out(screen, event.key):
                return
        await super().on_event(event)

    def change_settings(self, settings: Settings) -> None:
        """Apply other settings, and keep them in the file."""
        self._apply(settings)
        try:
            write(settings, self.settings_path)
        except OSError as error:
            self._say(f"The settings apply, but {self.settings_path} cannot be written: {error.strerror}.")

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

    def do_app_tour(self) -> None:
        """Begin the tour."""
        self.go_to("tour")

    def do_app_undo(self) -> None:
        """Take the last change back."""
        words = self.marketplace.undo.take_back()
        if words:
            self._say(f"Taken back: {words}")

    def do_app_sign_in(self) -> None:
        """Sign in or register; the guest stays where they are, if the role has that place."""
        screen = self.screen
        if isinstance(screen, ClientScreen):
            ask_to_sign_in(screen, lambda: self._go_on(screen))

    def do_app_sign_out(self) -> None:
        """Sign out, and go on as a guest."""
        screen = self.screen
        if isinstance(screen, ClientScreen):
            self._has_account = False
            start(screen, self.marketplace.connection.sign_out(), lambda _nothing: self._go_on(screen))

    def _note_session(self) -> None:
        """Say that a session ended by itself."""
        had, self._has_account = self._has_account, self.marketplace.connection.user is not None
        if had and not self._has_account:
            self._say("Your session is over: L signs in again.")

    def _go_on(self, screen: ClientScreen) -> None:
        """Show a screen to another role, or the first section of that role where it does not have the screen."""
        role = self.marketplace.connection.role
        if screen.PLACE in places_of(role):
            screen.refresh_data()
            screen.keys_changed()
        else:
            self.go_to(SECTIONS[role][0])

    def where(self) -> str:
        """The screen that is shown, for the client's log."""
        screen = self.screen if self.screen_stack else None
        return f"on {screen.PLACE}" if isinstance(screen, ClientScreen) else f"on {type(screen).__name__}"

    def note_bug(self, error: BaseException) -> None:
        """A bug in the background: say so, and keep it in the log."""
        self._log_line(f"bug: {error!r}")
        self._say(f"A bug in the client: {error!r}. The log has it; everything else goes on.")

    def _apply(self, settings: Settings) -> None:
        self.settings = settings
        self.flat, self.ascii = settings.flat, _ascii(settings)
        self.animation_level = "full" if settings.animations else "none"
        if settings.theme in self.available_themes:
            self.theme = settings.theme
        else:
            self._mistakes = (*self._mistakes, f"there is no theme {settings.theme!r}")
        self.refresh(layout=True)

    def _faults_changed(self) -> None:
        """Say in every title which faults are in force."""
        control = self.marketplace.control
        found = warnings(control.faults.value if control else None)
        if found != self.warnings:
            self.warnings = found
            for screen in self.screen_stack:
                if isinstance(screen, ClientScreen):
                    screen.keys_changed()

    def _say(self, words: str) -> None:
        screen = next((one for one in reversed(self.screen_stack) if isinstance(one, ClientScreen)), None)
        if screen is not None and screen.is_mounted:
            screen.say(words, "warning")


_OVERLAYS: dict[str, Callable[[ClientScreen], None]] = {
    "palette": overlays.show_palette,
    "help": overlays.show_help,
    "jump": overlays.show_jump,
    "settings": overlays.show_settings,
    "copy": overlays.copy,
    "copy_as": overlays.copy_as,
}


def _ascii(settings: Settings) -> bool:
    if settings.ascii is not None:
        return settings.ascii
    return "utf" not in locale.getpreferredencoding(False).casefold()
