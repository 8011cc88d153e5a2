"""The logs of the processes, as `marketplace logs` shows them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from services_stub.contracts.text import escaped
from services_stub.infra.config.directory import DataDirectory
from services_stub.infra.config.errors import CannotShow

_POLL_SECONDS = 0.2
_LARGEST_TAIL = 4 * 1024 * 1024


@dataclass
class LogReader:
    """Reads what was appended to one log since the last time, also when the log was begun anew."""

    path: Path
    _offset: int = 0
    _inode: int = 0
    _rest: bytes = field(default=b"", repr=False)

    def last(self, lines: int) -> list[str]:
        """The last lines that are there; `step` goes on behind them."""
        found = self.step(skip_to_end=_LARGEST_TAIL)
        return found[-lines:] if lines else []

    def step(self, skip_to_end: int = 0) -> list[str]:
        """The complete lines that are new; with `skip_to_end`, at most so many bytes of them."""
        try:
            with self.path.open("rb") as file:
                status = os.fstat(file.fileno())
                if status.st_ino != self._inode or status.st_size < self._offset:
                    self._inode, self._offset, self._rest = status.st_ino, 0, b""
                if skip_to_end:
                    self._offset = max(self._offset, status.st_size - skip_to_end)
                file.seek(self._offset)
                data = file.read()
        except FileNotFoundError:
            return []
        self._offset += len(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        return [line.decode(errors="replace") for line in lines]


def show(directory: DataDirectory, name: str, lines: int, follow: bool, echo: Callable[[str], None]) -> None:
    """Print the end of one log, or of all, each line with its process; then what is added, until interrupted."""
    readers = {path.stem: LogReader(path) for path in sorted(directory.logs.glob("*.log"))}
    if name:
        if name not in readers:
            known = ", ".join(readers) or "none yet"
            raise CannotShow(f"There is no log of {name} in {directory.logs}; there are: {known}.")
        readers = {name: readers[name]}
    width = max(map(len, readers), default=0)
    prefixes = {found: "" if name else f"{found:<{width}} | " for found in readers}
    for found, reader in readers.items():
        for line in reader.last(lines):
            echo(prefixes[found] + escaped(line))
    while follow:
        for found, reader in readers.items():
            for line in reader.step():
                echo(prefixes[found] + escaped(line))
        time.sleep(_POLL_SECONDS)
