"""A run of the simulator while it is under way, as its own view at a terminal shows it, and its verdict at the end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.app import ComposeResult

from marketplace_tui.actions.state import Fact
from marketplace_tui.model.admin.simulation import Simulation
from marketplace_tui.model.marketplace import Marketplace
from marketplace_tui.screens.admin import simulation_text as text
from marketplace_tui.screens.admin.details import Details
from marketplace_tui.screens.base import ClientScreen
from marketplace_tui.screens.everywhere.dialogs import Choice, Choose
from marketplace_tui.text.lines import Line, spans, wrapped
from marketplace_tui.text.table import Column
from marketplace_tui.widgets.lines import Lines
from marketplace_tui.widgets.rows import Row, Rows
from services_stub.client.user_files import state_directory

LOOK_SECONDS = 1 / 3
"""How often what is new is read, and painted: with the refresh of every screen at most four times in a second."""

LOOKS_FOR_RUNS = 6
"""So many looks until other runs are looked for, too."""

TALL = 34
"""From so many lines on, there are empty lines between groups of figures."""

_NEWEST = "newest"


class SimulationScreen(ClientScreen):
    """The run that is followed: figures, faults and lights, and everything that was said."""

    PLACE = "simulation"
    AUTO_FOCUS = "#rows"

    def __init__(self, marketplace: Marketplace) -> None:
        super().__init__()
        self.model = Simulation(marketplace.tasks, state_directory() / "runs", marketplace.state)
        self._looks = 0
        self._entries: Sequence[text.Entry] = ()
        self._shown_run = ""
        """The name of the run whose entries they are."""

    def compose_body(self) -> ComposeResult:
        """Head, figures, and the lines that were said."""
        yield Lines(self._draw_head, id="head", classes="pad")
        yield Lines(self._draw_rule, classes="rule")
        yield Lines(self._draw_figures, id="figures", classes="pad")
        yield Lines(self._draw_rule, classes="rule")
        yield Rows((Column("", 20, grows=True),), flat=self.client_app.flat, header=False, id="rows")

    def begin(self) -> None:
        """Begin to read."""
        self.watch_model(self.model, self._show)
        self.set_interval(LOOK_SECONDS, self._look)

    def on_unmount(self) -> None:
        """Stop reading."""
        self.model.close()

    def facts(self) -> Iterable[Fact]:
        """Whether a line was said."""
        if self._entry is not None:
            yield Fact.SELECTED

    def refresh_data(self) -> None:
        """Look for other runs, and read what is new."""
        self.model.look_for_runs()

    def on_rows_opened(self) -> None:
        """Show the whole line, which may be longer than the screen is wide."""
        entry = self._entry
        if entry is not None:
            self.app.push_screen(
                Details("Told by the run", lambda width: [spans(line) for line in wrapped(entry.copied, width)])
            )

    def do_simulation_choose(self) -> None:
        """Ask which run is to be shown."""
        now = self.client_app.marketplace.now()
        choices = [Choice(run.name, *text.choice(run, now)) for run in self.model.shown.runs]
        if not choices:
            self.say("There is no run that could be shown.", "warning")
            return
        newest = Choice(_NEWEST, "The newest", "of this marketplace, and each that comes")

        def chosen(name: str | None) -> None:
            if name is not None:
                self.model.choose("" if name == _NEWEST else name)

        self.app.push_screen(Choose("Which run?", [newest, *choices]), chosen)

    def do_app_copy(self) -> None:
        """Copy the line of the cursor, of a report its path; without a run the command that starts one."""
        entry = self._entry
        copied = text.command(self.model) if entry is None else entry.copied
        self.app.copy_to_clipboard(copied)
        self.say(f"Copied {copied}")

    @property
    def _entry(self) -> text.Entry | None:
        """The entry of the cursor."""
        key = self._rows.cursor_key
        return next((entry for entry in self._entries if entry.key == key), None)

    @property
    def _rows(self) -> Rows:
        return self.query_one("#rows", Rows)

    def _look(self) -> None:
        if self.is_current:
            self._looks += 1
            (self.model.look if self._looks % LOOKS_FOR_RUNS else self.model.look_for_runs)()

    def _show(self) -> None:
        rows, before, found = self._rows, self._entries, text.entries(self.model)
        shown = self.model.shown.run
        name = shown.name if shown is not None else ""
        if found != before or name != self._shown_run:
            # The cursor follows the last line, unless it was moved away from it.
            follows = not before or name != self._shown_run or rows.cursor_key == before[-1].key
            self._entries, self._shown_run = found, name
            rows.show_rows([Row(each.key, (spans(each.text, each.look),)) for each in found], of=name)
            if found and follows:
                rows.go_to(found[-1].key)
        for part in ("#head", "#figures", ".rule"):
            for lines in self.query(part).results(Lines):
                lines.redraw()

    def _draw_rule(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - one line
        return self.client_app.rule(width) if self.model.shown.run is not None else []

    def _draw_head(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - a few lines
        now = self.client_app.marketplace.now()
        return text.head(self.model, now, width, flat=self.client_app.flat)

    def _draw_figures(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - the terminal's decides
        flat = self.client_app.flat
        return text.figures(self.model, width, flat=flat, spaced=not flat and self.app.size.height >= TALL)
