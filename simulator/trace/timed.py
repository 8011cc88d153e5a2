"""A recording by time: which records were written until a moment, and the flow of an id, read when they are asked for.

Of each record its place in the file and its time are kept, 24 bytes, so that a recording may be larger than the memory.
"""

from __future__ import annotations

import os
import threading
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from json import dumps
from pathlib import Path

from services_stub.contracts.topics import TRACE_HOPS
from simulator.trace.findings import Seen
from simulator.trace.flow import Flow, flow_of
from simulator.trace.recording import LENGTH_BYTES, NoRecording, checked_head, decoded, length_of
from simulator.trace.records import TracedRecord
from simulator.trace.store import FlowStore

_READ_BYTES = 1 << 20
_SEARCHED = 500
"""Records that are read at a time where one is looked for."""


class TimedRecording:
    """The records of a recording in the order of time; of those of one moment, in that of the file.

    `find_all` must have been called before anything is asked. Everything may be called in threads.
    """

    def __init__(self, path: Path) -> None:
        """Open it.

        Raises:
            NoRecording: it is none.
            OSError: it cannot be read.
        """
        self.path = path
        self._file = path.open("rb")
        self._lock = threading.Lock()
        self._starts, self._lengths = array("Q"), array("I")
        self._times, self._order = array("q"), array("I")
        self._progress = FlowStore(wanted=lambda _flow_id: False)
        try:
            self._head = checked_head(path, self._file)
        except NoRecording:
            self._file.close()
            raise

    def __len__(self) -> int:
        return len(self._times)

    @property
    def first(self) -> int:
        """The time of the oldest record, in microseconds of Unix time; 0 where there is none."""
        return self._times[0] if self._times else 0

    @property
    def last(self) -> int:
        """The time of the newest record."""
        return self._times[-1] if self._times else 0

    def find_all(self, tell: Callable[[float], bool]) -> None:
        """Find all records; `tell` is told which share of the file was read, and ends it by answering False.

        Raises:
            NoRecording: it is damaged.
            OSError: it cannot be read.
        """
        size = os.fstat(self._file.fileno()).st_size
        times, starts, lengths = array("q"), array("Q"), array("I")
        for position, content in self._contents(self._head, size, tell):
            record = decoded(self.path, content)
            starts.append(position)
            lengths.append(len(content))
            times.append(record.written_at)
            if record.topic == TRACE_HOPS:
                self._progress.add_all((record,))
        order = sorted(range(len(times)), key=times.__getitem__)
        self._starts, self._lengths, self._order = starts, lengths, array("I", order)
        self._times = array("q", (times[index] for index in order))

    def count_until(self, moment: int) -> int:
        """How many records were written until a moment, that moment included."""
        return bisect_right(self._times, moment)

    def next_time(self, moment: int, passes: Callable[[TracedRecord], bool]) -> int | None:
        """The time of the first record after a moment that passes; None where there is none."""
        for start in range(self.count_until(moment), len(self), _SEARCHED):
            for record in self.records(start, start + _SEARCHED):
                if passes(record):
                    return record.written_at
        return None

    def time_before(self, moment: int, passes: Callable[[TracedRecord], bool]) -> int | None:
        """The time of the last record before a moment that passes; None where there is none."""
        for end in range(self.count_until(moment - 1), 0, -_SEARCHED):
            for record in reversed(self.records(max(0, end - _SEARCHED), end)):
                if passes(record):
                    return record.written_at
        return None

    def records(self, start: int, end: int) -> list[TracedRecord]:
        """The records with these numbers in the order of time, `end` not included.

        Raises:
            NoRecording: the file is another one now.
        """
        return list(self._read(self._order[start:end]))

    def flow(self, flow_id: str) -> Flow | None:
        """The flow with an id; None where the recording has no event of it."""
        flow = flow_of(flow_id, self._read(self._holding(flow_id)))
        return flow if flow.events else None

    def seen(self) -> Seen:
        """The circumstances of all flows at the end of the recording."""
        return Seen(self.last, self._progress.seen().progress)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._file.close()

    def _holding(self, flow_id: str) -> list[int]:
        """The records that contain an id, as it stands in headers or as JSON has it."""
        wanted = {flow_id.encode(errors="replace"), dumps(flow_id)[1:-1].encode()}
        wanted.add(dumps(flow_id, ensure_ascii=False)[1:-1].encode(errors="replace"))
        overlap = max(map(len, wanted)) - 1
        found: set[int] = set()
        size = self._starts[-1] + self._lengths[-1] if self._starts else 0
        for position in range(self._head, size, _READ_BYTES):
            content = self._at(position, min(_READ_BYTES + overlap, size - position))
            for text in wanted:
                at = content.find(text)
                while at >= 0:
                    index = max(bisect_right(self._starts, position + at) - 1, 0)
                    found.add(index)
                    # Further ones in the same record tell nothing new.
                    at = content.find(text, max(at + 1, self._starts[index] + self._lengths[index] - position))
        return sorted(found)

    def _read(self, indexes: Iterable[int]) -> Iterator[TracedRecord]:
        return (decoded(self.path, self._at(self._starts[index], self._lengths[index])) for index in indexes)

    def _contents(self, start: int, size: int, tell: Callable[[float], bool]) -> Iterator[tuple[int, bytes]]:
        """The content of each whole record with its position in the file."""
        rest = b""
        position = start
        """Of `rest` in the file."""
        while tell(position / size) and (chunk := self._at(position + len(rest), _READ_BYTES)):
            content, at = rest + chunk, 0
            while (begin := at + LENGTH_BYTES) <= len(content):
                length = length_of(self.path, content[at:begin])
                if begin + length > len(content):
                    break
                yield position + begin, content[begin : begin + length]
                at = begin + length
            rest, position = content[at:], position + at

    def _at(self, position: int, length: int) -> bytes:
        with self._lock:
            if self._file.closed:
                return b""
            return os.pread(self._file.fileno(), length, position)
