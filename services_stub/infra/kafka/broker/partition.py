"""The log of one partition: batches are appended, read from an offset, and deleted from the front.

They are in segments that follow each other, of which the last one is written. The last batches are held in memory, too,
where nearly all readers find them. A batch that was answered is in the file, so the end of the process loses nothing;
where the topic flushes each message, it is on the disk.
"""

from __future__ import annotations

import contextlib
import logging
import os
from bisect import bisect_right
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from services_stub.infra.kafka.broker import errors, records
from services_stub.infra.kafka.broker.producers import EXPIRATION_SECONDS, Producers
from services_stub.infra.kafka.broker.records import HEADER, Buffer, Header
from services_stub.infra.kafka.broker.segment import Segment
from services_stub.infra.kafka.broker.topic_configs import Limits

TAIL_BYTES = 128 * 1024
"""As much as this is in memory of each partition; a half of it is left when it is cut."""
_STORE_INTERVAL = 1024 * 1024
"""Bytes after which the index is stored, or an eighth of a larger segment: so much is read of it after a crash."""
_log = logging.getLogger("kafka")


class Waiter(Protocol):
    """A reader at the end of the log."""

    def appended(self, partition: Partition) -> None:
        """There is more to read, or the partition was dropped."""


class Partition:
    """The log from the offset `start` up to `end`; readers see it up to `high_watermark`, which is `end` unless held.

    `now` gives seconds since 1970. What is in `waiting`, which is one set for all partitions of a topic, is told once,
    of the next append. `gave`: see `Producers`.
    """

    def __init__(
        self,
        topic: str,
        number: int,
        folder: Path,
        limits: Limits,
        now: Callable[[], float],
        waiting: set[Waiter],
        gave: Callable[[int], bool] = lambda _: True,
    ) -> None:
        self.topic = topic
        self.name = f"{topic}-{number}"
        self.limits, self.waiting = limits, waiting
        self.producers = Producers(gave)
        self._folder, self._now = folder, now
        self._held = self._failing = False
        self._segments: list[Segment] = []
        self._bases: list[int] = []
        self._tail: list[Buffer] = []
        self._tail_bytes = 0
        self.start = self.end = 0
        self._recover()

    def append(self, batch: Buffer) -> tuple[int, int]:
        """Write one batch, and tell those that wait: an error code, and the offset of the first record or -1."""
        if len(batch) < HEADER.size:
            return errors.CORRUPT_MESSAGE, -1
        header: Header = HEADER.unpack_from(batch)
        if error := records.fault_of(batch, header, self.limits.max_message_bytes):
            return error, -1
        _, _, _, _, _, _, last, _, newest, producer_id, epoch, sequence, count = header
        if producer_id >= 0 and (known := self.producers.refused(producer_id, epoch, sequence, count)):
            return known
        base = self.end
        end = base + last + 1
        placed = records.placed(batch, base)
        if not self._write(placed, end, newest):
            return errors.KAFKA_STORAGE_ERROR, -1
        if producer_id >= 0:
            self.producers.add(producer_id, epoch, sequence, count, base, self._now())
        self.end = end
        self._bases.append(base)
        self._tail.append(placed)
        self._tail_bytes += len(placed)
        if self._tail_bytes > TAIL_BYTES:
            self._shorten()
        if not self._held:
            self.high_watermark = end
            if self.waiting:
                self._tell()
        return errors.NONE, base

    def read(self, offset: int, max_bytes: int) -> list[Buffer]:
        """Whole batches from the one that has an offset, as many as fit, but at least one; none at the high watermark.

        Each buffer has one batch or more.
        """
        if offset >= self.high_watermark:
            return []
        return self._stored(offset, 1 if self._held else max_bytes)  # one batch is not beyond the high watermark

    def offset_at(self, timestamp_ms: int) -> tuple[int, int] | None:
        """Offset and timestamp of the first record that is not older, if there is one."""
        places = (segment.first_at(timestamp_ms) for segment in self._segments)
        found = next((place for place in places if place), None)
        if found is None or found[0] >= self.high_watermark:
            return None
        return max(found[0], self.start), found[1]

    def newest(self) -> int:
        """The largest timestamp of all batches (ms since 1970), or -1."""
        return max((segment.newest for segment in self._segments if segment.size), default=-1)

    def delete_before(self, offset: int) -> None:
        """Let the log start at an offset, unless it does so later, and delete the segments that are all before it.

        Raises:
            OSError: the new start cannot be stored.
        """
        if offset <= self.start:
            return
        if offset >= self.end:
            self._roll()
        written = self._folder / "start.tmp"
        written.write_text(str(offset), encoding="ascii")
        written.replace(self._folder / "start")
        self.start = offset
        while len(self._segments) > 1 and self._segments[1].base <= offset:
            self._segments.pop(0).remove()

    def rewrite(self, batches: list[bytes]) -> None:
        """Append batches, and delete all that was there before them: they say the same in less (a compaction).

        Raises:
            OSError: they cannot be written; all that was there is there.
        """
        self._roll()
        boundary = self.end
        for batch in batches:
            if self.append(batch)[0]:
                raise OSError(f"{self.name} cannot be compacted")
        self.delete_before(boundary)

    def retain(self) -> None:
        """Delete segments that are too old or too many, and forget producers that are gone.

        What is written takes the system less time than it is until the next call to bring it to the disk.
        """
        for segment in self._segments[-1:]:
            segment.flushed = segment.size
        self.producers.forget(self._now() - EXPIRATION_SECONDS)
        start, now = self.start, self._now() * 1000
        rest = sum(segment.size for segment in self._segments)
        ends = [*(segment.base for segment in self._segments[1:]), self.end]
        for segment, end in zip(self._segments, ends, strict=False):
            rest -= segment.size
            expired = 0 <= self.limits.retention_ms < now - segment.newest
            if not segment.size or not (expired or 0 <= self.limits.retention_bytes <= rest):
                break
            start = end
        with contextlib.suppress(OSError):  # then it is tried again the next time
            self.delete_before(start)

    def cut_unflushed(self) -> None:
        """Cut what the disk may lack, as a power failure does. The process has to end then: it knows nothing of it."""
        for segment in self._segments[-1:]:
            os.truncate(segment.path, segment.flushed)

    def hold(self) -> None:
        """Keep what is appended from now on out of sight, until it is released."""
        self._held = True

    def release(self) -> None:
        """Let one batch of those that are held be seen."""
        if self.high_watermark < self.end:
            header: Header = HEADER.unpack_from(self._stored(self.high_watermark, 1)[0])
            self.high_watermark = header[0] + header[6] + 1
            self._tell()

    def release_all(self) -> None:
        """Hold nothing any more."""
        self._held = False
        self.high_watermark = self.end
        self._tell()

    def close(self) -> None:
        """Store the index, so that nothing has to be read on the next start, and close the file."""
        for active in self._segments[-1:]:
            with contextlib.suppress(OSError):  # then the index is made from the batches
                if active.size != active.saved:
                    active.store(self.producers.by_id.values())
            active.close()

    def drop(self) -> None:
        """Let go of the files, which are deleted with the topic, and tell those that wait."""
        self.high_watermark = -1
        for segment in self._segments:
            segment.close()
        self._tell()

    def _stored(self, offset: int, max_bytes: int) -> list[Buffer]:
        bases = self._bases
        if not bases or offset < bases[0]:
            place = max(bisect_right(self._segments, offset, key=lambda segment: segment.base) - 1, 0)
            parts = (segment.read(offset, max_bytes) for segment in self._segments[place:])
            return [next(filter(None, parts), b"")]
        first = bisect_right(bases, offset) - 1
        if self._tail_bytes <= max_bytes:
            return self._tail[first:]
        end, rest = first + 1, max_bytes - len(self._tail[first])
        while end < len(bases) and rest >= len(self._tail[end]):
            rest -= len(self._tail[end])
            end += 1
        return self._tail[first:end]

    def _write(self, batch: bytes, end: int, newest: int) -> bool:
        """Whether the batch is in the file; the first time that it is not is said."""
        try:
            active = self._segments[-1] if self._segments else self._roll()
            if active.size and active.size + len(batch) > self.limits.segment_bytes:
                active = self._roll()
            elif active.size - active.saved > max(_STORE_INTERVAL, active.size >> 3):
                active.store(self.producers.by_id.values())
            active.append(batch, self.end, end, newest, self.limits.fsync)
        except OSError as error:
            if not self._failing:
                _log.error("%s: records cannot be written: %s", self.name, error)
            self._failing = True
            return False
        self._failing = False
        return True

    def _roll(self) -> Segment:
        """Begin a new segment, unless the last one is empty."""
        if not self._segments or self._segments[-1].size:
            new = Segment(self._folder, self.end)
            new.open()
            self.close()
            self._segments.append(new)
        return self._segments[-1]

    def _shorten(self) -> None:
        """Leave a half of the tail in memory, the last batch at least."""
        count = 0
        while self._tail_bytes > TAIL_BYTES // 2 and count < len(self._tail) - 1:
            self._tail_bytes -= len(self._tail[count])
            count += 1
        del self._tail[:count], self._bases[:count]

    def _tell(self) -> None:
        waiting = list(self.waiting)
        self.waiting.clear()
        for waiter in waiting:
            waiter.appended(self)

    def _recover(self) -> None:
        """Take the files as they are, but for a tail that is torn."""
        for path in sorted(self._folder.glob("*.log")):
            segment = Segment(self._folder, int(path.stem))
            self._segments.append(segment)
            if torn := segment.recover(self.producers, self._now()):
                _log.warning("%s: the last %d bytes of %s are cut: no whole batch", self.name, torn, path.name)
        if self._segments:
            self.start, self.end = self._segments[0].base, self._segments[-1].end
        with contextlib.suppress(OSError, ValueError):
            self.start = max(self.start, int((self._folder / "start").read_text(encoding="ascii")))
        self.high_watermark = self.end = max(self.start, self.end)
