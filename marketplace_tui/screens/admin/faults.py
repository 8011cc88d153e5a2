"""Faults and actions: every disturbance of the control contract, applied and cleared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from textual.app import ComposeResult
from textual.containers import Horizontal

from marketplace_tui.actions.state import Fact
from marketplace_tui.model.admin.faults import Entry, entries, made, parameters
from marketplace_tui.model.control import Control
from marketplace_tui.model.marketplace import Marketplace
from marketplace_tui.model.resource import Resource
from marketplace_tui.screens.admin import faults_text as text
from marketplace_tui.screens.asking import errors_of, perform, perform_form
from marketplace_tui.screens.base import ClientScreen
from marketplace_tui.screens.everywhere.dialogs import Form, FormField
from marketplace_tui.text.lines import Line
from marketplace_tui.widgets.lines import Lines
from marketplace_tui.widgets.rows import Row, Rows
from services_stub.client.errors import InvalidInput
from services_stub.contracts.control import Action, ActiveFault
from services_stub.contracts.control_faults import Fault


class FaultsScreen(ClientScreen):
    """All kinds of fault and action, those in force marked."""

    PLACE = "faults"
    AUTO_FOCUS = "#rows"

    def __init__(self, marketplace: Marketplace) -> None:
        super().__init__()
        self.control = marketplace.control

    def compose_body(self) -> ComposeResult:
        """The kinds, and the meaning of the selected one."""
        with Horizontal():
            yield Rows(text.COLUMNS, flat=self.client_app.flat, id="rows")
            yield Lines(self._draw_pane, id="pane")
        yield Lines(self._draw_rule, classes="rule below")
        yield Lines(self._draw_below, id="below")

    def begin(self) -> None:
        """Follow the faults that are in force."""
        if self.control is None:
            self._rows.empty = text.ELSEWHERE
        else:
            self.watch_model(self.control.faults, self._show)

    @property
    def selected(self) -> Entry | None:
        """The entry of the cursor."""
        key = self._rows.cursor_key
        return next((entry for entry in self._entries if entry.key == key), None)

    def resources(self) -> Sequence[Resource[Any]]:
        """The faults in force."""
        return (self.control.faults,) if self.control else ()

    def facts(self) -> Iterable[Fact]:
        """Of the selected entry."""
        entry = self.selected
        if entry is not None:
            yield Fact.SELECTED
            if entry.active is not None:
                yield Fact.ACTIVE_FAULT

    def subject(self) -> object | None:
        """The selected fault, where it is in force."""
        return self.selected.active if self.selected else None

    def refresh_data(self) -> None:
        """Ask which faults are in force."""
        if self.control is not None:
            self.control.faults.refresh()

    def on_rows_opened(self) -> None:
        """Enter applies, too."""
        self.act("fault.apply")

    def selection_changed(self) -> None:
        """Show the meaning of what is selected now."""
        self.query_one("#pane", Lines).redraw()
        self.query_one("#below", Lines).redraw()

    def do_fault_apply(self) -> None:
        """Ask for the parameters, and apply; at once where there are none."""
        entry = cast("Entry", self.selected)
        kind = entry.kind
        if not kind.fields:
            perform(self, self._carry_out(made(kind, {})), lambda _done: self.say(text.applied(kind, ""), "warning"))
            return
        known = text.values_of(entry)
        fields = [FormField(one.name, one.words, known.get(one.name, one.value), one.hint) for one in kind.fields]
        self.app.push_screen(Form(kind.words, fields, self._submit(entry), explanation=kind.help))

    def do_fault_clear(self) -> None:
        """Take the selected one out of force."""
        active = cast("ActiveFault", cast("Entry", self.selected).active)
        self._clear([active])

    def do_fault_clear_all(self) -> None:
        """Take all out of force."""
        active = cast("Control", self.control).faults.value or []
        if active:
            self._clear(active)
        else:
            self.say("No fault is in force.")

    def _submit(self, entry: Entry) -> text.FormSubmit:
        def submit(form: Form, values: Mapping[str, str]) -> None:
            try:
                asked = made(entry.kind, values)
            except InvalidInput as error:
                form.refused("", errors_of(error))
                return
            words = text.applied(entry.kind, parameters(asked))
            perform_form(self, form, self._carry_out(asked), lambda _done: self.say(words, "warning"))

        return submit

    async def _carry_out(self, asked: Fault | Action) -> None:
        control = cast("Control", self.control)
        if isinstance(asked, Fault):
            await control.apply(asked)
        else:
            await control.act(asked)

    def _clear(self, active: Sequence[ActiveFault]) -> None:
        control = cast("Control", self.control)
        perform(self, control.clear(*(one.id for one in active)), lambda _none: self.say(text.cleared(active), "good"))

    @property
    def _rows(self) -> Rows:
        return self.query_one("#rows", Rows)

    @property
    def _entries(self) -> Sequence[Entry]:
        known = self.control.faults.value if self.control else None
        return [] if known is None else entries(known)

    def _show(self) -> None:
        control = cast("Control", self.control)
        self._rows.empty = text.empty(control.faults.error)
        self._rows.show_rows([Row(entry.key, text.cells(entry)) for entry in self._entries])
        self.selection_changed()

    def _draw_rule(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - one line
        return self.client_app.rule(width)

    def _draw_pane(self, width: int, height: int) -> Sequence[Line]:
        entry = self.selected
        return text.pane(entry, width)[:height] if entry else []

    def _draw_below(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - some lines
        entry = self.selected
        return text.below(entry, width) if entry else []
