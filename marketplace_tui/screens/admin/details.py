"""A dialog that shows one entry of a list in full."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll

from marketplace_tui.screens.dialog import Dialog
from marketplace_tui.text.lines import Line, Span, spans
from marketplace_tui.widgets.lines import Lines


class Details(Dialog[None]):
    """Lines that scroll; any of the usual keys closes it."""

    BINDINGS = [Binding("escape,enter,q", "close", show=False)]

    def __init__(self, title: str, draw: Callable[[int], Sequence[Line]]) -> None:
        super().__init__(classes="dialog")
        self._title, self._draw = title, draw

    def compose(self) -> ComposeResult:
        """Title, lines, the key that closes."""
        with VerticalScroll(classes="dialog-body"):
            yield Lines(lambda _width, _height: [spans(self._title, "strong"), ()])
            yield Lines(lambda width, _height: self._draw(width), id="details")
            yield Lines(lambda _width, _height: [(), (Span("esc", "key"), Span(" close"))])

    def action_close(self) -> None:
        """Go back to the list."""
        self.answer(None)
