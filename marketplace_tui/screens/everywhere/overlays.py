"""The dialogs that every screen has, opened and carried out: palette, help, jump, settings, copy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widget import Widget

from marketplace_tui.model.finder import Hit
from marketplace_tui.model.subjects import Copy, copies_of
from marketplace_tui.screens.base import ClientScreen
from marketplace_tui.screens.everywhere import settings as settings_dialog
from marketplace_tui.screens.everywhere.dialogs import Choice, Choose
from marketplace_tui.screens.everywhere.help import Help
from marketplace_tui.screens.everywhere.jump import Jump, keys_for
from marketplace_tui.screens.everywhere.palette import Palette
from marketplace_tui.text.shown import shown

if TYPE_CHECKING:
    from textual.app import App

_PREVIEW = 60


def show_palette(screen: ClientScreen) -> None:
    """Find an action or an object, and do or open it."""
    app = screen.client_app

    def take(hit: Hit | None) -> None:
        match hit:
            case Hit(kind="action", key=key):
                screen.act(key)
            case Hit(kind="product", key=key):
                app.open_product(key)
            case Hit(kind="order", key=key):
                app.open_order(key)
            case Hit(kind="user", beside=_, words=email):
                app.open_user(email)
            case _:
                pass

    screen.app.push_screen(Palette(app.marketplace, app.keymap, screen.state), take)


def show_help(screen: ClientScreen) -> None:
    """Show every key of a screen."""
    screen.app.push_screen(Help(screen.client_app.keymap, screen.state))


def show_jump(screen: ClientScreen) -> None:
    """Put a key on everything that can be focused, and go to the one that is typed."""

    def go(widget: Widget | None) -> None:
        if widget is not None:
            screen.set_focus(widget)

    screen.app.push_screen(Jump(keys_for(screen.focus_chain)), go)


def show_settings(screen: ClientScreen) -> None:
    """Change one setting after the other, until none is chosen."""
    app = screen.client_app
    app_of_textual: App[None] = screen.app

    def take(key: str | None) -> None:
        if key is None:
            return
        if key.startswith("key "):
            screen.say(f'In {app.settings_path}: [keys] {key.removeprefix("key ")} = "x,ctrl+x"')
            return
        app.change_settings(settings_dialog.changed(app.settings, key))
        show_settings(screen)

    themes = sorted(app_of_textual.available_themes)
    app_of_textual.push_screen(Choose("Settings", settings_dialog.choices(app.settings, themes)), take)


def copy(screen: ClientScreen) -> None:
    """Copy the shortest form of the selected object, or the whole screen where nothing is selected."""
    copies = _copies(screen)
    if not copies:
        screen.say("Nothing is selected that could be copied.", "warning")
        return
    _copy(screen, copies[0])


def copy_as(screen: ClientScreen) -> None:
    """Choose the form in which the selected object is copied."""
    copies = _copies(screen)
    if not copies:
        screen.say("Nothing is selected that could be copied.", "warning")
        return
    choices = [Choice(one.name, one.name, shown(one.text)[:_PREVIEW]) for one in copies]

    def take(key: str | None) -> None:
        found = next((one for one in copies if one.name == key), None)
        if found is not None:
            _copy(screen, found)

    screen.app.push_screen(Choose("Copy as", choices), take)


def _copies(screen: ClientScreen) -> list[Copy]:
    subject = screen.subject()
    return copies_of(subject, screen.client_app.gateway) if subject is not None else []


def _copy(screen: ClientScreen, one: Copy) -> None:
    screen.app.copy_to_clipboard(one.text)
    screen.say(f"Copied as {one.name}: {shown(one.text)[:_PREVIEW]}")
