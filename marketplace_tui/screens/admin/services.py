"""The services, the broker and the consumer groups of a marketplace, and the actions on their processes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast

from textual.app import ComposeResult
from textual.containers import Horizontal

from marketplace_tui.actions.state import Fact
from marketplace_tui.model.admin.processes import Process, Processes
from marketplace_tui.model.control import Control
from marketplace_tui.model.marketplace import Marketplace
from marketplace_tui.model.resource import Resource
from marketplace_tui.operations.admin import BROKER, Verb, action_on
from marketplace_tui.screens.admin import services_text as text
from marketplace_tui.screens.admin.details import Details
from marketplace_tui.screens.asking import perform
from marketplace_tui.screens.base import ClientScreen
from marketplace_tui.screens.everywhere.dialogs import Choice, Choose
from marketplace_tui.text.lines import Line, spans
from marketplace_tui.widgets.lines import Lines
from marketplace_tui.widgets.rows import Row, Rows

LOOK_SECONDS = 2.0
"""How often the processes are asked for while they are looked at."""


class ServicesScreen(ClientScreen):
    """All processes with their lag, and the topics of the selected one."""

    PLACE = "services"
    AUTO_FOCUS = "#rows"

    def __init__(self, marketplace: Marketplace) -> None:
        super().__init__()
        self.model = Processes(marketplace)

    def compose_body(self) -> ComposeResult:
        """Broker and data, the processes, the topics of the selected one."""
        yield Lines(self._draw_head, id="head")
        yield Lines(self._draw_rule, classes="rule")
        with Horizontal():
            yield Rows(text.COLUMNS, flat=self.client_app.flat, id="rows")
            yield Lines(self._draw_pane, id="pane")
        yield Lines(self._draw_rule, classes="rule below")
        yield Lines(self._draw_below, id="below")

    def begin(self) -> None:
        """Follow the processes."""
        self.watch_model(self.model.health, self._show)
        if self.model.control is not None:
            self.watch_model(self.model.control.status, self._show)
        self.set_interval(LOOK_SECONDS, self._refresh_if_seen)

    @property
    def selected(self) -> Process | None:
        """The process of the cursor."""
        key = self.query_one("#rows", Rows).cursor_key
        return next((one for one in self.model.all if one.name == key), None)

    def resources(self) -> Sequence[Resource[Any]]:
        """The processes."""
        return (self.model.health, *((self.model.control.status,) if self.model.control else ()))

    def facts(self) -> Iterable[Fact]:
        """Of the selected process."""
        if self.selected is not None:
            yield Fact.SELECTED

    def refresh_data(self) -> None:
        """Ask for the processes again."""
        self.model.refresh()

    def on_rows_opened(self) -> None:
        """Show every topic of the process."""
        process = cast("Process", self.selected)
        now = self.client_app.marketplace.now()
        self.app.push_screen(Details(process.name, lambda width: text.pane(process, now, width)[1:]))

    def selection_changed(self) -> None:
        """Show the topics of the process that is selected now."""
        self.query_one("#pane", Lines).redraw()
        self.query_one("#below", Lines).redraw()

    def do_service_kill(self) -> None:
        """End it at once."""
        self._act("kill")

    def do_service_pause(self) -> None:
        """Freeze it, or let it go on."""
        process = cast("Process", self.selected)
        self._act("resume" if process.paused else "pause")

    def do_service_restart(self) -> None:
        """Let it end, and start again."""
        self._act("restart")

    def _act(self, verb: Verb) -> None:
        process = cast("Process", self.selected)
        if process.is_service:
            self._do(verb, process.name)
        elif process.name == BROKER:
            self._ask_for_broker(verb)
        else:
            self.say(f"The control API has no actions on {process.name}.", "warning")

    def _ask_for_broker(self, verb: Verb) -> None:
        """The broker's records may be lost, and its status does not tell whether it was stopped: ask."""

        def chosen(key: str | None) -> None:
            if key is not None:
                self._do(cast("Verb", key), BROKER)

        choices = [Choice(one, words, beside) for one, words, beside in text.BROKER_ACTIONS[verb]]
        self.app.push_screen(Choose("The broker of the whole marketplace", choices), chosen)

    def _do(self, verb: Verb, name: str) -> None:
        control = cast("Control", self.model.control)
        perform(self, control.act(action_on(verb, name)), lambda _none: self.say(text.outcome(verb, name)))

    def _show(self) -> None:
        rows = self.query_one("#rows", Rows)
        rows.empty = text.empty(self.model)
        rows.show_rows([Row(one.name, text.cells(one)) for one in self.model.all])
        self.query_one("#head", Lines).redraw()
        self.selection_changed()

    def _draw_head(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - a line or two
        return text.head(self.model, width)

    def _draw_rule(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - one line
        return self.client_app.rule(width)

    def _draw_pane(self, width: int, height: int) -> Sequence[Line]:
        process = self.selected
        return text.pane(process, self.client_app.marketplace.now(), width)[:height] if process else []

    def _draw_below(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - some lines
        process = self.selected
        return text.below(process, width) if process else [spans("")] * text.BELOW
