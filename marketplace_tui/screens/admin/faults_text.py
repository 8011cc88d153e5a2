"""Faults and actions as lines of text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from marketplace_tui.model.admin.faults import Entry, Kind, parameters, values_in
from marketplace_tui.screens.admin.banner import fault_name
from marketplace_tui.screens.admin.list_text import unavailable
from marketplace_tui.screens.everywhere.dialogs import Form
from marketplace_tui.text.lines import Line, Span, spans, wrapped
from marketplace_tui.text.shown import shown
from marketplace_tui.text.signs import WARNING
from marketplace_tui.text.table import Column
from marketplace_tui.text.values import count
from services_stub.client.errors import MarketplaceError
from services_stub.contracts.control import ActiveFault

FormSubmit: TypeAlias = Callable[[Form, Mapping[str, str]], None]

COLUMNS = (
    Column("Fault or action", 22),
    Column("On", 9),
    Column("In force", 20, grows=True),
)

BELOW = 3
"""The lines below the table where there is no room beside it."""

ELSEWHERE: Sequence[Line] = (
    (Span("Faults are put into force by the control API, on the marketplace's machine."),),
    (Span("Start the client there, with --data-dir instead of --gateway.", "dim"),),
)


def cells(entry: Entry) -> tuple[Line, ...]:
    """A kind of fault as a row."""
    if entry.active is not None:
        struck = [] if entry.active.hits is None else [count(entry.active.hits, "hit")]
        words = ", ".join([*filter(None, [parameters(entry.active.fault)]), *struck])
        in_force = spans(f"{WARNING} {words}" if words else f"{WARNING} in force", "warning")
    else:
        in_force = (Span("once" if entry.kind.once else "", "dim"),)
    return ((Span(entry.kind.words),), (Span(entry.kind.area, "dim"),), in_force)


def empty(error: MarketplaceError | None) -> Sequence[Line]:
    """Instead of faults."""
    return unavailable(error, "faults")


def pane(entry: Entry, width: int) -> list[Line]:
    """The meaning of a kind, and its parameters."""
    lines: list[Line] = [(Span(entry.kind.words, "strong"),), (Span(_nature(entry.kind), "dim"),), ()]
    lines += [spans(line) for line in wrapped(entry.kind.help, width)]
    for field in entry.kind.fields:
        lines += [(), (Span(field.words, "strong"),), (Span(field.hint, "dim"),)]
    return lines


def below(entry: Entry, width: int) -> list[Line]:
    """The meaning of a kind in few lines."""
    lines: list[Line] = [(Span(entry.kind.words, "strong"), Span(f"  {_nature(entry.kind)}", "dim"))]
    lines += [spans(line) for line in wrapped(entry.kind.help, width, BELOW - 1)]
    return lines + [()] * (BELOW - len(lines))


def values_of(entry: Entry) -> Mapping[str, str]:
    """The values with which the form of an entry begins: those that are in force."""
    if entry.active is None:
        return {}
    return values_in(entry.active.fault)


def applied(kind: Kind, words: str) -> str:
    """The outcome of applying in a line."""
    suffix = f": {shown(words)}" if words else ""
    return f"{kind.words} {'done' if kind.once else 'in force'}{suffix}."


def cleared(active: Sequence[ActiveFault]) -> str:
    """The outcome of clearing in a line."""
    return (
        f"{fault_name(active[0]).capitalize()} cleared."
        if len(active) == 1
        else f"{count(len(active), 'fault')} cleared."
    )


def _nature(kind: Kind) -> str:
    return f"{kind.area}, done once" if kind.once else f"{kind.area}, until it is cleared"
