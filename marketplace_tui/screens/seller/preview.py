"""The preview of a change of many products: old and new of each, before anything is changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical

from marketplace_tui.model.bulk import BulkOperation
from marketplace_tui.screens.asking import submit
from marketplace_tui.screens.base import ClientScreen
from marketplace_tui.screens.dialog import Dialog
from marketplace_tui.text.lines import MOST_OF_ERROR, Line, Span, spans, wrapped
from marketplace_tui.text.signs import ARROW
from marketplace_tui.text.table import Column
from marketplace_tui.widgets.lines import Lines
from marketplace_tui.widgets.rows import Row, Rows
from services_stub.contracts.http.bulk import BulkChange, BulkLine

_COLUMNS = (
    Column("Product", 16, grows=True),
    Column("Now", 13, right=True),
    Column("", 1),
    Column("Then", 13, right=True),
)

Shown = Callable[[BulkLine], tuple[str, str]]
"""Old and new of a product in words."""


@dataclass(frozen=True)
class Previewed:
    """The words of a preview: its title, and old and new of each product."""

    title: str
    shown: Shown


class Preview(Dialog[None]):
    """Shows a change that is not made yet; enter makes it, esc gives it up. `then` gets the change that was made."""

    BINDINGS = [
        Binding("escape", "act('close')", show=False),
        Binding("enter", "act('apply')", show=False, priority=True),
    ]
    AUTO_FOCUS = "#lines"

    def __init__(
        self, screen: ClientScreen, words: Previewed, operation: BulkOperation, then: Callable[[BulkChange], None]
    ) -> None:
        super().__init__(classes="dialog")
        self._screen, self._words, self._operation, self._then = screen, words, operation, then
        self._problem = ""
        self._applying = False

    def compose(self) -> ComposeResult:
        """Title, products, problem, keys."""
        with Vertical(classes="dialog-body wide"):
            yield Lines(lambda _width, _height: [spans(self._words.title, "strong")])
            yield Rows(_COLUMNS, flat=self._screen.client_app.flat, id="lines")
            yield Lines(self._draw_problem, id="problem")
            yield Lines(lambda _width, _height: [_HELP])

    def on_mount(self) -> None:
        """Show the products."""
        self._show()

    def action_act(self, name: str) -> None:
        """Do what a key, or a click on its words, stands for."""
        if name == "close":
            self.answer(None)
        elif name == "apply" and not self._applying:
            self._applying = True
            submit(self._screen, self, self._operation.apply(), self._then)

    def done(self) -> None:
        """The change was made."""
        self.answer(None)

    def refused(self, problem: str, errors: Mapping[str, str]) -> None:  # noqa: ARG002 - there are no fields
        """Nothing was changed: say why, and show what would be changed now."""
        self._applying = False
        self._problem = problem
        if self.is_current:
            self._show()
            self.query_one("#problem", Lines).redraw()

    def _show(self) -> None:
        rows = []
        for line in self._operation.shown.lines:
            old, new = self._words.shown(line)
            cells = (spans(line.name), (Span(old, "dim"),), (Span(ARROW, "dim"),), (Span(new),))
            rows.append(Row(line.product_id, cells, dim=old == new))
        self.query_one("#lines", Rows).show_rows(rows)

    def _draw_problem(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - as long as it is
        return [spans(line, "bad") for line in wrapped(self._problem, width, MOST_OF_ERROR)] if self._problem else []


_HELP: Line = (
    Span("enter", "key", "apply"),
    Span(" make this change   ", "plain", "apply"),
    Span("esc", "key", "close"),
    Span(" give up", "plain", "close"),
)
