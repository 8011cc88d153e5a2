"""A text of several lines that does not scroll: the title, the line of keys, a product's text."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from marketplace_tui.text.lines import Line
from marketplace_tui.widgets.looks import GROUND_CLASSES, GROUND_CSS, strip_of

Draw = Callable[[int, int], Sequence[Line]]
"""The lines for a width and a height in cells."""


class Lines(Widget):
    """Draws what a function returns for its size, again after each `redraw`."""

    COMPONENT_CLASSES = GROUND_CLASSES
    DEFAULT_CSS = "Lines {" + "height: auto;" + GROUND_CSS + "}"

    def __init__(self, draw: Draw, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._draw = draw
        self._lines: Sequence[Line] = ()
        self._drawn_for: Size | None = None

    def redraw(self) -> None:
        """Draw again, and paint the lines that are others now; where their number is another, all is arranged anew."""
        size, known = self.content_size, self._drawn_for
        self._drawn_for = None
        if not self.display:
            return
        if self._height_for(size.width) not in (None, size.height):
            self.refresh(layout=True)
            return
        if size != known:
            self.refresh()
            return
        self._drawn_for = size
        before, self._lines = self._lines, self._draw(*size)
        for y in range(size.height):
            if before[y : y + 1] != self._lines[y : y + 1]:
                self.refresh(Region(0, y, size.width, 1))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002 - the base's
        """As many lines as there are."""
        return len(self._draw(width, viewport.height))

    def render_line(self, y: int) -> Strip:
        """One line."""
        size = self.content_size
        if size != self._drawn_for:
            self._lines, self._drawn_for = self._draw(*size), size
        return strip_of(self, self._lines[y] if y < len(self._lines) else (), size.width)

    def _height_for(self, width: int) -> int | None:
        """The height that the lines need now; None where it is given."""
        if not self.styles.is_auto_height:
            return None
        return self.get_content_height(Size(), self.app.size, width)
