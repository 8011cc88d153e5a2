"""The log of one partition: batches are appended, read from an offset, and deleted from the front.

The last batches are held in memory, where nearly all readers find them; what is older is read from the segments. A
batch that was answered is in the file, so the end of the process loses nothing; with `fsync` it is on the disk, too.
"""

from __future__ import annotations

import sys
from bisect import bisect_right
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from services_stub.infra.kafka.broker import errors, records
from services_stub.infra.kafka.broker.producers import EXPIRATION_SECONDS, Producers
from services_stub.infra.kafka.broker.records import HEADER, Buffer, Header
from services_stub.infra.kafka.broker.segments import Segments
from services_stub.infra.kafka.broker.topic_configs import Limits

TAIL_BYTES = 128 * 1024
"""As much as this is in memory of each partition; a half of it is left when it is cut."""


class Waiter(Protocol):
    """A reader at the end of the log."""

    def appended(self, partition: Partition) -> None:
        """There is more to read, or the partition was dropped."""


class Partition:
    """The log from the offset `start` up to `end`; readers see it up to `high_watermark`, which is `end` unless held.

    Without a folder all is in memory, and lost with the process. `now` gives seconds since 1970. What is in `waiting`,
    which is one set for all partitions of a topic, is told once, of the next append. `gave`: see `Producers`.
    """

    def __init__(
        self,
        topic: str,
        number: int,
        folder: Path | None,
        limits: Limits,
        now: Callable[[], float],
        waiting: set[Waiter],
        gave: Callable[[int], bool] = lambda _: True,
    ) -> None:
        self.topic = topic
        self.name = f"{topic}-{number}"
        self.limits = limits
        self.waiting = waiting
        self.producers = Producers(gave)
        self._now = now
        self._held = self._failing = False
        self._log = Segments(self.name, folder, self.producers, now) if folder else None
        self.start, self.end = (self._log.start, self._log.end) if self._log else (0, 0)
        self.high_watermark = self.end
        self._bases: list[int] = []
        self._tail: list[Buffer] = []
        self._tail_bytes = 0

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
        if self._log and not self._write(self._log, placed, end, newest):
            return errors.KAFKA_STORAGE_ERROR, -1
        if producer_id >= 0:
            self.producers.add(producer_id, epoch, sequence, count, base, self._now())
        self.end = end
        self._bases.append(base)
        self._tail.append(placed)
        self._tail_bytes += len(placed)
        if self._tail_bytes > TAIL_BYTES and self._log:
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
        found = self._stored(offset, max_bytes)
        return records.before(found, self.high_watermark) if self._held else found

    def offset_at(self, timestamp_ms: int) -> tuple[int, int] | None:
        """Offset and timestamp of the first record that is not older, if there is one."""
        if self._log:
            found = self._log.first_at(timestamp_ms)
        else:
            batches = (batch for batch in self._tail if HEADER.unpack_from(batch)[8] >= timestamp_ms)
            found = next((records.first_at(batch, timestamp_ms) for batch in batches), None)
        if found is None or found[0] >= self.high_watermark:
            return None
        return max(found[0], self.start), found[1]

    def newest(self) -> int:
        """The largest timestamp of all batches (ms since 1970), or -1."""
        if self._log:
            return self._log.newest
        return max((HEADER.unpack_from(batch)[8] for batch in self._tail), default=-1)

    def delete_before(self, offset: int) -> None:
        """Let the log start at an offset; the batches that are all before it are deleted.

        Raises:
            OSError: the new start cannot be stored.
        """
        if self._log:
            self._log.begin_at(offset)
        self.start = offset
        count = bisect_right(self._bases, offset) - 1 if offset < self.end else len(self._bases)
        if count > 0:
            self._tail_bytes -= sum(map(len, self._tail[:count]))
            del self._tail[:count], self._bases[:count]

    def rewrite(self, batches: list[bytes]) -> None:
        """Append batches, and delete all that was there before them: they say the same in less (a compaction).

        Raises:
            OSError: they cannot be written; all that was there is there.
        """
        if self._log and self.start < self.end:
            self._log.roll()
        boundary = self.end
        for batch in batches:
            if self.append(batch)[0]:
                raise OSError(f"{self.name} cannot be compacted")
        self.delete_before(boundary)

    def retain(self) -> None:
        """Delete segments that are too old or too many, and forget producers that are gone."""
        self.producers.forget(self._now() - EXPIRATION_SECONDS)
        if self._log:
            start = self._log.retained_from(self.limits)
            if start > self.start:
                self.delete_before(start)

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
        """Store what makes the next start quick."""
        if self._log:
            self._log.close()

    def drop(self) -> None:
        """Let go of the files, which are deleted with the topic, and tell those that wait."""
        self.high_watermark = -1
        if self._log:
            self._log.drop()
        self._tell()

    def _stored(self, offset: int, max_bytes: int) -> list[Buffer]:
        bases = self._bases
        if self._log and (not bases or offset < bases[0]):
            return [self._log.read(offset, max_bytes)]
        first = bisect_right(bases, offset) - 1
        if self._tail_bytes <= max_bytes:
            return self._tail[first:]
        end = first + 1
        rest = max_bytes - len(self._tail[first])
        for batch in self._tail[end:]:
            rest -= len(batch)
            if rest < 0:
                break
            end += 1
        return self._tail[first:end]

    def _write(self, log: Segments, batch: bytes, end: int, newest: int) -> bool:
        """Whether the batch is in the file; the first time that it is not is said."""
        try:
            log.append(batch, end, newest, self.limits)
        except OSError as error:
            if not self._failing:
                sys.stderr.write(f"{self.name}: records cannot be written: {error}\n")
            self._failing = True
            return False
        self._failing = False
        return True

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
