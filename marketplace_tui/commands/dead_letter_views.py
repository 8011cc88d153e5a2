"""Dead letters as people see them."""

from __future__ import annotations

from collections.abc import Iterator

from marketplace_tui.commands.output import Column, Look, Part, Table, View
from marketplace_tui.commands.shop_views import ID, facts
from marketplace_tui.text.values import count
from services_stub.contracts.http.dead_letters import (
    Content,
    DeadLetter,
    DeadLetterRecord,
    DeadLetterResults,
    DeadLetters,
    DeadLetterState,
)

_OPEN = (ID, Column("Group", flexible=True), Column("When"), Column("Error", flexible=True))
_CLOSED = (ID, Column("Group", flexible=True), Column("State"), Column("When"), Column("Reason", flexible=True))


def dead_letter_list(page: DeadLetters, look: Look) -> Iterator[Part]:
    """Dead letters, one in each row; what became of them where not all are open."""
    if all(found.state is DeadLetterState.OPEN for found in page.items):
        rows = [[found.dead_letter_id, found.group, look.when(found.at), found.error] for found in page.items]
        yield Table(_OPEN, rows, "No dead letters here.")
    else:
        yield Table(_CLOSED, [_closed_row(found, look) for found in page.items])
    if page.matching > len(page.items):
        yield f"{len(page.items):,} of {count(page.matching, 'dead letter')}."
    if page.left_out:
        yield f"The topics have {page.left_out:,} older ones, which are not listed."


def _closed_row(found: DeadLetter, look: Look) -> list[str]:
    when = look.when(found.closed_at or found.at)
    return [found.dead_letter_id, found.group, found.state, when, found.reason]


def dead_letter_page(value: DeadLetterRecord, look: Look) -> Iterator[Part]:
    """A dead letter: where it comes from, why, what became of it, and its record."""
    found = value.dead_letter
    entries = [
        ("record", f"{found.topic}[{look.number(found.partition)}]@{look.number(found.offset)}"),
        ("group", found.group),
        ("given up", f"{look.when(found.at)}, after {count(found.attempt, 'attempt')}"),
        ("event", found.event_id),
        ("flow", found.correlation_id),
        ("state", found.state),
    ]
    if found.closed_at:
        entries.append(("closed", f"{look.when(found.closed_at)} by {found.user_id}"))
        entries.append(("reason", found.reason))
    if found.incomplete:
        entries.append(("not whole", found.incomplete))
    yield facts(entries)
    yield f"\n{found.error}\n"
    headers = [[header.name, _text(header.value)] for header in value.headers if header.name != "dlq_error"]
    yield Table(
        (Column("Header", flexible=True), Column("Value", flexible=True)), [["key", _text(value.key)], *headers]
    )
    yield f"\n{_text(value.value)}"


def result_list(done: str) -> View[DeadLetterResults]:
    """The view of results: how many were `done`, and the reason for each of the others."""

    def view(value: DeadLetterResults, _look: Look) -> Iterator[Part]:
        left = [result for result in value.results if result.problem]
        yield f"{count(len(value.results) - len(left), 'dead letter')} {done}."
        if left:
            rows = [[result.dead_letter_id, str(result.problem), result.detail] for result in left]
            yield Table((ID, Column("Not done"), Column("Why", flexible=True)), rows)

    return view


def _text(content: Content | None) -> str:
    if content is None:
        return "none"
    return content.text if content.encoding == "utf-8" else f"base64: {content.text}"
