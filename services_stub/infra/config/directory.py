"""The data directory: where everything of one marketplace lies, and the lock that gives it to one at a time.

The lock is inherited by every process of the marketplace, so it is free only when the last of them is gone: a new
marketplace never shares files with one that is still ending.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from services_stub.contracts.control import STATE_FILE
from services_stub.infra.config.errors import CannotStart

DATA_FORMAT = "7"
"""Grows with every change of tables or files that an earlier version's data does not have."""

LEAST_FREE_BYTES = 64 * 1024 * 1024
_LEFTOVER_SECONDS = 15.0


class DataDirectory:
    """The paths inside a data directory."""

    def __init__(self, root: Path | str) -> None:
        self.root = Path(root).expanduser().absolute()

    @property
    def state_file(self) -> Path:
        """The state of the running marketplace; absent when none runs."""
        return self.root / STATE_FILE

    @property
    def lock_file(self) -> Path:
        """Held by the running marketplace; its text is the pid of the supervisor."""
        return self.root / "lock"

    @property
    def supervisor_file(self) -> Path:
        """Locked by the supervisor alone, as long as it lives."""
        return self.root / "supervisor.lock"

    @property
    def ports_file(self) -> Path:
        """The ports of the last run, taken again if they are free."""
        return self.root / "ports.json"

    @property
    def credentials_file(self) -> Path:
        """The development users."""
        return self.root / "credentials.json"

    @property
    def kafka_client_file(self) -> Path:
        """The properties by which kcat and librdkafka reach an embedded broker that has a password."""
        return self.root / "kafka-client.properties"

    @property
    def kafka_java_file(self) -> Path:
        """The same for Kafka's Java tools."""
        return self.root / "kafka-java.properties"

    @property
    def _format_file(self) -> Path:
        """The mark of the version that wrote the data."""
        return self.root / "format"

    @property
    def logs(self) -> Path:
        """One log per process."""
        return self.root / "logs"

    def log(self, name: str) -> Path:
        """The log of the process `name`."""
        return self.logs / f"{name}.log"

    def of(self, name: str) -> Path:
        """The directory that belongs to the part `name` alone; created when missing."""
        path = self.root / name
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path

    def prepare(self) -> None:
        """Create the directory and prove that it can be written to. From now on this process keeps others out of files.

        The processes that it starts inherit that, whatever umask it was started with.
        """
        os.umask(0o077)
        probe = self.root / f".probe-{os.getpid()}"
        try:
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.logs.mkdir(mode=0o700, exist_ok=True)
            try:
                probe.write_bytes(b"\0" * 65536)
            finally:
                probe.unlink(missing_ok=True)
            free = shutil.disk_usage(self.root).free
        except OSError as error:
            message = f"The data directory {self.root} cannot be used: {error.strerror}. "
            raise CannotStart(message + "Make it writable, or choose another one with --data-dir.") from error
        if free < LEAST_FREE_BYTES:
            raise CannotStart(
                f"The disk of {self.root} is full: {free // 2**20} MB are free, {LEAST_FREE_BYTES // 2**20} MB are "
                "needed. Free some space, or choose a directory on another disk with --data-dir."
            )

    def close_to_others(self) -> int:
        """Take all that lies in the directory, and the directory, from everyone but its owner; the number of files.

        Raises:
            CannotStart: some of it belongs to another user, who could open it again; or it is open, and holds what is
                none of a marketplace.
        """
        found = 0
        foreign = not self._format_file.exists() and {path.name for path in self.root.iterdir()} - {"lock", "logs"}
        if foreign and self.root.stat().st_mode & 0o077:
            raise CannotStart(
                f"Others can use {self.root}, and it holds files that are none of a marketplace. "
                "Choose an empty directory with --data-dir, or a new one."
            )
        for path in (self.root, *self.root.rglob("*")):
            with contextlib.suppress(FileNotFoundError):
                status = path.lstat()
                if stat.S_ISLNK(status.st_mode):
                    continue
                if status.st_uid != os.geteuid():
                    raise CannotStart(
                        f"{path} belongs to another user. Choose a directory of your own with --data-dir."
                    )
                if status.st_mode & 0o077:
                    path.chmod(status.st_mode & 0o700)
                    found += 1
        return found

    def claim_format(self) -> None:
        """Mark a new directory with the format of the data that this version writes; the lock must be held.

        Raises:
            CannotStart: the data was written by a version with another format.
        """
        mark = self._format_file
        written = mark.read_text(encoding="utf-8").strip() if mark.exists() else ""
        if not written and not self.credentials_file.exists():
            mark.write_text(DATA_FORMAT, encoding="utf-8")
        elif written != DATA_FORMAT:
            raise CannotStart(
                f"The data in {self.root} was written by another version of the marketplace, in another format. "
                "Remove the directory to begin anew, or choose another one with --data-dir."
            )


class DirectoryLock:
    """The exclusive right to a data directory, held until the last process that inherited it is gone."""

    def __init__(self, file: TextIO, own: TextIO) -> None:
        self._file, self._own = file, own

    @property
    def fileno(self) -> int:
        """The descriptor that children inherit."""
        return self._file.fileno()

    @classmethod
    def take(cls, directory: DataDirectory, announce: Callable[[str], None]) -> DirectoryLock:
        """Take the lock, or say who has it. One whose supervisor is gone is waited for: the rest is about to end.

        A process id alone does not tell that: another process may have it by now, or its end was not waited for.
        """
        file = directory.lock_file.open("a+")
        deadline = time.monotonic() + _LEFTOVER_SECONDS
        told = False
        while not _try_lock(file):
            holder = _holder(directory)
            if holder is not None and _alive(holder) and _is_held(directory.supervisor_file):
                file.close()
                raise CannotStart(
                    f"Another marketplace (process {holder}) uses {directory.root}. Stop it with `marketplace down "
                    f"--data-dir {directory.root}`, or choose another directory with --data-dir."
                )
            if time.monotonic() > deadline:
                file.close()
                raise CannotStart(
                    f"A process of an earlier marketplace still holds {directory.lock_file}. "
                    f"Find it with `fuser {directory.lock_file}` and end it, or choose another --data-dir."
                )
            if not told:
                announce("An earlier marketplace is still ending: waiting for it.")
                told = True
            time.sleep(0.05)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        own = directory.supervisor_file.open("a+")  # no child inherits it
        _try_lock(own)
        return cls(file, own)

    def release(self) -> None:
        """Give up this process's share of the lock."""
        self._own.close()
        self._file.close()


def is_locked(directory: DataDirectory) -> bool:
    """Whether any process of a marketplace still lives on the directory."""
    return _is_held(directory.lock_file)


def _is_held(path: Path) -> bool:
    try:
        with path.open("a+") as file:
            return not _try_lock(file)
    except OSError:
        return False


def _try_lock(file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(directory: DataDirectory) -> int | None:
    try:
        return int(directory.lock_file.read_text())
    except (OSError, ValueError):
        return None


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
