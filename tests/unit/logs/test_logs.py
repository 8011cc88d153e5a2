"""Logs that cannot be written get lost, and text of others in them stays text."""

from __future__ import annotations

import errno
import io
import json
import subprocess
import sys
import unicodedata

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


HOSTILE = (
    'before\x1b[2J\x9b31m\x85next\u2028{"level": "info"}\u202etxt.exe\u200b\x7f\r\nforged: all is well\ud800 Ñandú 🛒'
)

LOGS = """
import logging
import structlog
from datetime import UTC, datetime
from services_stub.logs import configuration
configuration.configure(lambda: datetime(2026, 1, 1, tzinfo=UTC))
text = {text!a}
structlog.get_logger().warning("refused " + text, path=text)
logging.getLogger("others").warning("%s", text)
try:
    raise ValueError(text)
except ValueError:
    structlog.get_logger().exception("failed")
raise ValueError(text.replace("\\n", " "))
"""


def test_text_of_others_neither_forges_a_line_nor_steers_a_terminal() -> None:
    program = LOGS.format(text=HOSTILE)
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False).stderr.decode()
    seen = {char for char in found if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp")}
    assert seen == {"\n"}
    lines = found.splitlines()
    ours, others, failed = (json.loads(line) for line in lines[:3])
    assert (ours["path"], ours["event"]) == (HOSTILE, f"refused {HOSTILE}")
    assert HOSTILE in others["event"]
    assert "forged" in failed["exception"]
    assert lines[3].startswith("Traceback")
    assert [line for line in lines if line.startswith("forged")] == []
