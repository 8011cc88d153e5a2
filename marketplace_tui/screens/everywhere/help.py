"""Help: every key of the screen, and what it does, from the declarations."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll

from marketplace_tui.actions.action import EVERYWHERE, LISTS, Action
from marketplace_tui.actions.places import PLACES
from marketplace_tui.actions.registry import Keymap
from marketplace_tui.actions.state import ScreenState
from marketplace_tui.screens.dialog import Dialog
from marketplace_tui.text.keys import key_name
from marketplace_tui.text.lines import Line, Span
from marketplace_tui.text.shown import fitted
from marketplace_tui.widgets.lines import Lines

_KEYS_WIDTH = 14
_WORDS_WIDTH = 12


def help_lines(keymap: Keymap, state: ScreenState) -> list[Line]:
    """The help of a screen: its own actions first, then those of lists, then those of every screen."""
    actions = keymap.on(state)
    own = [action for action in actions if state.place in action.places]
    lists = [action for action in actions if LISTS in action.places]
    everywhere = [action for action in actions if EVERYWHERE in action.places]
    lines: list[Line] = []
    for title, group in ((PLACES[state.place].title, own), ("In lists", lists), ("Everywhere", everywhere)):
        if group:
            lines += [(), (Span(title, "strong"),), *(_action_line(action, state) for action in group)]
    return lines[1:]


def _action_line(action: Action, state: ScreenState) -> Line:
    keys = ", ".join(key_name(key) for key in action.keys)
    lacking = action.lacks(state)
    command = f"  marketplace {action.command}" if action.command else ""
    return (
        Span(fitted(keys, _KEYS_WIDTH), "key"),
        Span(fitted(action.words, _WORDS_WIDTH)),
        Span(f" {action.help}", "plain" if lacking is None else "dim"),
        Span(command, "dim"),
    )


class Help(Dialog[None]):
    """Scrolls; any of its keys closes it."""

    BINDINGS = [
        Binding("escape,q,question_mark,f1", "dismiss_help", show=False),
        Binding("j", "scroll_lines(1)", show=False),
        Binding("k", "scroll_lines(-1)", show=False),
    ]
    AUTO_FOCUS = "VerticalScroll"

    def __init__(self, keymap: Keymap, state: ScreenState) -> None:
        super().__init__(classes="dialog")
        self._lines = help_lines(keymap, state)

    def compose(self) -> ComposeResult:
        """The lines, and the key that closes them."""
        with VerticalScroll(classes="dialog-body wide"):
            yield Lines(self._draw)

    def action_dismiss_help(self) -> None:
        """Close."""
        self.answer(None)

    def action_scroll_lines(self, lines: int) -> None:
        """Scroll by so many lines."""
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)

    def _draw(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - as long as it is
        return [*self._lines, (), (Span("esc", "key"), Span(" closes this   "), Span("j k", "key"), Span(" scroll"))]
