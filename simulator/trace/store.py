"""Keeps flows by their ids while records come: the newest in memory, older ones in a file, and both within bounds.

Nothing is dropped unseen: every record that was received is held, a report, without a flow, or evicted. For one thread.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain, islice

import msgspec

from services_stub.contracts.topics import TRACE_HOPS
from simulator.trace.collection import no_collection
from simulator.trace.decoded import Decoded
from simulator.trace.events import Entry, Report, Reported, correlation_of, reports_of
from simulator.trace.findings import Seen
from simulator.trace.flow import Flow, joined
from simulator.trace.records import TracedRecord
from simulator.trace.spill import Held, Spill, encoded, entries_in, reports_in

MOST_BYTES = 32 * 1024 * 1024
"""Of records and reports in memory, as they are encoded; what is beyond that lies in a file."""

_MOST_LOST = 50_000
"""Flows that are remembered as incomplete."""


class Counts(msgspec.Struct, frozen=True):
    """The records that were received, by their use: `received = held + reports + unjoined + evicted`.

    `reports` are hop reports, which are spread over the flows; `unjoined` are without a correlation id, or of a flow
    that was not asked for. `spilled` says how many of those that are held lie in the file.
    """

    received: int
    held: int
    reports: int
    unjoined: int
    evicted: int
    spilled: int
    flows: int


class FlowStore:
    """Is fed records in any order, and answers the flow of an id.

    `wanted` chooses flows by their ids; `unjoined_by_topic` says which topics have records of no flow. With `decoded`
    the long flows are decoded while they come, and answered in a part of the time.
    """

    def __init__(
        self,
        *,
        wanted: Callable[[str], bool] | None = None,
        most_bytes: int = MOST_BYTES,
        spill: Spill | None = None,
        decoded: Decoded | None = None,
    ) -> None:
        self._wanted, self._most, self._spill, self._decoded = wanted, most_bytes, spill, decoded
        self._flows: OrderedDict[str, Held] = OrderedDict()
        self._in_memory = 0
        self._received = self._held = self._reports = self._unjoined = self._evicted = 0
        self._lost: dict[str, None] = {}
        """The flows of which something was evicted, as many as are remembered: they are incomplete."""
        self._latest = 0
        self._progress: dict[tuple[str, str, int], int] = {}
        self.unjoined_by_topic: Counter[str] = Counter()

    def add_all(self, records: Iterable[TracedRecord]) -> None:
        """Take records."""
        for record in records:
            self._received += 1
            if record.written_at > self._latest:
                self._latest = record.written_at
            if record.topic == TRACE_HOPS:
                self._reports += 1
                for report in reports_of(record):
                    if isinstance(report, Reported):
                        self._note_progress(report)
                    if self._wanted is None or self._wanted(report.correlation_id):
                        self._keep(self._touch(report.correlation_id).reports, report)
                continue
            flow_id = correlation_of(record)
            if flow_id and (self._wanted is None or self._wanted(flow_id)):
                self._held += 1
                held = self._touch(flow_id)
                if self._decoded is not None:
                    self._decoded.note(flow_id, held, record)
                self._keep(held.records, record)
            else:
                self._unjoined += 1
                self.unjoined_by_topic[record.topic] += 1

    def fill(self, batches: Iterable[Iterable[TracedRecord]]) -> None:
        """Take batches until their end."""
        with no_collection():
            for batch in batches:
                self.add_all(batch)

    def ids(self) -> list[str]:
        """The ids of all flows that have a record or a report, the one that changed last at the end."""
        spilled = self._spill.ids() if self._spill is not None else ()
        return [*(each for each in spilled if each not in self._flows), *self._flows]

    def flow(self, flow_id: str) -> Flow | None:
        """The flow with this id as far as it was read; None where nothing of it was."""
        with no_collection():
            pieces = self._pieces(flow_id)
            if not pieces:
                return None
            entries = self._entries(flow_id, pieces)
            return joined(flow_id, entries, reports_in(pieces), incomplete=flow_id in self._lost)

    def size(self, flow_id: str) -> int:
        """How many records and reports of a flow are held."""
        return sum(len(piece.records) + len(piece.reports) for piece in self._pieces(flow_id))

    def beginning(self, flow_id: str, most: int) -> Flow | None:
        """The flow as it would be after its first `most` records and reports, with no event unseen; None without any.

        Takes milliseconds, while the whole of a long flow takes a second and more.
        """
        pieces = self._pieces(flow_id)
        if not pieces:
            return None
        flow = joined(flow_id, islice(entries_in(pieces), most), islice(reports_in(pieces), most))
        return msgspec.structs.replace(flow, unseen=())

    def flows(self) -> Iterator[Flow]:
        """All flows that have an event, in the order of `ids`; the store must not change meanwhile."""
        for flow_id in self.ids():
            flow = self.flow(flow_id)
            if flow is not None and flow.events:
                yield flow

    def seen(self, now: int = 0) -> Seen:
        """The circumstances of the flows: `now` is by default the time of the newest record."""
        return Seen(now or self._latest, self._progress)

    @property
    def counts(self) -> Counts:
        """The records by their use."""
        spilled = self._spill.records if self._spill is not None else 0
        kept = (self._received, self._held, self._reports, self._unjoined, self._evicted)
        return Counts(*kept, spilled=spilled, flows=len(self.ids()))

    def _pieces(self, flow_id: str) -> list[Held]:
        pieces = self._spill.pieces(flow_id) if self._spill is not None else []
        return [*pieces, self._flows[flow_id]] if flow_id in self._flows else pieces

    def _entries(self, flow_id: str, pieces: list[Held]) -> Iterable[Entry]:
        decoded = self._decoded.of(flow_id) if self._decoded is not None else None
        return entries_in(pieces) if decoded is None else chain(entries_in(pieces[:-1]), decoded)

    def _note_progress(self, report: Reported) -> None:
        topic, partition, offset = report.of
        key = (report.consumption.group, topic, partition)
        if self._progress.get(key, -1) < offset:
            self._progress[key] = offset

    def _touch(self, flow_id: str) -> Held:
        """The flow, now the one that changed last."""
        held = self._flows.get(flow_id)
        if held is not None:
            self._flows.move_to_end(flow_id)
            return held
        self._flows[flow_id] = held = Held([], [])
        return held

    def _keep(self, kept: list[msgspec.Raw], item: TracedRecord | Report) -> None:
        content = encoded(item)
        kept.append(content)
        self._in_memory += len(content)
        if self._in_memory > self._most:
            self._shrink()

    def _shrink(self) -> None:
        """Put the flows that have not changed for longest into the file; without one they are evicted."""
        gone: dict[str, Held] = {}
        while self._in_memory > self._most * 9 // 10 and len(self._flows) > 1:
            flow_id, held = self._flows.popitem(last=False)
            self._in_memory -= held.size
            gone[flow_id] = held
            self._forget_decoded(flow_id)
        if self._spill is not None:
            self._note_evicted(self._spill.write(gone))
        else:
            self._note_evicted({flow_id: len(held.records) for flow_id, held in gone.items()})
        if self._in_memory > self._most:
            self._halve(*next(iter(self._flows.items())))

    def _halve(self, flow_id: str, held: Held) -> None:
        """A flow that has no room in memory alone loses its older half."""
        records, reports = len(held.records) // 2, len(held.reports) // 2
        del held.records[:records], held.reports[:reports]
        self._forget_decoded(flow_id)
        self._in_memory = held.size
        self._note_evicted({flow_id: records})

    def _forget_decoded(self, flow_id: str) -> None:
        if self._decoded is not None:
            self._decoded.forget(flow_id)

    def _note_evicted(self, evicted: Mapping[str, int]) -> None:
        count = sum(evicted.values())
        self._held -= count
        self._evicted += count
        self._lost |= dict.fromkeys(evicted)
        while len(self._lost) > _MOST_LOST:
            del self._lost[next(iter(self._lost))]
