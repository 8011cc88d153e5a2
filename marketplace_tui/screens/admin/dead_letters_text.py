"""The dead letters as lines of text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeAlias

from marketplace_tui.model.admin.dead_letters import problems_of
from marketplace_tui.screens.admin.list_text import exactly, joined, pair, paragraph, since
from marketplace_tui.text.lines import Line, Look, Span, spans
from marketplace_tui.text.table import Column
from marketplace_tui.text.values import count
from services_stub.contracts.http.dead_letters import Content, DeadLetter, DeadLetterRecord, DeadLetterResult

Progress: TypeAlias = Callable[[int], None]

COLUMNS = (
    Column("Topic", 16, grows=True),
    Column("Group", 12),
    Column("Error", 26, grows=True),
    Column("", 12, drop=2),
    Column("Given up", 10, right=True, drop=1, ages=True),
)

STATES = {"open": "○ open", "sent-again": "● sent again", "discarded": "⊘ discarded"}
_LOOKS: dict[str, Look] = {"open": "warning", "sent-again": "good", "discarded": "dim"}

SEND_AGAIN = "Each record goes to its topic again, for the group alone that could not handle it."
DISCARD = "They are closed, and not sent again."

MOST_LINES = 200
"""A value is shown up to so many lines."""


def cells(one: DeadLetter, now: datetime) -> tuple[Line, ...]:
    """A dead letter as a row."""
    return (
        spans(one.topic),
        spans(one.group),
        spans(one.error, "dim"),
        (Span(STATES[one.state], _LOOKS[one.state]),),
        since(one.at, now),
    )


def details(one: DeadLetter, width: int) -> list[Line]:
    """A dead letter without its record."""
    lines: list[Line] = [
        (*spans(f"{one.group} could not handle {one.topic}", "strong"),),
        spans(one.error, "bad"),
        (),
        *paragraph(one.error, width),
        (),
        joined(count(one.attempt, "attempt"), count(one.size, "byte")),
        exactly("Given up", one.at),
        pair("Key", one.key),
        pair("Event", one.event_id),
        pair("Flow", one.correlation_id),
        pair("Place", one.dead_letter_id),
    ]
    if one.partition is not None and one.offset is not None:
        lines.append(pair("Record", f"{one.topic}[{one.partition}]@{one.offset}"))
    if one.incomplete:
        lines += [(), *paragraph(f"Cannot be sent again: {one.incomplete}", width)]
    if one.closed_at is not None:
        lines += [(), (Span(STATES[one.state], _LOOKS[one.state]),), exactly("Closed", one.closed_at)]
        lines += [pair("By", one.user_id), *paragraph(one.reason, width)]
    return lines


def record_lines(record: DeadLetterRecord, width: int) -> list[Line]:
    """A dead letter with its record: value, key and headers."""
    lines: list[Line] = [*paragraph(record.dead_letter.error, width), (), (Span("Value", "strong"),)]
    lines += _content(record.value, width)
    lines += [(), (Span("Key", "strong"),), *_content(record.key, width), (), (Span("Headers", "strong"),)]
    for header in record.headers:
        encoding = "" if header.value.encoding == "utf-8" else f" ({header.value.encoding})"
        lines += paragraph(f"{header.name}: {header.value.text}{encoding}", width)
    return lines


def outcome(words: str, results: Sequence[DeadLetterResult]) -> str:
    """The outcome for all of them in a line."""
    problems = problems_of(results)
    done = len(results) - problems.total()
    reasons = ", ".join(f"{number:,} {reason.replace('-', ' ')}" for reason, number in problems.most_common())
    return (
        f"{count(done, 'dead letter')} {words}; not done: {reasons}."
        if problems
        else f"{count(done, 'dead letter')} {words}."
    )


def _content(content: Content | None, width: int) -> list[Line]:
    if content is None:
        return [(Span("none", "dim"),)]
    note = [] if content.encoding == "utf-8" else [(Span("in base64", "dim"),)]
    return [*note, *list(paragraph(content.text, width))[:MOST_LINES]]
