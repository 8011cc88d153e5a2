"""The topology as lines of text: a line for each consumer of each topic, with what it gets and how far it is behind."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from marketplace_tui.model.trace.topology import TopologyModel
from marketplace_tui.text.lines import Line, Look, Span, apart, cut_line, spans, width_of, wrapped
from marketplace_tui.text.shown import fitted, shown
from marketplace_tui.text.signs import ARROW, DOWN, ELLIPSIS, NONE, SEPARATOR, UP, sparkline
from marketplace_tui.text.table import Column, header_line, table_line
from marketplace_tui.text.values import count, duration
from services_stub.contracts.topics import DEAD_LETTER_SUFFIX
from simulator.trace.topology import STEP_SECONDS, WINDOW_SECONDS, Link, rate_text

COLUMNS = (
    Column("Published by", 12),
    Column("  Topic", 20, grows=True),
    Column("per sec", 7, right=True),
    Column("  Handled by", 14),
    Column("per sec", 7, right=True),
    Column("Lag", 8, right=True),
)

_TRENDS = {"": "", "growing": f" {UP}", "shrinking": f" {DOWN}"}
_BARS = WINDOW_SECONDS // STEP_SECONDS


@dataclass(frozen=True)
class TopologyRow:
    """One line of a topic: the publisher and the consumer with its number, where there are so many.

    Consumers stand beside the publishers, or behind the last of them where `below`.
    """

    topic: str
    number: int
    publishers: tuple[Link, ...]
    consumers: tuple[Link, ...]
    below: bool

    @property
    def publisher(self) -> Link | None:
        """The publisher on this line."""
        return self.publishers[self.number] if self.number < len(self.publishers) else None

    @property
    def consumer(self) -> Link | None:
        """The consumer on this line."""
        index = self.number - len(self.publishers) if self.below else self.number
        return self.consumers[index] if 0 <= index < len(self.consumers) else None


def rows_of(links: Iterable[Link], *, flat: bool = False) -> list[TopologyRow]:
    """The lines of all links: topics by their first publisher and their name, those of no flow behind the others."""
    topics: dict[str, tuple[list[Link], list[Link]]] = {}
    for link in links:
        topics.setdefault(link.topic, ([], []))[0 if link.publishes else 1].append(link)

    def place(topic: str) -> tuple[bool, str, str]:
        publisher = min((link.service for link in topics[topic][0]), default="")
        return not publisher, publisher, topic

    return [
        TopologyRow(topic, number, tuple(publishers), tuple(consumers), flat)
        for topic in sorted(topics, key=place)
        for publishers, consumers in [topics[topic]]
        for number in range(len(publishers) + len(consumers) if flat else max(len(publishers), len(consumers)))
    ]


class TopologyDrawing:
    """The rows with their rates; in words where it is `flat`."""

    def __init__(self, rows: Sequence[TopologyRow], model: TopologyModel, *, flat: bool) -> None:
        self.rows, self._model, self._flat = rows, model, flat

    def __len__(self) -> int:
        return len(self.rows)

    def heading(self, width: int) -> Sequence[Line]:
        """The names of the columns."""
        return [] if self._flat else [header_line(COLUMNS, width)]

    def line(self, number: int, width: int) -> Line:
        """One row."""
        row = self.rows[number]
        if self._flat:
            return spans(_in_words(row, self._model))
        return table_line(COLUMNS, _cells(row, self._model), width)


def _cells(row: TopologyRow, model: TopologyModel) -> list[Line]:
    cells: list[Line] = [(), (), (), (), (), ()]
    arrow = Span(f"{ARROW} ", "dim")
    if row.number == 0:
        cells[1] = (arrow, *spans(row.topic, "bad" if row.topic.endswith(DEAD_LETTER_SUFFIX) else "strong"))
    if row.publisher is not None:
        cells[0] = spans(row.publisher.service or NONE)
        cells[2] = (Span(_rate(row.publisher), _look(row.publisher)),)
    if row.consumer is not None:
        cells[3] = (arrow, *spans(row.consumer.service))
        cells[4] = (Span(_rate(row.consumer), _look(row.consumer)),)
        cells[5] = (Span(_lag(row.consumer, model), "warning" if row.consumer.lag else "dim"),)
    return cells


def _rate(link: Link) -> str:
    return rate_text(link.per_second)


def _look(link: Link) -> Look:
    return "plain" if link.per_second else "dim"


def _lag(link: Link, model: TopologyModel) -> str:
    return NONE if link.lag is None else f"{link.lag:,}{_TRENDS[model.trend(link)]}"


def _in_words(row: TopologyRow, model: TopologyModel) -> str:
    """The publisher or the consumer of a row, for people who hear it."""
    if row.publisher is not None:
        who = row.publisher.service or "a publisher that names no flow"
        unread = "" if row.consumers else ", no consumer reported"
        return f"{who} publishes {row.topic}: {_rate(row.publisher)} a second{unread}"
    if row.consumer is not None:
        return f"to {row.consumer.service}: {_rate(row.consumer)} a second, {_behind(row.consumer, model)}"
    return row.topic


def _behind(link: Link, model: TopologyModel) -> str:
    """How far a group is behind, in words."""
    if link.lag is None:
        return "its lag is not known" if model.knows_lag else "no lag is recorded"
    if not link.lag:
        return "no lag"
    trend = model.trend(link)
    pace = f", {duration(link.lag / link.per_second)} at this rate" if link.per_second else ""
    return f"lag {count(link.lag, 'record')}{pace}{f', {trend}' if trend else ''}"


def head(model: TopologyModel | None, width: int) -> list[Line]:
    """The time of the rates and all that was read; problems with the lag."""
    if model is None or not model.links:
        return []
    topics = len({link.topic for link in model.links})
    words = "Rates of the last minute" if model.knows_lag else "Rates of the minute before; no lag is recorded"
    left: Line = (Span(words, "strong"),)
    right: Line = (Span(f"{count(model.records, 'record')} of {count(topics, 'topic')} read", "dim"),)
    lines = [apart(left, right, width)]
    if model.problem:
        lines.append(cut_line(spans(f"The topics cannot be read: {model.problem}", "bad"), width))
    if model.lag_problem:
        lines.append(cut_line(spans(f"The lag is not known: {model.lag_problem}", "bad"), width))
    return lines


def nothing(model: TopologyModel | None, width: int) -> Sequence[Line]:
    """The screen without a link: why, and what to do."""
    if model is None:
        words = (
            "The topics of this marketplace are not known here: only its gateway is. Where its Kafka can be reached, "
            "this shows the publishers and consumers of each:"
        )
        command = (Span("marketplace trace topology --kafka HOST:PORT", "accent"),)
        return [*(spans(line) for line in wrapped(words, width)), command]
    if model.problem:
        lines = wrapped(f"The topics cannot be read: {model.problem}", width)
        return [*(spans(line, "bad") for line in lines), (Span("f5", "key", "app.refresh"), Span(" tries again."))]
    if model.is_open:
        words = "No record was written in the last ten minutes. One that is written now is shown at once."
        if not model.knows_lag:
            words = "No record was written in the last minute before this position of the recording."
        return [spans(line, "dim") for line in wrapped(words, width)]
    return [(Span(f"Reading the topics{ELLIPSIS}", "dim"),)]


def about(row: TopologyRow | None, model: TopologyModel, width: int) -> list[Line]:
    """A row in full: the topic, who publishes it, and the consumer, with the rates of the last minute."""
    if row is None:
        return []
    total = sum(link.records for link in row.publishers)
    unnamed = "" if all(link.service for link in row.publishers) else ", which name no flow"
    said = f" {SEPARATOR} {count(total, 'record')}{unnamed}"
    lines = [cut_line((*spans(row.topic, "strong"), Span(said, "dim")), width)]
    for link in row.publishers:
        lines += _end(link, "from", width)
    if row.consumer is not None:
        lines += _end(row.consumer, "to", width)
        lines += [spans(line) for line in wrapped(_behind(row.consumer, model), width)]
    elif not row.consumers:
        lines.append(cut_line((Span("no consumer reported", "dim"),), width))
    return lines


def _end(link: Link, verb: str, width: int) -> list[Line]:
    """One end of a row with its rate as bars of five seconds each, which stand below it where there is no room."""
    bars = Span(sparkline([float(number) for number in link.recent], _BARS), "accent")
    line: Line = (Span(f"{verb:<5}{fitted(link.service or NONE, 12)} {_rate(link):>8} a second"),)
    if width_of(line) + 2 + _BARS <= width:
        return [(*line, Span("  "), bars)]
    return [cut_line(line, width), cut_line((Span("     "), bars), width)]


def title_of(row: TopologyRow) -> str:
    """A row in a few words, for copying."""
    ends = (row.publisher.service if row.publisher else "", row.topic, row.consumer.service if row.consumer else "")
    return f" {ARROW} ".join(shown(end) for end in ends if end)
