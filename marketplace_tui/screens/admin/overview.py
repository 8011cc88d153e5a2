"""The overview: the marketplace in numbers, over time, its services, and what needs a look."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from textual.app import ComposeResult

from marketplace_tui.actions.state import Fact
from marketplace_tui.model.admin.concerns import Concern, concerns
from marketplace_tui.model.admin.overview import Overview
from marketplace_tui.model.admin.processes import processes
from marketplace_tui.model.marketplace import Marketplace
from marketplace_tui.model.resource import Resource
from marketplace_tui.screens.admin import overview_text as text
from marketplace_tui.screens.base import ClientScreen
from marketplace_tui.text.lines import Line
from marketplace_tui.text.table import Column
from marketplace_tui.widgets.lines import Lines
from marketplace_tui.widgets.rows import Row, Rows

LOOK_SECONDS = 2.0
"""How often the numbers are asked for while they are looked at."""

TALL = 34
"""From so many lines on, charts are several lines high."""


class OverviewScreen(ClientScreen):
    """The first screen of admins."""

    PLACE = "overview"
    AUTO_FOCUS = "#rows"

    def __init__(self, marketplace: Marketplace) -> None:
        super().__init__()
        self.model = Overview(marketplace)

    def compose_body(self) -> ComposeResult:
        """Numbers, charts, services, and the list of what needs a look."""
        yield Lines(self._draw_numbers, id="numbers")
        yield Rows((Column("", 20, grows=True),), flat=True, id="rows")

    def begin(self) -> None:
        """Follow the numbers."""
        for resource in self.model.resources:
            self.watch_model(resource, self._show)
        if self.model.control is not None:
            self.watch_model(self.model.control.status, self._show)
            self.watch_model(self.model.control.faults, self._show)
        self.set_interval(LOOK_SECONDS, self._refresh_if_seen)

    def resources(self) -> Sequence[Resource[Any]]:
        """The numbers, the processes, and the faults in force."""
        control = self.model.control
        return (*self.model.resources, *((control.status, control.faults) if control else ()))

    def facts(self) -> Iterable[Fact]:
        """Whether something needs a look."""
        if self._concerns:
            yield Fact.SELECTED

    def refresh_data(self) -> None:
        """Ask for the numbers again."""
        self.model.refresh()

    def on_rows_opened(self, event: Rows.Opened) -> None:
        """Go to the section that shows it."""
        concern = next((one for one in self._concerns if one.key == event.key), None)
        if concern is not None:
            self.client_app.go_to(concern.place)

    def do_overview_resolution(self) -> None:
        """Steps of the next length."""
        self.model.next_resolution()
        self.say(f"By {self.model.resolution}")

    @property
    def _concerns(self) -> Sequence[Concern]:
        model, control = self.model, self.model.control
        if model.health.value is None or model.summary.value is None:
            return ()
        status, active = (control.status.value, control.faults.value) if control else (None, None)
        open_dead_letters = model.dead_letters.value.matching if model.dead_letters.value else 0
        return concerns(processes(model.health.value, status), active or (), model.summary.value, open_dead_letters)

    def _show(self) -> None:
        rows = self.query_one("#rows", Rows)
        rows.empty = text.nothing_to_look_at(self.model)
        rows.show_rows([Row(one.key, (text.concern(one),)) for one in self._concerns])
        self.query_one("#numbers", Lines).redraw()
        self.keys_changed()

    def _draw_numbers(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - the terminal's decides
        height_of_charts = 3 if self.app.size.height >= TALL else 1
        return text.numbers(self.model, width, height_of_charts, flat=self.client_app.flat)
