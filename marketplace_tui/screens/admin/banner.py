"""The warning in the title of every screen while a fault is in force."""

from __future__ import annotations

from collections.abc import Sequence

from marketplace_tui.text.shown import cut, shown
from marketplace_tui.text.signs import WARNING
from marketplace_tui.text.values import count
from services_stub.contracts.control import ActiveFault

LONGEST = 34
"""Cells of the name of a fault in a title."""


def fault_name(active: ActiveFault) -> str:
    """The id of a fault in words: `delayed records order created`."""
    return shown(active.id).replace("-", " ")


def warnings(active: Sequence[ActiveFault] | None) -> tuple[str, ...]:
    """The one fault that is in force, or how many."""
    if not active:
        return ()
    if len(active) == 1:
        return (f"{WARNING} {cut(fault_name(active[0]), LONGEST)}",)
    return (f"{WARNING} {count(len(active), 'fault')} in force",)
