"""The dialogs: one text is asked for, one of several is chosen, a form is filled in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Input

from marketplace_tui.screens.dialog import Dialog
from marketplace_tui.text.lines import MOST_OF_ERROR, Line, Span, spans, width_of, wrapped
from marketplace_tui.text.signs import ELLIPSIS
from marketplace_tui.text.table import Column
from marketplace_tui.widgets.entry import LONGEST_FIELD, LONGEST_SEARCH, Entry
from marketplace_tui.widgets.lines import Lines
from marketplace_tui.widgets.rows import Row, Rows

_CLOSE = Binding("escape", "close", show=False)


@dataclass(frozen=True)
class Choice:
    """One of several: its key, its words, and what is said beside them."""

    key: str
    words: str
    beside: str = ""


class Choose(Dialog[str | None]):
    """Choose one of several by typing a part of its words, by keys or by mouse. Answers its key, or None."""

    BINDINGS = [
        _CLOSE,
        Binding("up", "up", show=False, priority=True),
        Binding("down", "down", show=False, priority=True),
    ]
    AUTO_FOCUS = "#typed"

    def __init__(self, title: str, choices: Sequence[Choice]) -> None:
        super().__init__(classes="dialog")
        self._title = title
        self._choices = choices

    def compose(self) -> ComposeResult:
        """Title, field, choices."""
        with Vertical(classes="dialog-body"):
            yield Lines(lambda _width, _height: [spans(self._title, "strong")])
            yield Entry(longest=LONGEST_SEARCH, placeholder="type to find", id="typed")
            yield Rows((Column("", 20, grows=True), Column("", 30, drop=1)), header=False, id="choices")

    def on_mount(self) -> None:
        """Show all of them."""
        self._show("")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show those that contain what is typed."""
        self._show(event.value)

    def on_input_submitted(self) -> None:
        """Choose the one of the cursor."""
        self.answer(self._rows.cursor_key or None)

    def on_rows_opened(self, event: Rows.Opened) -> None:
        """Choose the one that was clicked."""
        self.answer(event.key)

    def action_up(self) -> None:
        """The choice above."""
        self._rows.action_up()

    def action_down(self) -> None:
        """The choice below."""
        self._rows.action_down()

    def action_close(self) -> None:
        """Choose nothing."""
        self.answer(None)

    @property
    def _rows(self) -> Rows:
        return self.query_one("#choices", Rows)

    def _show(self, typed: str) -> None:
        words = typed.casefold().split()
        found = [one for one in self._choices if all(word in f"{one.words} {one.beside}".casefold() for word in words)]
        for rows in self.query("#choices").results(Rows):  # none, where the client ends while this opens
            rows.empty = [(Span("Nothing is called like that.", "dim"),)]
            rows.show_rows([Row(one.key, (spans(one.words), spans(one.beside, "dim"))) for one in found])


@dataclass(frozen=True)
class FormField:
    """A field of a form: its name in the contract, its words, and what it begins with."""

    name: str
    words: str
    value: str = ""
    hint: str = ""
    secret: bool = False


Submit = Callable[["Form", Mapping[str, str]], None]
"""Called with the form and its values; it calls `done` or `refused` of the form when the answer is there."""


class Form(Dialog[bool]):
    """Fields with the error of each beside it. What was typed stays until it was accepted.

    While an answer is awaited, nothing is submitted again.
    """

    BINDINGS = [_CLOSE, Binding("ctrl+s", "submit", show=False)]

    def __init__(self, title: str, fields: Sequence[FormField], submit: Submit, *, explanation: str = "") -> None:
        super().__init__(classes="dialog")
        self._title, self._fields, self._submit, self._explanation = title, fields, submit, explanation
        self._errors: Mapping[str, str] = {}
        self._problem = ""
        self._is_sent = False

    def compose(self) -> ComposeResult:
        """Title, fields with their errors, and the problem of the whole."""
        with VerticalScroll(classes="dialog-body", can_focus=False):
            yield Lines(lambda _width, _height: [spans(self._title, "strong")])
            yield Lines(self._draw_explanation)
            for field in self._fields:
                yield Lines(self._draws_label(field), classes="label")
                yield Entry(
                    field.value,
                    longest=LONGEST_FIELD,
                    placeholder=field.hint,
                    password=field.secret,
                    id=f"field-{field.name}",
                )
            yield Lines(self._draw_problem, id="problem")
            yield Lines(lambda _width, _height: [_HELP])

    def leave_field(self) -> bool:
        """Enter goes on to the next field."""
        if self.focused is None or self.focused.id == f"field-{self._fields[-1].name}":
            return False
        self.focus_next()
        return True

    def on_input_submitted(self) -> None:
        """Enter in the last field submits."""
        self.action_submit()

    def action_submit(self) -> None:
        """Hand the values over."""
        if self._is_sent:
            return
        self._is_sent = True
        self.tell("")
        self._submit(self, {field.name: self.query_one(f"#field-{field.name}", Input).value for field in self._fields})

    def action_close(self) -> None:
        """Give it up."""
        self.answer(False)

    def done(self) -> None:
        """It was accepted; the form may have been given up since it was sent."""
        self.answer(True)

    def tell(self, words: str) -> None:
        """Say how far it is, while the answer is awaited."""
        self._problem = words
        self.query_one("#problem", Lines).redraw()

    def refused(self, problem: str, errors: Mapping[str, str]) -> None:
        """It was refused: show the reason, and the errors beside their fields."""
        self._problem, self._errors, self._is_sent = problem, errors, False
        if not self.is_current:
            return
        for lines in self.query(Lines):
            lines.redraw()
        wrong = next((field for field in self._fields if field.name in errors), None)
        if wrong is not None:
            self.set_focus(self.query_one(f"#field-{wrong.name}", Input))

    def _draws_label(self, field: FormField) -> Callable[[int, int], Sequence[Line]]:
        def draw(width: int, height: int) -> Sequence[Line]:  # noqa: ARG001 - as long as it is
            words, error = (Span(field.words, "dim"),), self._errors.get(field.name, "")
            beside = (*words, Span("  "), *spans(error, "bad")) if error else words
            if width_of(beside) <= width:
                return [beside]
            return [words, *(spans(line, "bad") for line in wrapped(error, width))]

        return draw

    def _draw_explanation(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - as long as it is
        return [spans(line, "dim") for line in wrapped(self._explanation, width)] if self._explanation else []

    def _draw_problem(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - as long as it is
        if self._is_sent:
            return [(Span(self._problem or f"The answer is awaited{ELLIPSIS}", "dim"),)]
        return [spans(line, "bad") for line in wrapped(self._problem, width, MOST_OF_ERROR)] if self._problem else []


_HELP: Line = (
    Span("enter", "key"),
    Span(" next   "),
    Span("ctrl+s", "key"),
    Span(" save   "),
    Span("esc", "key"),
    Span(" give up"),
)
