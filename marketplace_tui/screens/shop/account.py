"""The account: who is signed in, and the channels of the messages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from textual.app import ComposeResult

from marketplace_tui.actions.state import Fact
from marketplace_tui.model.account import CHANNELS, KINDS, AccountModel
from marketplace_tui.model.marketplace import Marketplace
from marketplace_tui.model.resource import Resource
from marketplace_tui.screens.base import ClientScreen
from marketplace_tui.screens.everywhere.dialogs import Form, FormField
from marketplace_tui.screens.frame import ROLE_WORDS
from marketplace_tui.screens.shop import account_text as text
from marketplace_tui.text.lines import Line
from marketplace_tui.text.states import missing
from marketplace_tui.widgets.lines import Lines
from marketplace_tui.widgets.rows import Row, Rows


class AccountScreen(ClientScreen):
    """The own account; of a guest the way to one."""

    PLACE = "account"
    AUTO_FOCUS = "#preferences"

    def __init__(self, marketplace: Marketplace) -> None:
        super().__init__()
        self.model = AccountModel(marketplace)

    def compose_body(self) -> ComposeResult:
        """The person, the preferences, and what is to be saved."""
        yield Lines(self._draw_person, id="person", classes="pad")
        yield Rows(text.COLUMNS, flat=self.client_app.flat, id="preferences")
        yield Lines(self._draw_below, id="below-account", classes="pad")

    def begin(self) -> None:
        """Show the account, and each change of it."""
        self.watch_model(self.model, self._show)
        self.watch_model(self.client_app.marketplace.connection, self._show)

    def resources(self) -> Sequence[Resource[Any]]:
        """The preferences."""
        return (self.model.preferences,)

    def facts(self) -> Iterable[Fact]:
        """Of the preferences."""
        if self.query_one("#preferences", Rows).cursor_key:
            yield Fact.SELECTED

    def subject(self) -> object | None:
        """The account."""
        return self.client_app.marketplace.connection.user

    def refresh_data(self) -> None:
        """Read the preferences again, where the role has some."""
        if KINDS[self.client_app.marketplace.connection.role]:
            self.model.preferences.refresh()

    def on_rows_opened(self, event: Rows.Opened) -> None:
        """Switch a channel, or type the telephone number."""
        if event.key == text.PHONE:
            self._ask_phone()
            return
        kind, _, name = event.key.partition(".")
        self.model.toggle(kind, next(channel for channel in CHANNELS if channel == name))

    def do_account_save(self) -> None:
        """Save the preferences."""
        if self.model.is_changed or (self.model.preferences.value and self.model.preferences.value.bouncing):
            self.model.draft = self.model.shown
            self.model.save()
        else:
            self.say("There is nothing to save")

    def _ask_phone(self) -> None:
        draft = self.model.shown

        def send(form: Form, values: Mapping[str, str]) -> None:
            self.model.set_phone(values["phone"])
            form.done()

        field = FormField("phone", "Telephone number", draft.phone if draft else "", hint="+15550100, or empty")
        self.app.push_screen(Form("Telephone number for SMS", [field], send))

    def _show(self) -> None:
        role = self.client_app.marketplace.connection.role
        rows = self.query_one("#preferences", Rows)
        kept = self.model.preferences
        rows.empty = missing("your preferences", kept.error, kept.value is not None, [()]) if KINDS[role] else [()]
        rows.show_rows([Row(key, cells) for key, cells in text.rows(self.model, role)])
        self.query_one("#person", Lines).redraw()
        self.query_one("#below-account", Lines).redraw()
        self.keys_changed()

    def _draw_person(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - as long as it is
        connection = self.client_app.marketplace.connection
        return text.person(connection.user, ROLE_WORDS[connection.role])

    def _draw_below(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - as long as it is
        return text.below(self.model, width) if KINDS[self.client_app.marketplace.connection.role] else []
