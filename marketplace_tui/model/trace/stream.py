"""The records of all topics as they come: the newest of them, filtered, and counted so that the sum is right."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from marketplace_tui.model.tasks import Tasks
from marketplace_tui.model.trace.reader import Reader
from marketplace_tui.model.watched import Watched
from simulator.trace import TracedRecord
from simulator.trace.selection import Selection, pair_of
from simulator.trace.stream import Shown

MOST_KEPT = 20_000
"""Records that can be looked at; older ones give way."""

GIVE_WAY_TOGETHER = 5_000
"""So many at a time: where some go, every line is another one's, and all are painted again."""

HINT = "topic:order-*  type:OrderCreated  key:ID  header:NAME=VALUE  field:items.0.name=VALUE  a regular expression"


def selection_of(text: str) -> Selection:
    """The filter that a person writes: conditions as in `HINT`, and all other words as one regular expression.

    Raises:
        ValueError: a condition is none; the text says why.

    """
    known: dict[str, list[str]] = {"topic": [], "type": [], "key": [], "header": [], "field": []}
    others: list[str] = []
    for word in text.split():
        name, colon, value = word.partition(":")
        if colon and value and name in known:
            known[name].append(value)
        else:
            others.append(word)
    return Selection(
        topics=known["topic"],
        types=known["type"],
        key=known["key"][-1] if known["key"] else "",
        headers=[pair_of(pair) for pair in known["header"]],
        fields=[pair_of(pair) for pair in known["field"]],
        pattern=" ".join(others),
    )


class StreamModel(Watched):
    """The newest records of a reader. `shown` are those that pass the filter, the oldest first.

    `counts.received = shown + filtered + evicted` always. `base` is how many records that were shown have given way:
    the record at index i of `shown` is the one with the number `base + i` for good. While it is `paused` nothing is
    taken in, and `waiting` counts what came. `problem` says why a filter is none.
    """

    def __init__(self, reader: Reader, tasks: Tasks) -> None:
        super().__init__()
        self.reader = reader
        self.shown: list[TracedRecord] = []
        self.counts = Shown()
        self.base = 0
        self.paused = False
        self.waiting = 0
        self.text = ""
        self.problem = ""
        self._tasks = tasks
        self._select = Selection()
        self._kept: list[TracedRecord] = []
        self._held: list[TracedRecord] = []
        self._generation = 0
        self._end = reader.watch(self._on_read)

    def close(self) -> None:
        """Stop following the reader."""
        self._end()

    def passes(self, record: TracedRecord) -> bool:
        """Whether a record passes the filter."""
        return self._select(record)

    def take(self, records: Sequence[TracedRecord]) -> None:
        """Take records in; the oldest give way where there is no room."""
        self._kept += records
        self.shown += (record for record in records if self._select(record))
        beyond = len(self._kept) - MOST_KEPT
        evicted = self._kept[: max(beyond, GIVE_WAY_TOGETHER)] if beyond > 0 else []
        gone = _leading(self.shown, evicted)
        del self._kept[: len(evicted)], self.shown[:gone]
        self.base += gone
        self.counts.received += len(records)
        self.counts.evicted += len(evicted)
        self._count()

    def pause(self, paused: bool) -> None:
        """Take nothing in for a while, or take in what came meanwhile."""
        self.paused = paused
        if not paused:
            # What would give way at once was dropped while it waited, and was received all the same.
            dropped, held = self.waiting - len(self._held), self._held
            self._held, self.waiting = [], 0
            self.counts.received += dropped
            self.counts.evicted += dropped
            self.take(held)
        self.changed()

    def filter(self, text: str) -> None:
        """Show only what passes a filter, of what was received before, too."""
        self.text = text
        try:
            self._select, self.problem = selection_of(text), ""
        except ValueError as error:
            self.problem = str(error)
            self.changed()
            return
        self._generation += 1
        self._tasks.start(self._filter_kept(self._generation))

    async def _filter_kept(self, generation: int) -> None:
        """In a thread: a filter on fields reads the value of every record."""
        kept, select, received, evicted = [*self._kept], self._select, self.counts.received, self.counts.evicted
        found = await asyncio.to_thread(lambda: [record for record in kept if select(record)])
        if generation != self._generation:
            return
        gone = _leading(found, kept[: self.counts.evicted - evicted])
        came = self._kept[len(self._kept) - min(self.counts.received - received, len(self._kept)) :]
        self.base += len(self.shown)  # the numbers of what is shown now are new ones
        self.shown = [*found[gone:], *(record for record in came if select(record))]
        self._count()
        self.changed()

    def _begin_anew(self, skipped: int) -> None:
        """Forget what was received: so many records have given way before those that come now."""
        self.base += len(self.shown)
        self.shown, self._kept = [], []
        self.counts = Shown(received=skipped, evicted=skipped)
        self._generation += 1  # what is being filtered in a thread is forgotten, too

    def _on_read(self) -> None:
        if self.reader.skipped is not None:
            self._begin_anew(self.reader.skipped)
        # Records that came together are shown in the order of time, whichever topics they lie in.
        came = sorted(self.reader.latest, key=lambda record: record.written_at)
        if not self.paused:
            self.take(came)
        else:
            self._held += came
            self.waiting += len(came)
            del self._held[: max(0, len(self._held) - MOST_KEPT)]
        self.changed()

    def _count(self) -> None:
        self.counts.shown, self.counts.filtered = len(self.shown), len(self._kept) - len(self.shown)


def _leading(shown: Sequence[TracedRecord], gone: Sequence[TracedRecord]) -> int:
    """How many records at the beginning of `shown` are among `gone`, which are in the same order."""
    count = 0
    for record in gone:
        if count < len(shown) and shown[count] is record:
            count += 1
    return count
