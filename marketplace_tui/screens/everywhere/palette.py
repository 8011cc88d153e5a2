"""The palette: every action of the screen, and products, orders and people, found by typing."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import Input

from marketplace_tui.actions.registry import Keymap
from marketplace_tui.actions.state import ScreenState
from marketplace_tui.model.finder import Finder, Hit, chosen, matching_actions, row_key
from marketplace_tui.model.marketplace import Marketplace
from marketplace_tui.screens.dialog import Dialog
from marketplace_tui.text.lines import Span, spans
from marketplace_tui.text.table import Column
from marketplace_tui.widgets.entry import LONGEST_SEARCH, Entry
from marketplace_tui.widgets.rows import Row, Rows


class Palette(Dialog[Hit | None]):
    """Answers with what was chosen, or None."""

    BINDINGS = [
        Binding("escape,ctrl+p", "close", show=False, priority=True),
        Binding("up", "up", show=False, priority=True),
        Binding("down", "down", show=False, priority=True),
    ]
    AUTO_FOCUS = "#typed"

    def __init__(self, marketplace: Marketplace, keymap: Keymap, state: ScreenState) -> None:
        super().__init__(classes="dialog")
        self._keymap, self._state = keymap, state
        self._finder = Finder(marketplace)
        self._hits: list[Hit] = []
        self._typed = ""

    def compose(self) -> ComposeResult:
        """The field and what was found."""
        with Vertical(classes="dialog-body wide"):
            yield Entry(longest=LONGEST_SEARCH, placeholder="an action, a product, an order, a person", id="typed")
            yield Rows((Column("", 18, grows=True), Column("", 44, drop=1)), flat=False, header=False, id="hits")

    def on_mount(self) -> None:
        """Show all actions."""
        self._end = self._finder.objects.watch(self._show)
        self._show()

    def on_unmount(self) -> None:
        """Stop looking."""
        self._end()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Look for it."""
        self._typed = event.value
        self._finder.type(event.value)
        self._show()

    def on_input_submitted(self) -> None:
        """Take the one of the cursor."""
        self.answer(chosen(self._hits, self._rows.cursor_key))

    def on_rows_opened(self, event: Rows.Opened) -> None:
        """Take the one that was clicked."""
        self.answer(chosen(self._hits, event.key))

    def action_up(self) -> None:
        """The hit above."""
        self._rows.action_up()

    def action_down(self) -> None:
        """The hit below."""
        self._rows.action_down()

    def action_close(self) -> None:
        """Take nothing."""
        self.answer(None)

    @property
    def _rows(self) -> Rows:
        return self.query_one("#hits", Rows)

    def _show(self) -> None:
        actions = matching_actions(self._keymap, self._state, self._typed)
        self._hits = [*actions, *(self._finder.objects.value or [])]
        for rows in self.query("#hits").results(Rows):  # none, where the client ends while this opens
            rows.empty = [(Span("Nothing is called like that.", "dim"),)]
            rows.show_rows([Row(row_key(hit), (spans(hit.words), spans(hit.beside, "dim"))) for hit in self._hits])
