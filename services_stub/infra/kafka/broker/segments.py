"""The files of one partition: segments that follow each other, of which the last one is written."""

from __future__ import annotations

import contextlib
import os
import sys
from bisect import bisect_right
from collections.abc import Callable
from pathlib import Path

from services_stub.infra.kafka.broker.producers import Producers
from services_stub.infra.kafka.broker.records import Header
from services_stub.infra.kafka.broker.segment import Segment
from services_stub.infra.kafka.broker.topic_configs import Limits

_STORE_INTERVAL = 1024 * 1024
"""Bytes after which the index is stored, or an eighth of a larger segment: so much is read of it after a crash."""


class Segments:
    """The batches from the offset `start` up to `end` in a folder, and the producers that they are from.

    `name` is that of topic and partition. Writing raises OSError where the disk is full or broken.
    """

    def __init__(self, name: str, folder: Path, producers: Producers, now: Callable[[], float]) -> None:
        self.start = self.end = 0
        self._name = name
        self._folder = folder
        self._producers = producers
        self._now = now
        self._all = [Segment(folder, int(path.stem)) for path in sorted(folder.glob("*.log"))]
        self._recover()

    @property
    def newest(self) -> int:
        """The largest timestamp of all batches (ms since 1970), or -1."""
        return max((segment.load().newest for segment in self._all if segment.size), default=-1)

    def append(self, batch: bytes, end: int, newest: int, limits: Limits) -> None:
        """Write a batch that begins at the end and has the largest timestamp `newest`."""
        active = self._all[-1] if self._all else self.roll()
        if active.size and active.size + len(batch) > limits.segment_bytes:
            active = self.roll()
        elif active.size - active.saved > max(_STORE_INTERVAL, active.size >> 3):
            active.store(self._producers.by_id.values())
        active.append(batch, self.end, end, newest, limits.fsync)
        self.end = end

    def read(self, offset: int, max_bytes: int) -> bytes:
        """Whole batches from the one that has an offset, as many as fit, but at least one; none at the end."""
        first = bisect_right(self._all, offset, key=lambda segment: segment.base) - 1
        parts = (segment.read(offset, max_bytes) for segment in self._all[max(first, 0) :])
        return next(filter(None, parts), b"")

    def first_at(self, timestamp: int) -> tuple[int, int] | None:
        """Offset and timestamp of the first record that is not older than `timestamp` (ms since 1970)."""
        return next(filter(None, (segment.first_at(timestamp) for segment in self._all)), None)

    def roll(self) -> Segment:
        """Begin a new segment, unless the last one is empty."""
        if self._all and not self._all[-1].size:
            return self._all[-1]
        new = Segment(self._folder, self.end)
        self.close()
        new.open()
        self._all.append(new)
        return new

    def begin_at(self, start: int) -> None:
        """Let the log start at an offset, and delete the segments that are all before it."""
        if self._all:
            if start >= self.end:
                self.roll()
            written = self._folder / "start.tmp"
            written.write_text(str(start), encoding="ascii")
            written.replace(self._folder / "start")
        self.start = start
        while len(self._all) > 1 and self._all[1].base <= start:
            self._all.pop(0).remove()

    def retained_from(self, limits: Limits) -> int:
        """The offset before which segments are too old, or too many."""
        oldest = self._now() * 1000 - limits.retention_ms if limits.retention_ms >= 0 else None
        size = sum(segment.size for segment in self._all)
        excess = size - limits.retention_bytes if limits.retention_bytes >= 0 else 0
        for segment in self._all:
            expired = oldest is not None and segment.load().newest < oldest
            if not segment.size or not (expired or (segment.size <= excess and segment is not self._all[-1])):
                return max(segment.base, self.start)
            excess -= segment.size
        return self.end

    def close(self) -> None:
        """Store the index, so that nothing has to be read on the next start, and close the file."""
        if self._all:
            active = self._all[-1]
            with contextlib.suppress(OSError):  # then the index is made from the batches
                if active.size != active.saved:
                    active.store(self._producers.by_id.values())
            active.close()

    def drop(self) -> None:
        """Let go of the files, which are deleted with their topic."""
        for segment in self._all:
            segment.close()

    def _recover(self) -> None:
        """Take the files as they are: read what the stored index does not have, and cut a tail that is torn."""
        known = next((place for place in reversed(range(len(self._all))) if self._restore(self._all[place])), 0)
        for segment in self._all[:known]:
            segment.size = segment.path.stat().st_size
        for segment in self._all[known:]:
            if torn := segment.scan(self._see):
                sys.stderr.write(
                    f"{self._name}: the last {torn} bytes of {segment.path.name} are cut: no whole batch\n"
                )
                os.truncate(segment.path, segment.size)
        if self._all:
            self.start, self.end = self._all[0].base, self._all[-1].end
        with contextlib.suppress(OSError, ValueError):
            self.start = max(self.start, int((self._folder / "start").read_text(encoding="ascii")))
        self.end = max(self.start, self.end)

    def _restore(self, segment: Segment) -> bool:
        saved = segment.restore()
        self._producers.restore(saved or ())
        return saved is not None

    def _see(self, header: Header) -> None:
        """Know the producer of a batch that is in the file."""
        base, _, _, _, _, _, _, _, _, producer_id, epoch, sequence, count = header
        if producer_id >= 0:
            self._producers.add(producer_id, epoch, sequence, count, base, self._now())
