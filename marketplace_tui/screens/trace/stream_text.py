"""The stream of all topics as lines of text."""

from __future__ import annotations

from collections.abc import Sequence

from marketplace_tui.model.trace.stream import HINT, StreamModel
from marketplace_tui.screens.trace.record_text import record_lines
from marketplace_tui.text.lines import Line, Look, Span, cut_line, spans, wrapped
from marketplace_tui.text.signs import ELLIPSIS
from marketplace_tui.text.table import Column, flat_line, header_line, table_line
from services_stub.contracts.topics import DEAD_LETTER_SUFFIX
from simulator.trace import TracedRecord
from simulator.trace.drawings.states import as_text
from simulator.trace.records import place_text
from simulator.trace.stream import cells_of

COLUMNS = (
    Column("Time", 12),
    Column("Topic, partition, offset", 26),
    Column("Key", 12, drop=2),
    Column("Published by", 12, drop=1),
    Column("Says", 22, grows=True),
)

_OTHERS: tuple[Look, ...] = ("dim", "plain", "plain")


class StreamDrawing:
    """The records that are shown, one a line; in words where it is `flat`."""

    def __init__(self, records: Sequence[TracedRecord], *, flat: bool) -> None:
        self._records, self._flat = records, flat

    def __len__(self) -> int:
        return len(self._records)

    def heading(self, width: int) -> Sequence[Line]:
        """The names of the columns."""
        return [] if self._flat else [header_line(COLUMNS, width)]

    def line(self, number: int, width: int) -> Line:
        """One record."""
        record = self._records[number]
        looks: tuple[Look, ...] = ("dim", "bad" if record.topic.endswith(DEAD_LETTER_SUFFIX) else "plain", *_OTHERS)
        cells = [spans(text, look) for text, look in zip(cells_of(record), looks, strict=True)]
        return spans(flat_line(COLUMNS, cells)) if self._flat else table_line(COLUMNS, cells, width)


def head(model: StreamModel | None, tail: bool, new: int, width: int) -> list[Line]:
    """Whether the stream goes on, how many came since, and the sum of all that was received."""
    if model is None:
        return []
    state: Line
    if model.paused:
        state = (
            Span("Paused", "warning"),
            Span(f"  {model.waiting:,} new  ", "strong"),
            Span("space", "key"),
            Span(" goes on"),
        )
    elif tail:
        state = (Span("Live", "good"), Span("  the newest is selected", "dim"))
    else:
        state = (
            Span("Live", "good"),
            Span(f"  {new:,} new below  ", "strong"),
            Span("T", "key"),
            Span(" follows them"),
        )
    lines = [cut_line(state, width), cut_line((Span(model.counts.text()),), width)]
    if model.problem:
        lines.append(cut_line(spans(model.problem, "bad"), width))
    elif model.text:
        lines.append(cut_line((Span("filter ", "dim"), *spans(model.text, "accent")), width))
    return lines


def nothing(model: StreamModel | None, width: int) -> Sequence[Line]:
    """The screen without a record: why, and what to do."""
    if model is None:
        words = (
            "The topics of this marketplace are not known here: only its gateway is. Where its Kafka can be reached, "
            "this shows them:"
        )
        command = (Span("marketplace trace follow --kafka HOST:PORT", "accent"),)
        return [*(spans(line) for line in wrapped(words, width)), command]
    if model.reader.problem:
        lines = wrapped(f"The topics cannot be read: {model.reader.problem}", width)
        return [*(spans(line, "bad") for line in lines), (Span("f5", "key", "app.refresh"), Span(" tries again."))]
    if model.counts.received:
        return [
            (Span("No record passes the filter.", "dim"),),
            (Span("/", "key", "events.filter"), Span(" changes it: "), Span(HINT, "dim")),
        ]
    words = "Waiting for records" if model.reader.is_open else "Reading the topics"
    return [(Span(f"{words}{ELLIPSIS}", "dim"),)]


def details(record: TracedRecord, width: int) -> list[Line]:
    """A record with its place, key, headers and value."""
    whole = record_lines(record.key, record.headers, record.value, width)
    return [spans(place_text(record.place), "strong"), *whole]


def first_lines(record: TracedRecord, width: int) -> list[Line]:
    """Where a record lies and what it holds, in two lines."""
    return [spans(place_text(record.place), "strong"), cut_line(spans(as_text(record.value), "dim"), width)]
