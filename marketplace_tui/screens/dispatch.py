"""Keys become actions in the order in which they were pressed.

Textual hands a key to the focused widget's own queue, and looks for bindings from there: of keys that come in one
piece, as from a paste or after a pause, a later one could be taken before an earlier one has moved the focus or the
cursor. So keys with an action are carried out here, before they are handed on.
"""

from __future__ import annotations

from typing import Any

from textual.widgets import Input, TextArea

from marketplace_tui.actions.action import LISTS
from marketplace_tui.screens.base import ClientScreen
from marketplace_tui.screens.dialog import Dialog
from marketplace_tui.widgets.rows import Rows


def carried_out(screen: ClientScreen, key: str) -> bool:
    """Do the action of a key; False where it has none here, or is typed into a field."""
    focused = screen.focused
    if isinstance(focused, Input | TextArea) and not _leaves_fields(key):
        return False
    lists = isinstance(focused, Rows)
    state = screen.state
    for action in screen.client_app.keymap.on(state, with_lists=lists):
        if key not in action.keys or action.gives_way(state):
            continue
        if LISTS in action.places and isinstance(focused, Rows):
            focused.do(action.id)
        else:
            screen.act(action.id)
        return True
    return False


def left_field(screen: ClientScreen | Dialog[Any], key: str) -> bool:
    """Leave a field on Enter at once, so that what is typed next is not typed into it."""
    return key == "enter" and isinstance(screen.focused, Input) and screen.leave_field()


def _leaves_fields(key: str) -> bool:
    """Whether a key means the same in a field as elsewhere; all others edit the text there."""
    return key == "escape" or key.startswith("ctrl+") or (key[0] == "f" and key[1:].isdigit())
