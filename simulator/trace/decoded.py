"""Keeps the records of long flows decoded as they come: decoding them when a flow is asked for takes most of the time.

Short flows are decoded in a moment, and a program that only counts flows needs none of it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from simulator.trace.events import Entry, entry_of
from simulator.trace.records import TracedRecord
from simulator.trace.spill import Held, entries_in

LEAST = 1_000
"""Records of a flow that is long."""

MOST = 25_000
"""Records that are kept decoded, of all flows together: a kilobyte each."""


class Decoded:
    """The entries of the long flows, as far as their records are held in memory."""

    def __init__(self, least: int = LEAST, most: int = MOST) -> None:
        self._least, self._most = least, most
        self._flows: OrderedDict[str, list[Entry]] = OrderedDict()
        self._size = 0

    def note(self, flow_id: str, held: Held, record: TracedRecord) -> None:
        """Take a record that is about to be held. The flow that has not grown for longest gives way to others."""
        entries = self._flows.get(flow_id)
        if entries is None:
            if len(held.records) != self._least:  # shorter, or it gave way: to decode it again and again takes longer
                return
            entries = self._flows[flow_id] = list(entries_in([held]))
            self._size += len(entries)
        self._flows.move_to_end(flow_id)
        entry = entry_of(record)
        if entry is not None:
            entries.append(entry)
            self._size += 1
        while self._size > self._most:
            self.forget(next(iter(self._flows)))

    def of(self, flow_id: str) -> Sequence[Entry] | None:
        """The entries of all records of a flow that are held in memory; None where they have to be decoded."""
        return self._flows.get(flow_id)

    def forget(self, flow_id: str) -> None:
        """Records of a flow are no longer held in memory."""
        self._size -= len(self._flows.pop(flow_id, ()))
