"""A flow step by step over its topology: publisher, topic, consumers, and the states that the step changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from marketplace_tui.actions.state import Fact
from marketplace_tui.model.marketplace import Marketplace
from marketplace_tui.model.trace.flow import FlowModel
from marketplace_tui.model.trace.replay import ReplayModel
from marketplace_tui.screens.admin.details import Details
from marketplace_tui.screens.trace import replay_text as text
from marketplace_tui.screens.trace.copies import copy_as, copy_id
from marketplace_tui.screens.trace.diagram_screen import DiagramScreen
from marketplace_tui.screens.trace.flow_text import whole_record
from marketplace_tui.text.lines import Line
from simulator.trace import FlowEvent

_MOST_BELOW = 6
_ALL = 1000


class ReplayScreen(DiagramScreen):
    """The steps of a flow that the screen below goes on to follow, from one of its events on."""

    PLACE = "replay"

    def __init__(self, marketplace: Marketplace, model: FlowModel, first: FlowEvent | None) -> None:
        super().__init__()
        self.model = ReplayModel(model, marketplace.tasks, first)
        self._drawing: text.ReplayDrawing | None = None

    def begin(self) -> None:
        """Follow the flow."""
        self.watch_model(self.model.model, self.model.refresh)
        self.watch_model(self.model, self._show)

    def facts(self) -> Iterable[Fact]:
        """Of the step."""
        return [Fact.SELECTED] if self.model.transition is not None else []

    def selection_changed(self) -> None:
        """A click on a way goes to the next step there."""
        if self._drawing is not None:
            way = self._drawing.way_at(self._diagram.cursor)
            if way != self.model.way:
                self.model.go_along(way)

    def on_rows_opened(self) -> None:
        """Show all that the step changed, and its record."""
        step = self.model.transition
        if step is not None:
            place, event = step.event.place, step.event
            self.app.push_screen(
                Details(place, lambda width: [*text.changes(self.model, width, _ALL), (), *whole_record(event, width)])
            )

    def do_replay_next(self) -> None:
        """The next step."""
        self.model.go_to(self.model.step + 1)

    def do_replay_back(self) -> None:
        """The step before."""
        self.model.go_to(self.model.step - 1)

    def do_replay_first(self) -> None:
        """The first step."""
        self.model.go_to(0)

    def do_replay_last(self) -> None:
        """The last step."""
        self.model.go_to(len(self.model.transitions) - 1)

    def do_app_copy(self) -> None:
        """Copy the id of the flow."""
        copy_id(self, self.model.model)

    def do_app_copy_as(self) -> None:
        """Choose the form in which the flow is copied."""
        copy_as(self, self.model.model)

    def _show(self) -> None:
        if not self.is_there:
            return
        if self.model.transition is not None:
            self._drawing = text.ReplayDrawing(self.model, flat=self.client_app.flat)
            self._diagram.show(self._drawing, self._drawing.cursor)
        self._redraw()
        self.keys_changed()

    def _draw_head(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - two lines
        return text.head(self.model, width)

    def _draw_pane(self, width: int, height: int) -> Sequence[Line]:
        return text.changes(self.model, width, height)

    def _draw_below(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - a few lines
        return [*text.changes(self.model, width, _MOST_BELOW), *[()] * _MOST_BELOW][:_MOST_BELOW]
