"""The topology, live: the publishers and consumers of each topic, their rates, and the lag of each consumer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from marketplace_tui.actions.state import Fact
from marketplace_tui.model.trace.topology import TopologyModel
from marketplace_tui.screens.trace import topology_text as text
from marketplace_tui.screens.trace.diagram_screen import DiagramScreen
from marketplace_tui.text.lines import Line, Span

_MOST_BELOW = 4


class TopologyScreen(DiagramScreen):
    """The links of a model; without one the screen says what to do. `open_topic` shows the records of a topic."""

    PLACE = "topology"

    def __init__(self, model: TopologyModel | None, open_topic: Callable[[str], None]) -> None:
        super().__init__()
        self.model, self._open_topic = model, open_topic
        self._rows: list[text.TopologyRow] = []

    def begin(self) -> None:
        """Begin to read."""
        if self.model is not None:
            self.watch_model(self.model, self._show)
            self.model.start()
            self.set_interval(1.0, self.model.renew)
        self._show()

    def on_unmount(self) -> None:
        """Stop reading."""
        if self.model is not None:
            self.model.close()

    def facts(self) -> Iterable[Fact]:
        """Of the selected row."""
        return [Fact.SELECTED] if self.row is not None else []

    def refresh_data(self) -> None:
        """Ask for the lag again; read again after a problem."""
        if self.model is not None:
            self.model.refresh_lag()
            if self.model.problem:
                self.model.start()

    @property
    def row(self) -> text.TopologyRow | None:
        """The row of the cursor."""
        index = self._diagram.cursor
        return self._rows[index] if 0 <= index < len(self._rows) else None

    def selection_changed(self) -> None:
        """Show the row of the cursor."""
        self._redraw()

    def on_rows_opened(self) -> None:
        """Show the records of the topic."""
        row = self.row
        if row is not None:
            self.app.pop_screen()
            self._open_topic(row.topic)

    def do_app_copy(self) -> None:
        """Copy the row in a few words."""
        if self.row is not None:
            self.app.copy_to_clipboard(text.title_of(self.row))
            self.say(f"Copied {text.title_of(self.row)}")

    def _show(self) -> None:
        if not self.is_there:
            return
        diagram, model, before = self._diagram, self.model, self.row
        diagram.empty = [(Span(" "), *line) for line in text.nothing(model, diagram.line_width)]
        if model is not None and model.links:
            self._rows = text.rows_of(model.links, flat=self.client_app.flat)
            ends = [_ends(row) for row in self._rows]
            here = ends.index(_ends(before)) if before is not None and _ends(before) in ends else diagram.cursor
            diagram.show(text.TopologyDrawing(self._rows, model, flat=self.client_app.flat), here)
        else:
            diagram.refresh()
        self._redraw()
        self.keys_changed()

    def _draw_head(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - a few lines
        return text.head(self.model, width)

    def _draw_pane(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - a few lines
        return [] if self.model is None else text.about(self.row, self.model, width)

    def _draw_below(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - a few lines
        about = [] if self.model is None else text.about(self.row, self.model, width)
        return [*about, *[()] * _MOST_BELOW][:_MOST_BELOW]


def _ends(row: text.TopologyRow) -> tuple[str, str, str]:
    """The services and the topic of a row: it is the same row whatever its rates are."""
    return (
        row.publisher.service if row.publisher else "",
        row.topic,
        row.consumer.service if row.consumer else "",
    )
