"""The topology, live: the publishers and consumers of each topic, their rates, and the lag of each consumer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from textual.app import ComposeResult
from textual.containers import Horizontal

from marketplace_tui.actions.state import Fact
from marketplace_tui.model.trace.topology import TopologyModel
from marketplace_tui.screens.base import ClientScreen
from marketplace_tui.screens.trace import topology_text as text
from marketplace_tui.text.lines import Line, Span
from marketplace_tui.widgets.diagram import Diagram
from marketplace_tui.widgets.lines import Lines

_MOST_BELOW = 4


class TopologyScreen(ClientScreen):
    """The links of a model; without one the screen says what to do. `open_topic` shows the records of a topic."""

    PLACE = "topology"
    AUTO_FOCUS = "#diagram"

    def __init__(self, model: TopologyModel | None, open_topic: Callable[[str], None]) -> None:
        super().__init__()
        self.model, self._open_topic = model, open_topic
        self._rows: list[text.TopologyRow] = []

    def compose_body(self) -> ComposeResult:
        """A line about all that was read, the rows, the selected one beside or below."""
        yield Lines(self._draw_head, id="head", classes="pad")
        with Horizontal():
            yield Diagram(id="diagram")
            yield Lines(self._draw_pane, id="pane")
        yield Lines(self._draw_rule, classes="rule below")
        yield Lines(self._draw_below, id="below")

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

    def on_diagram_resized(self) -> None:
        """Draw for the new size."""
        self._show()

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

    @property
    def _diagram(self) -> Diagram:
        return self.query_one("#diagram", Diagram)

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

    def _redraw(self) -> None:
        for part in ("#head", "#pane", "#below"):
            self.query_one(part, Lines).redraw()

    def _draw_head(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - a few lines
        return text.head(self.model, width)

    def _draw_rule(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - one line
        return self.client_app.rule(width)

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
