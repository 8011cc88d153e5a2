"""The axis of time of a waterfall: a window of time on so many cells, and bars below its ticks."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from simulator.trace.drawings.plain import Signs, duration
from simulator.trace.spans import Span, SpanKind

_TICKS = 5


class Axis(msgspec.Struct, frozen=True):
    """The time from `start` to `end` on `cells` cells. Ticks count from `origin`; all in microseconds of Unix time."""

    origin: int
    start: int
    end: int
    cells: int

    def bar(self, spans: Sequence[Span], signs: Signs) -> str:
        """Spans as a bar of exactly `cells` cells, with a sign at an edge beyond which there is more."""
        shown = signs_of_kinds(signs)
        cells = [" "] * self.cells
        for span in spans:
            if span.end >= self.start and span.start <= self.end:
                first, last = self._column(span.start), self._column(span.end)
                cells[first : last + 1] = shown[span.kind] * (last + 1 - first)
        if any(span.start < self.start for span in spans):
            cells[0] = signs.before
        if any(span.end > self.end for span in spans):
            cells[-1] = signs.beyond
        return "".join(cells)

    def ticks(self) -> str:
        """Times below which the bars lie: the first at the start, the last at the end."""
        since, length = self.start - self.origin, self.end - self.start
        cells = [" "] * self.cells
        last = duration(since + length)
        for tick in range(_TICKS):
            moment = since + length * tick / _TICKS
            text = duration(moment).replace(" ms", "") if moment else "0"
            at = self.cells * tick // _TICKS
            if at + len(text) + 1 < self.cells - len(last):
                cells[at : at + len(text)] = text
        cells[max(0, self.cells - len(last)) :] = last[-self.cells :]
        return "".join(cells)[: self.cells]

    def _column(self, moment: int) -> int:
        length = self.end - self.start
        since = min(max(moment - self.start, 0), length)
        return min(self.cells - 1, since * self.cells // length) if length else 0


def signs_of_kinds(signs: Signs) -> dict[SpanKind, str]:
    """The sign of each kind of time in a bar."""
    return {
        SpanKind.BROKER: signs.broker,
        SpanKind.TOPIC: signs.topic,
        SpanKind.RETRY: signs.retry,
        SpanKind.WRITER: signs.writer,
        SpanKind.HANDLING: signs.handling,
        SpanKind.ANSWER: signs.answer,
        SpanKind.WORKING: signs.working,
    }
