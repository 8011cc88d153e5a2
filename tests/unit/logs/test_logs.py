"""Logs that cannot be written get lost, and nothing else happens."""

from __future__ import annotations

import errno
import io

from services_stub.logs.configuration import LossyText


class Disk(io.RawIOBase):
    """A file on a disk that is full for a while."""

    def __init__(self) -> None:
        super().__init__()
        self.full = False
        self.content = b""

    def writable(self) -> bool:
        return True

    def write(self, data: object, /) -> int:
        if self.full:
            raise OSError(errno.ENOSPC, "No space left on device")
        self.content += bytes(memoryview(data))  # type: ignore[arg-type] # whatever has a buffer
        return len(memoryview(data))  # type: ignore[arg-type]


def test_a_full_disk_is_not_the_matter_of_those_who_log() -> None:
    disk = Disk()
    log = LossyText(io.BufferedWriter(disk), encoding="utf-8", line_buffering=True)
    log.write("before\n")
    disk.full = True
    for _ in range(10_000):
        assert log.write("meanwhile\n") == 10
    log.flush()
    disk.full = False
    log.write("after\n")
    assert disk.content.startswith(b"before\n")
    assert disk.content.endswith(b"after\n")
    assert len(disk.content) < 10_000, "what got lost is not kept in memory"
