"""The base of the trace's screens: a head, a diagram with a cursor, and what is selected beside or below it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal

from marketplace_tui.screens.base import ClientScreen
from marketplace_tui.text.lines import Line
from marketplace_tui.widgets.diagram import Diagram
from marketplace_tui.widgets.entry import LONGEST_SEARCH, Entry
from marketplace_tui.widgets.lines import Lines


class DiagramScreen(ClientScreen):
    """A screen with a diagram. Subclasses draw the head, the pane beside it and the lines below, and show the diagram.

    Those with a `SEARCH_HINT` have a field `#search` with it.
    """

    AUTO_FOCUS = "#diagram"
    SEARCH_HINT: ClassVar[str] = ""

    def compose_body(self) -> ComposeResult:
        """The head, the field, the diagram, the selected one beside or below."""
        yield Lines(self._draw_head, id="head", classes="pad")
        if self.SEARCH_HINT:
            yield Entry(longest=LONGEST_SEARCH, placeholder=self.SEARCH_HINT, select_on_focus=False, id="search")
        with Horizontal():
            yield Diagram(id="diagram")
            yield Lines(self._draw_pane, id="pane")
        yield Lines(self._draw_rule, classes="rule below")
        yield Lines(self._draw_below, id="below")

    def on_diagram_resized(self) -> None:
        """Draw for the new size."""
        self._show()

    @property
    def _diagram(self) -> Diagram:
        return self.query_one("#diagram", Diagram)

    def _show(self) -> None:
        raise NotImplementedError

    def _redraw(self, *parts: str) -> None:
        for part in parts or ("#head", "#pane", "#below"):
            self.query_one(part, Lines).redraw()

    def _draw_head(self, width: int, height: int) -> Sequence[Line]:
        raise NotImplementedError

    def _draw_rule(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - one line
        return self.client_app.rule(width)

    def _draw_pane(self, width: int, height: int) -> Sequence[Line]:
        raise NotImplementedError

    def _draw_below(self, width: int, height: int) -> Sequence[Line]:
        raise NotImplementedError
