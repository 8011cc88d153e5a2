"""Which row of a flow stands on which line, while events are folded: found without making the rows. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import accumulate

from simulator.trace.drawings.rows import Detail, Row, Rows

_MOST_KEPT = 400
"""Events whose rows are kept: more than a screen shows."""


class Layout:
    """The lines of the waterfall of a flow.

    `details` are those of events that have another one than `detail`, by index. With `only_critical` there are only
    the rows on the critical path.
    """

    def __init__(
        self, rows: Rows, detail: Detail, details: Mapping[int, Detail], *, only_critical: bool = False
    ) -> None:
        self.rows, self._detail, self._details, self._only_critical = rows, detail, dict(details), only_critical
        events = len(rows.flow.events)
        self._before = {index: self._shown(rows.requests_before(index)) for index in rows.requests if index < events}
        self._after_all = self._shown(rows.after_all())
        counts = (self._requests(index) + self._count(index) for index in range(events))
        self._starts = [0, *accumulate(counts)]
        self._kept: dict[int, list[Row]] = {}

    def __len__(self) -> int:
        return self._starts[-1] + len(self._after_all)

    def detail_of(self, event: int) -> Detail:
        """How much of an event's consumers is shown."""
        return self._details.get(event, self._detail)

    def event_at(self, line: int) -> int:
        """The index of the event that a line belongs to; -1 for a request, and where its record is not there."""
        index = self._place_of(line)
        return -1 if index < 0 or line - self._starts[index] < self._requests(index) else index

    def line_of(self, event: int) -> int:
        """The line of an event; of one that is not shown, that of the next one."""
        return self._starts[event] + self._requests(event) if 0 <= event < len(self._starts) else 0

    def row(self, line: int) -> Row:
        """The row of a line."""
        event = self._place_of(line)
        if event < 0:
            return self._after_all[line - self._starts[-1]]
        rows = self._kept.get(event)
        if rows is None:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            rows = self._kept[event] = [*self._before.get(event, ()), *self._made(event)]
        return rows[line - self._starts[event]]

    def _place_of(self, line: int) -> int:
        """The index of the event of a line, or of the event below a request; -1 behind all events."""
        return bisect_right(self._starts, line) - 1 if 0 <= line < self._starts[-1] else -1

    def _requests(self, event: int) -> int:
        return len(self._before.get(event, ()))

    def _shown(self, rows: Sequence[Row]) -> Sequence[Row]:
        return [row for row in rows if row.critical] if self._only_critical else rows

    def _count(self, event: int) -> int:
        if not self._only_critical:
            return self.rows.count(event, self.detail_of(event))
        path = self.rows.critical.get(self.rows.flow.events[event].place)
        return 0 if path is None else 1 + len(path)

    def _made(self, event: int) -> list[Row]:
        if not self._only_critical:
            return self.rows.of_event(event, self.detail_of(event))
        return list(self._shown(self.rows.of_event(event, Detail.ALL)))


def fitting_detail(rows: Rows, room: int) -> Detail:
    """The most detail with which all rows fit `room` lines, or that shows at least who shares the waiting."""
    for detail in (Detail.ALL, Detail.TOGETHER):
        lines = len(rows.flow.requests)
        for index in range(len(rows.flow.events)):
            lines += rows.count(index, detail)
            if lines > room:
                break
        else:
            return detail
    return Detail.TOGETHER
