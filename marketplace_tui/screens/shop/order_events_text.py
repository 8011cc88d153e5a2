"""The list of what happened to an order: its events in the topics, or else what the services tell of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from marketplace_tui.text.handled import handled_by
from marketplace_tui.text.lines import OF_STATUS, Line, Span, plain, spans
from marketplace_tui.text.reasons import reason_words
from marketplace_tui.text.shown import shown
from marketplace_tui.text.signs import ARROW, FAILED, MAIL, SEPARATOR, of_status
from marketplace_tui.text.table import Column
from marketplace_tui.text.values import elapsed, moment, money
from services_stub.contracts.http.gateway import TimelineEntry, TimelineKind

if TYPE_CHECKING:
    from simulator.trace import FlowEvent, Step

EVENT_COLUMNS = (
    Column("After", 8, right=True),
    Column("Event", 24),
    Column("Handled by, ms later", 30, grows=True),
    Column("Says", 34, drop=1),
)
ENTRY_COLUMNS = (
    Column("After", 9, right=True),
    Column("What happened", 24),
    Column("", 30, grows=True),
)


def event_cells(step: Step, started_at: int) -> tuple[Line, ...]:
    """An event: how long after the first one, where it lies, who handled it how much later, and what it says."""
    event = step.event
    return (
        (Span(elapsed((event.at - started_at) / 1_000_000), "dim"),),
        spans(event.place),
        (*handled_by(event), *_dead(event)),
        spans(step.words, "dim"),
    )


def event_words(step: Step, time: str) -> str:
    """An event in words: its exact time, its place, what it says, and every consumer."""
    handled = plain(handled_by(step.event)).removeprefix(f"{ARROW} ")
    return f"{time} {step.event.place}: {step.words}. Handled by, ms later: {handled}"


def _dead(event: FlowEvent) -> Line:
    return tuple(Span(f" {FAILED} dead letter of {shown(one.group)}", "bad") for one in event.dead_letters)


def entry_cells(entry: TimelineEntry, began: datetime, name_of: Callable[[str], str]) -> tuple[Line, ...]:
    """An entry that a service tells of: how long after the order was placed, what, and the words beside it."""
    after = (Span(elapsed((moment(entry.at) - began).total_seconds()), "dim"),)
    seller = (Span(f" {SEPARATOR} {shown(name_of(entry.seller_id))}", "dim"),) if entry.seller_id else ()
    if entry.kind is TimelineKind.NOTIFICATION:
        return (after, (Span(f"{MAIL} {shown(entry.what).replace('-', ' ')}"),), spans(entry.text, "dim"))
    status = Span(of_status(shown(entry.what)), OF_STATUS.get(entry.what, "plain"))
    amount = f"{money(entry.amount)} " if entry.amount is not None else ""
    beside = (Span(amount), *spans(reason_words(entry.text), "dim"), *seller)
    return (after, (Span(f"{entry.kind} "), status), beside)


def entry_key(entry: TimelineEntry) -> str:
    """A key for an entry: the same one, read again, keeps its row."""
    return f"{entry.at} {entry.kind} {entry.what} {entry.seller_id} {entry.text}"


def unread_line(reason: str) -> Sequence[Line]:
    """Why there are no events of the topics beside what the services tell."""
    return [(Span("The topics cannot be read: ", "warning"), *spans(reason, "dim"))] if reason else []
