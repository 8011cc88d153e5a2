"""All topics live: the newest records with a filter, pause, the way to the flow of each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.widgets import Input

from marketplace_tui.actions.state import Fact
from marketplace_tui.model.marketplace import Marketplace
from marketplace_tui.model.trace.stream import HINT, StreamModel
from marketplace_tui.screens.admin.details import Details
from marketplace_tui.screens.base import ClientScreen
from marketplace_tui.screens.trace import stream_text as text
from marketplace_tui.screens.trace.diagram_screen import DiagramScreen
from marketplace_tui.screens.trace.flow import FlowScreen
from marketplace_tui.screens.trace.opening import reader_of_all, topology_of
from marketplace_tui.screens.trace.topology import TopologyScreen
from marketplace_tui.text.lines import Line, Span
from simulator.trace import TracedRecord
from simulator.trace.events import correlation_of


class StreamScreen(DiagramScreen):
    """The live stream of all topics."""

    PLACE = "events"
    SEARCH_HINT = HINT

    def __init__(self, marketplace: Marketplace) -> None:
        super().__init__()
        self.reader = reader_of_all(marketplace)
        self.model = StreamModel(self.reader, marketplace.tasks) if self.reader is not None else None
        self.tail = True
        self._number = 0
        """The number of the record of the cursor, which stays its number for good."""
        self._seen = 0
        """So many records had come when the newest was selected."""
        self._base, self._width = -1, 0
        """The beginning and the width of what is painted."""
        self._had_record = False
        """Whether the line of keys was drawn for a selected record."""
        self._is_behind = False
        """Whether something came that is not shown yet."""

    def begin(self) -> None:
        """Begin to read."""
        field = self.query_one("#search", Input)
        field.display = False
        if self.model is not None and self.reader is not None:
            self.watch_model(self.model, self._show)
            self.reader.start()
        self._show()

    def on_unmount(self) -> None:
        """Stop reading."""
        if self.model is not None and self.reader is not None:
            self.model.close()
            self.reader.close()

    def facts(self) -> Iterable[Fact]:
        """Of the selected record."""
        if self.record is not None:
            yield Fact.SELECTED

    def refresh_data(self) -> None:
        """Read again after a problem, and show what came while another screen lay over this one."""
        if self.reader is not None and self.reader.problem:
            self.reader.start()
        if self._is_behind:
            self._show()

    @property
    def record(self) -> TracedRecord | None:
        """The record of the cursor."""
        if self.model is None:
            return None
        index = self._number - self.model.base
        return self.model.shown[index] if 0 <= index < len(self.model.shown) else None

    def nothing(self, width: int) -> Sequence[Line]:
        """The lines where there is no record."""
        return text.nothing(self.model, width)

    def selection_changed(self) -> None:
        """The cursor left the newest record, or came back to it."""
        if self.model is None or not self.model.shown:
            return
        cursor = self._diagram.cursor
        self._number = self.model.base + cursor
        self.tail = cursor == len(self.model.shown) - 1
        if self.tail:
            self._seen = self._number
        self._redraw()

    def on_rows_opened(self) -> None:
        """Open the flow of the record; the record itself where it names none."""
        record = self.record
        if record is None or self.reader is None:
            return
        flow_id = correlation_of(record)
        if flow_id:
            screen = FlowScreen(self.client_app.marketplace, flow_id, self.reader, own=False)
            self.app.push_screen(screen)
        else:
            self.app.push_screen(Details("This record names no flow", lambda width: text.details(record, width)))

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter as it is typed."""
        if self.model is not None:
            self.tail = True
            self.model.filter(event.value.strip())

    def leave_field(self) -> bool:
        """Enter goes to what passes."""
        self.query_one("#search", Input).display = False
        self.set_focus(self._diagram)
        return True

    def do_app_back(self) -> None:
        """Out of the filter, and of what it hides."""
        field = self.query_one("#search", Input)
        if field.display or (self.model is not None and self.model.text):
            field.value = ""
            field.display = False
            self.set_focus(self._diagram)

    def do_events_filter(self) -> None:
        """Type into the filter."""
        field = self.query_one("#search", Input)
        field.display = True
        self.set_focus(field)

    def do_events_pause(self) -> None:
        """Take nothing in for a while, or go on."""
        if self.model is not None:
            self.model.pause(not self.model.paused)

    def do_events_tail(self) -> None:
        """Go to the newest record, and follow."""
        self.tail = True
        if self.model is not None and self.model.paused:
            self.model.pause(False)
        self._show()

    def do_events_record(self) -> None:
        """Show the whole record."""
        record = self.record
        if record is not None:
            self.app.push_screen(Details("Record", lambda width: text.details(record, width)))

    def do_events_topology(self) -> None:
        """Show the publishers and consumers of each topic."""
        self.app.push_screen(TopologyScreen(topology_of(self.client_app.marketplace), self._show_topic))

    def do_app_copy(self) -> None:
        """Copy the record as it is shown whole."""
        record = self.record
        if record is None:
            self.say("Nothing is selected that could be copied.", "warning")
            return
        lines = text.details(record, 10_000)
        self.app.copy_to_clipboard("\n".join("".join(span.text for span in line) for line in lines))
        self.say(f"Copied {record.topic}[{record.partition}]@{record.offset}")

    def _show_topic(self, topic: str) -> None:
        """Show only the records of a topic."""
        field = self.query_one("#search", Input)
        field.value = f"topic:{topic}"

    def _show(self) -> None:
        top = self.app.screen
        # Nothing of it would be seen, and the screen above needs the time.
        self._is_behind = top is not self and isinstance(top, ClientScreen)
        if not self.is_there or self._is_behind:
            return
        diagram, model = self._diagram, self.model
        diagram.empty = [(Span(" "), *line) for line in self.nothing(diagram.line_width)]
        if model is not None:
            if self._base >= 0 and diagram.cursor != self._number - self._base:  # it was moved just now
                self._number, self.tail = self._base + diagram.cursor, False
            before, last = self.record, len(model.shown) - 1
            index = last if self.tail else min(max(self._number - model.base, 0), last)
            self._number = model.base + max(index, 0)
            if self.tail:
                self._seen = self._number
            drawing = text.StreamDrawing(model.shown, flat=self.client_app.flat)
            if not self.tail and self._base == model.base and self._width == diagram.line_width:
                diagram.extend(drawing)
            else:
                diagram.show(drawing, max(index, 0))
            self._base, self._width = model.base, diagram.line_width
            if before is not None and self.record is before:
                self._redraw("#head")
                return
        else:
            diagram.refresh()
        self._redraw()
        has_record = self.record is not None
        if has_record != self._had_record:
            self._had_record = has_record
            self.keys_changed()

    def _draw_head(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - a few lines
        model = self.model
        new = max(0, model.base + len(model.shown) - 1 - self._seen) if model is not None else 0
        return text.head(model, self.tail, new, width)

    def _draw_pane(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - as long as it is
        return text.details(self.record, width) if self.record is not None else []

    def _draw_below(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - two lines
        return text.first_lines(self.record, width) if self.record is not None else [(), ()]
