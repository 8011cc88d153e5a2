"""All actions, and what is read from them: bindings, the line of keys, help, and entries of the palette."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from marketplace_tui.actions.action import LISTS, Action
from marketplace_tui.actions.admin import ADMIN_ACTIONS
from marketplace_tui.actions.everywhere import EVERYWHERE_ACTIONS, LIST_ACTIONS
from marketplace_tui.actions.seller import SELLER_ACTIONS
from marketplace_tui.actions.shop import SHOP_ACTIONS
from marketplace_tui.actions.state import ScreenState
from marketplace_tui.actions.trace import TRACE_ACTIONS

MOST_IN_FOOTER = 7

ACTIONS: tuple[Action, ...] = (
    *SHOP_ACTIONS,
    *SELLER_ACTIONS,
    *ADMIN_ACTIONS,
    *TRACE_ACTIONS,
    *LIST_ACTIONS,
    *EVERYWHERE_ACTIONS,
)
BY_ID: Mapping[str, Action] = {action.id: action for action in ACTIONS}

SWALLOWED = frozenset({"ctrl+c", "ctrl+h", "ctrl+i", "ctrl+j", "ctrl+m", "ctrl+z", "ctrl+enter", "shift+enter"})
"""Keys that common terminals change into others, or keep for themselves."""


@dataclass(frozen=True)
class Entry:
    """An entry of the line of keys: the actions that it stands for, and its words."""

    actions: tuple[Action, ...]
    words: str


class Keymap:
    """The actions with the keys that a person chose for them.

    `keys` maps ids of actions to their keys; the others keep those that are declared.
    """

    def __init__(self, keys: Mapping[str, tuple[str, ...]] | None = None) -> None:
        chosen = keys or {}
        self.actions = tuple(action.with_keys(chosen.get(action.id, action.keys)) for action in ACTIONS)
        self.by_id = {action.id: action for action in self.actions}

    def on(self, state: ScreenState, *, with_lists: bool = True) -> tuple[Action, ...]:
        """The actions of a screen, those of the screen itself first."""
        own = tuple(action for action in self.actions if action.applies(state))
        here = tuple(action for action in own if state.place in action.places)
        taken = {(each, key) for action in here for each in action.takes for key in action.keys}
        lists = (action for action in self.actions if with_lists and LISTS in action.places)
        left = (action.without({key for each, key in taken if each == action.id}) for action in lists)
        return (*here, *(action for action in left if action.keys), *_others(own, state))

    def footer(self, state: ScreenState, *, with_lists: bool = True) -> tuple[Entry, ...]:
        """The line of keys: what can be done now, the most important first, and help last."""
        shown = [one for one in self.on(state, with_lists=with_lists) if one.footer and one.lacks(state) is None]
        grouped: dict[str, list[Action]] = {}
        for action in sorted(shown, key=lambda action: action.footer):
            grouped.setdefault(action.group or action.id, []).append(action)
        entries = [Entry(tuple(actions), actions[0].group or actions[0].words) for actions in grouped.values()]
        return (*entries[:-1][: MOST_IN_FOOTER - 1], entries[-1])


def _others(actions: tuple[Action, ...], state: ScreenState) -> tuple[Action, ...]:
    return tuple(action for action in actions if state.place not in action.places)
