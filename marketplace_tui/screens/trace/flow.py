"""One flow, live while it runs: waterfall, sequence diagram, states and diagnosis over the same events."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.widgets import Input

from marketplace_tui.actions.state import Fact
from marketplace_tui.model.marketplace import Marketplace
from marketplace_tui.model.trace.code import CodePlaces
from marketplace_tui.model.trace.flow import FlowModel
from marketplace_tui.model.trace.reader import Reader
from marketplace_tui.screens.admin.details import Details
from marketplace_tui.screens.trace import flow_text as text
from marketplace_tui.screens.trace.choosing import DIFFERENCE, VIEWS, drawing_of, event_at, line_after, views_of
from marketplace_tui.screens.trace.comparing import compared
from marketplace_tui.screens.trace.copies import copy_as, copy_id
from marketplace_tui.screens.trace.diagram_screen import DiagramScreen
from marketplace_tui.screens.trace.drawings import FlowDrawing, WaterfallDrawing, signs_of
from marketplace_tui.screens.trace.editor import open_code
from marketplace_tui.screens.trace.replay import ReplayScreen
from marketplace_tui.screens.trace.where import ask_where
from marketplace_tui.text.lines import Line, Span
from marketplace_tui.text.values import short_id
from marketplace_tui.widgets.lines import Lines
from services_stub.contracts.times import to_microseconds
from simulator.trace import Flow, FlowEvent
from simulator.trace.drawings.rows import Row

_MOST_BELOW = 5  # lines about what is selected below the drawing, so that the drawing keeps its room


class FlowScreen(DiagramScreen):
    """A flow in a reader; without one the screen says what to do. A reader that is `own` ends with the screen."""

    PLACE = "trace"
    SEARCH_HINT = "search in this flow"

    def __init__(self, marketplace: Marketplace, flow_id: str, reader: Reader | None, *, own: bool = True) -> None:
        super().__init__()
        self._own = reader if own else None
        self.model = FlowModel(flow_id, reader, marketplace.tasks, lambda: to_microseconds(marketplace.now()))
        self.codes, self.view = CodePlaces(marketplace.tasks), VIEWS[0]
        self._drawing: FlowDrawing | None = None
        self._flow: Flow | None = None
        self._event: FlowEvent | None = None
        """The event of the cursor: the cursor stays on it, whatever comes and in whichever view."""

    def begin(self) -> None:
        """Follow the flow."""
        self.query_one("#search", Input).display = False
        self.watch_model(self.codes, self.selection_changed)
        self.watch_model(self.model, self._show)
        if self._own is not None:
            self._own.start()
        self.model.refresh()

    def on_unmount(self) -> None:
        """Stop reading."""
        self.model.close()
        if self._own is not None:
            self._own.close()

    def facts(self) -> Iterable[Fact]:
        """Of the selected event or request."""
        return [Fact.SELECTED] if self.event is not None or self.row is not None else []

    def trail(self) -> str:
        """The end of the flow's id."""
        return short_id(self.model.flow_id)

    def refresh_data(self) -> None:
        """Read on after a problem, and look for what has not come in time."""
        if self.model.reader is not None and self.model.reader.problem:
            self.model.reader.start()
        self.model.grow_older()

    @property
    def index(self) -> int:
        """The index of the selected event; -1 where there is none."""
        return -1 if self._drawing is None else self._drawing.event_at(self._diagram.cursor)

    @property
    def event(self) -> FlowEvent | None:
        """The selected event."""
        drawn, index = self.model.drawn, self.index
        return drawn.flow.events[index] if drawn is not None and 0 <= index < len(drawn.flow.events) else None

    @property
    def row(self) -> Row | None:
        """The row of the cursor in the waterfall."""
        drawing, line = self._drawing, self._diagram.cursor
        return drawing.layout.row(line) if isinstance(drawing, WaterfallDrawing) and line < len(drawing) else None

    def selection_changed(self) -> None:
        """Show the event of the cursor."""
        self._event = self.event
        self.query_one("#pane", Lines).redraw()
        self.query_one("#below", Lines).redraw()

    def on_rows_opened(self) -> None:
        """Show the record with its headers and value, or the request."""
        event, row = self.event, self.row
        if event is not None:
            self.app.push_screen(Details(event.place, lambda width: text.whole_record(event, width)))
        elif row is not None and row.request is not None:
            self.app.push_screen(Details(row.request.name, self._about))

    def on_input_changed(self, event: Input.Changed) -> None:
        """Look for it as it is typed, from the event of the cursor on."""
        self.model.search(event.value.strip())
        if self.model.hits and self.index not in self.model.hits:
            self._go_to_hit(1)

    def leave_field(self) -> bool:
        """Enter goes to what was found."""
        self.set_focus(self._diagram)
        return True

    def do_app_back(self) -> None:
        """Out of the search first, then from the zoom, then back to where it was opened."""
        if self.query_one("#search", Input).display:
            self.query_one("#search", Input).display = False
            self.set_focus(self._diagram)
            self.model.search("")
        elif self.model.window is not None:
            self.model.show_whole()
        else:
            self.app.pop_screen()

    def do_app_copy(self) -> None:
        """Copy the id of the flow."""
        copy_id(self, self.model)

    def do_app_copy_as(self) -> None:
        """Choose the form in which the flow is copied."""
        copy_as(self, self.model)

    def do_trace_view(self) -> None:
        """The next view."""
        self._change_view(1)

    def do_trace_view_back(self) -> None:
        """The view before this one."""
        self._change_view(-1)

    def do_trace_zoom_in(self) -> None:
        """Half of the time, around what is selected."""
        row, event = self.row, self.event
        if row is not None and row.spans:
            self.model.zoom_in((row.spans[0].start + row.spans[-1].end) // 2)
        elif event is not None:
            self.model.zoom_in(event.at)

    def do_trace_zoom_out(self) -> None:
        """Twice the time."""
        self.model.zoom_out()

    def do_trace_whole(self) -> None:
        """All of the time."""
        self.model.show_whole()

    def do_trace_earlier(self) -> None:
        """Back in time."""
        self.model.pan(-1)

    def do_trace_later(self) -> None:
        """On in time."""
        self.model.pan(1)

    def do_trace_fold(self) -> None:
        """Show fewer consumers of the event."""
        self._fold(-1)

    def do_trace_unfold(self) -> None:
        """Show more of them."""
        self._fold(1)

    def do_trace_fold_all(self) -> None:
        """Show fewer consumers of every event."""
        self.model.fold_all(-1)

    def do_trace_unfold_all(self) -> None:
        """Show more of them."""
        self.model.fold_all(1)

    def do_trace_critical(self) -> None:
        """Only the critical path, or everything."""
        self.model.show_critical(not self.model.only_critical)

    def do_trace_code(self) -> None:
        """Open the code of what is selected."""
        event, group = self.event, self.row.group if self.row is not None else ""
        if event is not None:
            found = self.codes.find(event.topic, event.publisher, group)
            self.client_app.marketplace.tasks.start(open_code(self, found))

    def do_trace_replay(self) -> None:
        """Go through the flow step by step, from the selected event on, or from the first one."""
        if self.model.drawn is not None:
            self.app.push_screen(ReplayScreen(self.client_app.marketplace, self.model, self.event))

    def do_trace_where(self) -> None:
        """Say which consumers have the flow before them."""
        ask_where(self, self.model.flow_id, self.model.reader)

    def do_trace_compare(self) -> None:
        """Mark this flow, or put it beside the one that is marked."""
        self.view = DIFFERENCE if compared(self, self.model) else self.view

    def do_trace_search(self) -> None:
        """Type into the search field."""
        field = self.query_one("#search", Input)
        field.display = True
        self.set_focus(field)
        self.model.search(field.value.strip())

    def do_trace_next_hit(self) -> None:
        """The next event that was found."""
        self._go_to_hit(1)

    def do_trace_previous_hit(self) -> None:
        """The one before."""
        self._go_to_hit(-1)

    def _fold(self, by: int) -> None:
        if self.event is not None:
            self.model.fold(self.event, by)

    def _go_to_hit(self, by: int) -> None:
        hit = self.model.hit(self.index, by)
        if hit is not None and self._drawing is not None:
            self._diagram.go_to_line(self._drawing.line_of(hit))

    def _change_view(self, by: int) -> None:
        views = views_of(self.model)
        self.view = views[(views.index(self.view) + by) % len(views)]
        self._show()

    def _place_of_code(self) -> str | None:
        group, event = self.row.group if self.row is not None else "", self.event
        return self.codes.of(event.topic, event.publisher, group) if event is not None else ""

    def _show(self) -> None:
        if not self.is_there or not self._diagram.size:  # before the first layout there is no room to draw for
            return
        app, diagram, width = self.client_app, self._diagram, self._diagram.line_width
        diagram.empty = [(Span(" "), *line) for line in text.nothing(self.model, width)]
        drawing = drawing_of(self.model, self.view, width, diagram.room - 1, signs_of(app.ascii), flat=app.flat)
        if drawing is not None and self.model.drawn is not None:
            flow, before, cursor = self.model.drawn.flow, self._drawing, diagram.cursor
            index = event_at(before if flow is self._flow else None, cursor, flow, self._event)
            self._drawing, self._flow = drawing, flow
            diagram.show(drawing, line_after(before, cursor, drawing, index))
        else:
            diagram.refresh()
        self.query_one("#head", Lines).redraw()
        self.selection_changed()
        self.keys_changed()

    def _draw_head(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - two lines
        return text.top(self.model, views_of(self.model), self.view, width, signs_of(self.client_app.ascii))

    def _draw_pane(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - as long as it is
        event = self.event
        return [*self._about(width), *([] if event is None else [(), *text.whole_record(event, width)])]

    def _draw_below(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - a few lines
        return [*self._about(width), *[()] * _MOST_BELOW][:_MOST_BELOW]

    def _about(self, width: int) -> list[Line]:
        drawn, code = self.model.drawn, self._place_of_code()
        return [] if drawn is None else text.selected(drawn, self.model.judged_now, self.row, self.index, code, width)
