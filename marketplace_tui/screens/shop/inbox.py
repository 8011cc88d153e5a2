"""The inbox of shoppers and sellers: unread messages first, the selected one beside or below the list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from textual.app import ComposeResult
from textual.containers import Horizontal

from marketplace_tui.actions.state import Fact
from marketplace_tui.model.inbox import InboxModel
from marketplace_tui.model.marketplace import Marketplace
from marketplace_tui.model.resource import Resource
from marketplace_tui.screens.base import ClientScreen
from marketplace_tui.screens.shop import inbox_text as text
from marketplace_tui.text.lines import Line
from marketplace_tui.text.states import missing
from marketplace_tui.widgets.lines import Lines
from marketplace_tui.widgets.rows import Row, Rows
from services_stub.contracts.events import Event
from services_stub.contracts.events.notification import NotificationSent
from services_stub.contracts.http.notification import Notification

_LINES_BELOW = 7


class InboxScreen(ClientScreen):
    """The messages."""

    PLACE = "inbox"
    AUTO_FOCUS = "#messages"

    def __init__(self, marketplace: Marketplace) -> None:
        super().__init__()
        self.model = InboxModel(marketplace)

    def compose_body(self) -> ComposeResult:
        """The list, and the selected message."""
        with Horizontal():
            yield Rows(text.COLUMNS, flat=self.client_app.flat, id="messages")
            yield Lines(self._draw_pane, id="pane")
        yield Lines(self._draw_rule, classes="rule below")
        yield Lines(self._draw_below, id="below")

    def begin(self) -> None:
        """Show the messages, and each change of them."""
        self.watch_model(self.model.messages, self._show)

    def resources(self) -> Sequence[Resource[Any]]:
        """The messages."""
        return (self.model.messages,)

    def facts(self) -> Iterable[Fact]:
        """Of the selected message."""
        if self.selected is not None:
            yield Fact.SELECTED
            if self.model.is_unread(self.selected):
                yield Fact.UNREAD

    @property
    def selected(self) -> Notification | None:
        """The message of the cursor."""
        return self.model.message(self.query_one("#messages", Rows).cursor_key)

    def subject(self) -> object | None:
        """The selected message."""
        return self.selected

    def refresh_data(self) -> None:
        """Read the inbox again."""
        self.model.messages.refresh()

    def on_events(self, events: Sequence[Event], missed: bool) -> None:
        """Messages came: read the inbox again."""
        if missed or any(isinstance(event, NotificationSent) for event in events):
            self.refresh_data()

    def on_rows_opened(self, event: Rows.Opened) -> None:
        """Mark the message as read, and show the order that it is about."""
        message = self.model.message(event.key)
        if message is not None:
            self.model.mark_read(message)
            if text.is_about_order(message):
                self.client_app.open_order(message.about)

    def on_rows_near_end(self) -> None:
        """Read the next page."""
        self.model.messages.more()

    def selection_changed(self) -> None:
        """Show the selected message."""
        self.query_one("#pane", Lines).redraw()
        self.query_one("#below", Lines).redraw()

    def do_inbox_read(self) -> None:
        """Mark the selected message as read."""
        if self.selected is not None:
            self.model.mark_read(self.selected)

    def do_inbox_read_all(self) -> None:
        """Mark every message as read."""
        self.model.mark_all_read()

    def _show(self) -> None:
        messages, rows = self.model.messages, self.query_one("#messages", Rows)
        rows.empty = missing("your messages", messages.error, messages.value is not None, text.EMPTY)
        now = self.client_app.marketplace.now()
        rows.show_rows(
            [Row(one.notification_id, text.cells(one, self.model.is_unread(one), now)) for one in self.model.shown]
        )
        self.selection_changed()

    def _draw_rule(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - one line
        return self.client_app.rule(width)

    def _draw_pane(self, width: int, height: int) -> Sequence[Line]:
        return text.text(self.selected, width)[:height]

    def _draw_below(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - as long as it is
        return text.text(self.selected, width, _LINES_BELOW)
