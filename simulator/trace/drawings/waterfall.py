"""A flow as a waterfall: a line for each request, each event and below it each consumer, on one axis of time.

The axis ends with the last event: consumers that only read may go on, and a sign at the right edge says so.
Where there is less height than lines, consumers that changed nothing else in the flow share a line, or have none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from simulator.trace.drawings.axis import Axis
from simulator.trace.drawings.plain import ASCII, UNICODE, Signs, finished, fit, flowing, padded
from simulator.trace.drawings.rows import Detail, Row, Rows, critical_of
from simulator.trace.drawings.words import headline, shares
from simulator.trace.findings import Finding
from simulator.trace.flow import Flow
from simulator.trace.spans import SpanKind, critical_path, judged_until

_LABEL, _WHO = 24, 13
_NARROW = 60


def waterfall(
    flow: Flow,
    findings: Sequence[Finding] = (),
    *,
    width: int = 80,
    height: int | None = None,
    ascii_only: bool = False,
) -> list[str]:
    """The lines, none wider than `width` cells and no more than `height` where that is given, at least eight."""
    signs = ASCII if ascii_only else UNICODE
    if not flow.events:
        return finished(["no event of this flow was found"], width, signs)
    end = judged_until(flow)
    axis = Axis(flow.started_at, flow.started_at, end, cells_of_axis(width))
    legend = flowing(legend_of(flow, end, signs), width)
    room = None if height is None else max(8, height) - 2 - len(legend)
    lines = [headline(flow, findings, width, signs), " " * (width - axis.cells) + axis.ticks()]
    for row in _fitting(Rows(flow, critical_of(flow, end)), room):
        lines.append(start_of(row, width, signs) + axis.bar(row.spans, signs))
    return finished([*lines, *legend], width, signs)


def cells_of_axis(width: int) -> int:
    """The cells that a line of `width` cells has for its bar."""
    return max(1, width - sum(_columns(width)))


def start_of(row: Row, width: int, signs: Signs) -> str:
    """A row as it stands before its bar, in a line of `width` cells."""
    label, who = _columns(width)
    mark = signs.on_path if row.critical else " "
    words = row.label.replace(UNICODE.right, signs.right)
    text = mark + padded(words, label - 2, signs.more) + " " + padded(row.who, who - 1, signs.more) + " "
    return fit(text, label + who)


def legend_of(flow: Flow, end: int, signs: Signs) -> list[str]:
    """The signs of bars with their kinds of time and shares of the critical path."""
    share = dict(shares(critical_path(flow, end)))
    known = (
        (signs.topic, SpanKind.TOPIC),
        (signs.writer, SpanKind.WRITER),
        (signs.retry, SpanKind.RETRY),
        (signs.handling, SpanKind.HANDLING),
        (signs.broker, SpanKind.BROKER),
        (signs.answer, SpanKind.ANSWER),
        (" ", SpanKind.WORKING),
    )
    words = [f"{sign} {kind} {share[kind]:.0%}".strip() for sign, kind in known if kind in share]
    return [*words, f"{signs.on_path} on the critical path"]


def _columns(width: int) -> tuple[int, int]:
    """The cells of a row's label, and of who it is about."""
    return (_LABEL, _WHO) if width >= _NARROW else (width // 3, width // 6)


def _fitting(rows: Rows, room: int | None) -> list[Row]:
    """The most detailed rows for which there is room; of the least detailed the first, and how many are left."""
    if room is None:
        return list(_all(rows, Detail.ALL))
    for detail in (Detail.ALL, Detail.TOGETHER, Detail.NONE):
        found = list(islice(_all(rows, detail), room + 1))
        if len(found) <= room:
            return found
    more = sum(1 for _ in _all(rows, Detail.NONE)) - (room - 1)
    return [*found[: room - 1], Row(f"{UNICODE.more} {more:,} more lines", "", (), -1)]


def _all(rows: Rows, detail: Detail) -> Iterator[Row]:
    for index in range(len(rows.flow.events)):
        yield from rows.requests_before(index)
        yield from rows.of_event(index, detail)
    yield from rows.after_all()
