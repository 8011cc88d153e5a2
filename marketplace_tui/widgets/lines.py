"""A text of several lines that does not scroll: the title, the line of keys, a product's text."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from marketplace_tui.text.lines import Line
from marketplace_tui.widgets.looks import CLASSES, CSS, strip_of

Draw = Callable[[int, int], Sequence[Line]]
"""The lines for a width and a height in cells."""


class Lines(Widget):
    """Draws what a function returns for its size, again after each `refresh`."""

    COMPONENT_CLASSES = CLASSES
    DEFAULT_CSS = "Lines {" + "height: auto;" + CSS + "}"

    def __init__(self, draw: Draw, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._draw = draw
        self._lines: Sequence[Line] = ()

    def redraw(self) -> None:
        """Draw again; the height may change."""
        self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002 - the base's
        """As many lines as there are."""
        return len(self._draw(width, viewport.height))

    def render_line(self, y: int) -> Strip:
        """One line."""
        width, height = self.content_size
        if y == 0:
            self._lines = self._draw(width, height)
        return strip_of(self, self._lines[y] if y < len(self._lines) else (), width)
