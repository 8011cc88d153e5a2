"""Anomalies of the log itself, by Jepsen's names: offsets that were not read, and offsets that held two records."""

from __future__ import annotations

import sys
import zlib
from array import array
from collections.abc import Iterator

from simulator.auditor.checks import Check
from simulator.auditor.violation import Violation
from simulator.history.final import Starts
from simulator.trace.records import TracedRecord

_MOST_MISSING = 10_000
"""Offsets behind a gap that are waited for; a wider one stays a gap."""

_UNKNOWN = sys.maxsize


class _Partition:
    """A partition as far as it was read. Of each record a checksum of four bytes is kept."""

    __slots__ = ("first", "missing", "sums")

    def __init__(self, first: int) -> None:
        self.first = first
        self.sums = array("I")
        self.missing: set[int] = set()


class Partitions:
    """All partitions of a recording."""

    def __init__(self) -> None:
        self._partitions: dict[tuple[str, int], _Partition] = {}
        self.records = self.read_again = 0
        self._gaps: dict[tuple[str, int], list[range]] = {}

    def fold(self, record: TracedRecord) -> Violation | bool:
        """Whether a record is new; a violation where another one lay at its offset."""
        key = (record.topic, record.partition)
        partition = self._partitions.get(key)
        if partition is None:
            partition = self._partitions[key] = _Partition(record.offset)
        index, known = record.offset - partition.first, len(partition.sums)
        checksum = _checksum(record)
        if index == known:
            partition.sums.append(checksum)
        elif index > known:
            self._gap(key, partition, known, index)
            partition.sums.append(checksum)
        elif index < 0:  # from before the beginning of the recording
            return False
        elif record.offset in partition.missing:
            partition.missing.discard(record.offset)
            partition.sums[index] = checksum
        else:
            self.read_again += 1
            if partition.sums[index] == checksum:
                return False
            detail = "was read twice, with different contents"
            place = record.place
            return Violation(Check.INCONSISTENT_OFFSET, f"{place[0]}[{place[1]}]@{place[2]}", detail, "", (place,))
        self.records += 1
        return True

    def begins(self, topic: str) -> bool:
        """Whether every partition of a topic that was read was read from its first offset."""
        return all(each.first == 0 for (name, _), each in self._partitions.items() if name == topic)

    def holds(self, topic: str, partition: int, offset: int) -> bool:
        """Whether a record was read at this place."""
        known = self._partitions.get((topic, partition))
        return known is not None and 0 <= offset - known.first < len(known.sums) and offset not in known.missing

    def end(self, starts: Starts) -> Iterator[Violation]:
        """The records that were not read in the end: those below the start of the log, where that is known.

        Behind it offsets without a record are markers of transactions, or were compacted.
        """
        for (topic, number), partition in self._partitions.items():
            start = starts.get(topic, {}).get(number, _UNKNOWN)
            wide = sum(len(range(gap.start, min(gap.stop, start))) for gap in self._gaps.get((topic, number), ()))
            missing = wide + sum(offset < start for offset in partition.missing)
            if missing:
                detail = f"{missing} records were not read: the broker dropped them, or the reader skipped them"
                yield Violation(Check.SKIPPED_RECORDS, f"{topic}[{number}]", detail)

    def _gap(self, key: tuple[str, int], partition: _Partition, known: int, index: int) -> None:
        missing = range(partition.first + known, partition.first + index)
        if len(partition.missing) + len(missing) <= _MOST_MISSING:
            partition.missing.update(missing)
            partition.sums.extend([0] * len(missing))
        else:
            self._gaps.setdefault(key, []).append(missing)
            partition.sums.extend([0] * len(missing))


def _checksum(record: TracedRecord) -> int:
    """Of what a record says. Its headers are read for their ids elsewhere."""
    return zlib.crc32(record.value or b"", zlib.crc32(record.key or b""))
