"""One action as it is declared."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from marketplace_tui.actions.state import EXCLUSIVE, ROLES, Fact, Role, ScreenState

EVERYWHERE = "everywhere"
"""The place of actions that apply on every screen."""

LISTS = "lists"
"""The place of actions that apply wherever the cursor is in a list."""


@dataclass(frozen=True)
class Action:
    """Something that a person can do.

    `places` are the screens on which it applies, or EVERYWHERE or LISTS. `needs` are the facts without which it
    cannot be done. `command` is the command line that does the same, without `marketplace`; actions that only move what
    is shown have none. `footer` orders the line of keys: the lowest come first, and 0 is not shown there.
    Actions of one `group` share an entry there, which the group names. `takes` are ids of actions of lists whose keys
    mean this action instead, on its screens.
    """

    id: str
    words: str
    help: str
    keys: tuple[str, ...]
    places: tuple[str, ...]
    roles: tuple[Role, ...] = ROLES
    needs: tuple[Fact, ...] = ()
    command: str = ""
    footer: int = 0
    group: str = ""
    takes: tuple[str, ...] = ()

    def applies(self, state: ScreenState) -> bool:
        """Whether the action belongs to this screen and role, whatever is selected there."""
        return state.role in self.roles and (EVERYWHERE in self.places or state.place in self.places)

    def lacks(self, state: ScreenState) -> Fact | None:
        """The first fact that the action needs and the state does not have."""
        return next((fact for fact in self.needs if fact not in state.facts), None)

    def gives_way(self, state: ScreenState) -> bool:
        """Whether the opposite of a fact that it needs is true, so that an action of the same key is meant."""
        needed = set(self.needs)
        return any(needed & facts and (state.facts & facts) - needed for facts in EXCLUSIVE)

    def without(self, keys: Collection[str]) -> Action:
        """The same action without some keys."""
        return replace(self, keys=tuple(key for key in self.keys if key not in keys))

    def with_keys(self, keys: tuple[str, ...]) -> Action:
        """The same action on other keys."""
        return replace(self, keys=keys)


def conflicts(actions: tuple[Action, ...]) -> list[tuple[str, Action, Action]]:
    """Every key that means two actions in one place to one role: the key, and both of them."""
    return [
        (key, first, second)
        for position, first in enumerate(actions)
        for second in actions[position + 1 :]
        for key in first.keys
        if key in second.keys and _meet(first, second)
    ]


def _meet(first: Action, second: Action) -> bool:
    if not set(first.roles) & set(second.roles) or first.id in second.takes or second.id in first.takes:
        return False
    shared = EVERYWHERE in (*first.places, *second.places) or bool(set(first.places) & set(second.places))
    # A list is part of a screen, so that its keys are taken on every screen.
    shared = shared or LISTS in (*first.places, *second.places)
    return shared and not _exclude(first, second)


def _exclude(first: Action, second: Action) -> bool:
    for facts in EXCLUSIVE:
        one, other = facts & set(first.needs), facts & set(second.needs)
        if one and other and one != other:
            return True
    return False
