"""The data directory, its lock, and the files in it."""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
from collections import namedtuple
from pathlib import Path

import pytest

from services_stub.client.control import NotRunning, read_state
from services_stub.client.user_files import cache_directory, default_data_directory
from services_stub.infra.config import credentials, directory, ports
from services_stub.infra.config.directory import DataDirectory, DirectoryLock, is_locked
from services_stub.infra.config.errors import CannotStart


def quiet(_: str) -> None:
    """Hear nothing."""


def test_it_lies_where_the_system_keeps_such_things(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    assert default_data_directory() == tmp_path / ".local/share/marketplace"
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    assert default_data_directory() == Path("/data/marketplace")
    monkeypatch.setenv("XDG_CACHE_HOME", "not/absolute")
    assert cache_directory() == tmp_path / ".cache/marketplace"


def test_it_is_private_and_can_be_written_to(tmp_path: Path) -> None:
    data = DataDirectory(tmp_path / "new" / "data")
    data.prepare()
    assert stat.S_IMODE(data.root.stat().st_mode) == 0o700
    assert [path.name for path in data.root.iterdir()] == ["logs"]


def test_a_directory_that_others_could_use_is_taken_from_them(tmp_path: Path) -> None:
    data = DataDirectory(tmp_path / "data")
    data.root.mkdir()
    before = os.umask(0)
    try:
        data.prepare()
        data.claim_format()
        (data.root / "order").mkdir()
        (data.root / "order").chmod(0o755)
        (data.root / "order" / "data.sqlite").touch()
        (data.root / "order" / "data.sqlite").chmod(0o644)
        (data.root / "out").symlink_to("/etc/hostname")
        data.root.chmod(0o755)
        assert data.close_to_others() == 3
        assert data.close_to_others() == 0
    finally:
        os.umask(before)
    for path in (data.root, *data.root.rglob("*")):
        assert path.is_symlink() or not stat.S_IMODE(path.stat().st_mode) & 0o077, path


def test_an_open_directory_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter").touch()
    tmp_path.chmod(0o755)
    with pytest.raises(CannotStart, match="none of a marketplace"):
        DataDirectory(tmp_path).close_to_others()
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755


def test_a_full_disk_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(100, 100, 0))
    with pytest.raises(CannotStart, match="is full"):
        DataDirectory(tmp_path).prepare()


def test_a_disk_that_takes_nothing_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(Path, "write_bytes", refuse)
    with pytest.raises(CannotStart, match=r"Read-only file system.*--data-dir"):
        DataDirectory(tmp_path).prepare()


def test_data_of_another_format_is_refused_with_the_way_out(tmp_path: Path) -> None:
    data = DataDirectory(tmp_path)
    data.claim_format()
    data.credentials_file.touch()
    data.claim_format()
    (tmp_path / "format").unlink()
    with pytest.raises(CannotStart, match=r"another version.*Remove the directory.*--data-dir"):
        data.claim_format()


def test_only_one_may_have_it(tmp_path: Path) -> None:
    data = DataDirectory(tmp_path)
    lock = DirectoryLock.take(data, quiet)
    assert is_locked(data)
    with pytest.raises(CannotStart, match=f"process {os.getpid()}"):
        DirectoryLock.take(data, quiet)
    lock.release()
    assert not is_locked(data)
    DirectoryLock.take(data, quiet).release()


def test_the_rest_of_an_ended_marketplace_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = DataDirectory(tmp_path)
    lock = DirectoryLock.take(data, quiet)
    data.lock_file.write_text("4194305")  # no process can have this id
    heard: list[str] = []

    def announce(text: str) -> None:
        heard.append(text)
        lock.release()

    DirectoryLock.take(data, announce).release()
    assert len(heard) == 1


def test_a_dead_supervisor_is_no_owner_although_its_number_is_in_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = DataDirectory(tmp_path)
    DirectoryLock.take(data, quiet).release()
    data.lock_file.write_text(str(os.getpid()))  # of a zombie, or of a process that came later
    with data.lock_file.open("a+") as inherited:
        fcntl.flock(inherited, fcntl.LOCK_EX)
        monkeypatch.setattr(directory, "_LEFTOVER_SECONDS", 0.0)
        with pytest.raises(CannotStart, match="earlier marketplace"):
            DirectoryLock.take(data, quiet)


def test_something_that_never_ends_is_not_waited_for_forever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = DataDirectory(tmp_path)
    lock = DirectoryLock.take(data, quiet)
    data.lock_file.write_text("4194305")
    monkeypatch.setattr(directory, "_LEFTOVER_SECONDS", 0.0)
    with pytest.raises(CannotStart, match="earlier marketplace"):
        DirectoryLock.take(data, quiet)
    lock.release()


def test_the_users_are_made_once(tmp_path: Path) -> None:
    file = tmp_path / "credentials.json"
    made = credentials.load_or_make(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert credentials.load_or_make(file) == made
    assert len({user.password for user in made.users}) == len(credentials.ROLES)
    assert not made.seeded
    file.write_text("{broken")
    assert credentials.load_or_make(file) != made


def test_without_a_state_file_nothing_runs(tmp_path: Path) -> None:
    with pytest.raises(NotRunning, match="marketplace up"):
        read_state(DataDirectory(tmp_path).root)


def test_ports_are_remembered_and_forgotten_when_they_cannot_be_read(tmp_path: Path) -> None:
    file = tmp_path / "ports.json"
    assert ports.remembered(file) == {}
    ports.remember(file, {"a": 1})
    assert ports.remembered(file) == {"a": 1}
    file.write_text("[]")
    assert ports.remembered(file) == {}
