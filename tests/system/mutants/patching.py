"""The patches of mutants: each change is noted, and can be taken back."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple


class Change(NamedTuple):
    """A value that was put in the place of another one."""

    before: Any
    after: Any
    undo: Callable[[], None]


changes: list[Change] = []
"""All changes so far."""


def replace(owner: Any, name: str, after: Any) -> None:
    """Put a value in the place of an attribute of a module or class; AttributeError where it has none."""
    before = getattr(owner, name)
    setattr(owner, name, after)
    changes.append(Change(before, after, partial(setattr, owner, name, before)))


def put(table: Any, key: Any, after: Any) -> None:
    """Put a value in the place of an entry of a table; KeyError where it has none."""
    before = table[key]
    table[key] = after
    changes.append(Change(before, after, partial(table.__setitem__, key, before)))


def take_back() -> list[Change]:
    """Undo all changes, the last one first; they are returned in their order."""
    done, changes[:] = list(changes), []
    for change in reversed(done):
        change.undo()
    return done


def every(number: int) -> Callable[[], bool]:
    """A function that says True at each call of so many."""
    counted = itertools.count(1)
    return lambda: next(counted) % number == 0
