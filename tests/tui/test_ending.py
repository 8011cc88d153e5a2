"""The client ends when it is told to and when its terminal is gone, and leaves the terminal as it found it."""

from __future__ import annotations

import os
import pty
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest

from marketplace_tui.ending import GRACE_SECONDS
from services_stub.client.loopback import ANSWER_SECONDS
from services_stub.contracts.control import STATE_FILE
from services_stub.contracts.encoding import encode_json
from tests.tui.admin.data import STATE
from tests.waiting import wait_for

COMMAND = [sys.executable, "-m", "marketplace_tui", "--gateway", "http://127.0.0.1:1"]
"""A client whose marketplace is away."""

OTHERS = (signal.SIGINT, signal.SIGHUP)
LEFT_ALTERNATE_SCREEN, LEFT_MOUSE = b"\x1b[?1049l", b"\x1b[?1003l"


@dataclass
class Client:
    """The client on a terminal of its own, whose other end is `terminal`, and what it has written there."""

    process: subprocess.Popen[bytes]
    terminal: int
    written: bytes = field(default=b"", init=False)

    def has_written(self, text: bytes) -> bool:
        try:
            self.written += os.read(self.terminal, 65536)
        except OSError:
            return True  # it has ended
        return text in self.written


def environment_of(home: Path) -> dict[str, str]:
    return {**os.environ, "TERM": "xterm-256color", "XDG_STATE_HOME": str(home), "XDG_CONFIG_HOME": str(home)}


@contextmanager
def opened(home: Path, command: Sequence[str] = COMMAND, shows: bytes = b"cannot be reached") -> Iterator[Client]:
    """The client, once it shows its first screen. It leads a session, but no terminal controls it: no SIGHUP comes."""
    terminal, of_client = pty.openpty()
    process = subprocess.Popen(
        command, stdin=of_client, stdout=of_client, stderr=of_client, start_new_session=True, env=environment_of(home)
    )
    os.close(of_client)
    try:
        client = Client(process, terminal)
        wait_for(lambda: client.has_written(shows), what="the first screen")
        yield client
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("number", [signal.SIGTERM, *(pytest.param(one, marks=pytest.mark.slow) for one in OTHERS)])
def test_a_signal_ends_it_with_the_terminal_as_it_was(number: signal.Signals, tmp_path: Path) -> None:
    with opened(tmp_path) as client:
        client.process.send_signal(number)
        wait_for(lambda: client.has_written(LEFT_ALTERNATE_SCREEN), what="the terminal is as it was")
        assert client.process.wait(20) == 128 + number
        assert LEFT_MOUSE in client.written
        assert b"Traceback" not in client.written
        os.close(client.terminal)


def test_it_ends_with_its_terminal_although_nothing_tells_it(tmp_path: Path) -> None:
    with opened(tmp_path) as client:
        os.close(client.terminal)
        assert client.process.wait(20) == 128 + signal.SIGHUP


def test_a_reader_that_is_gone_changes_no_exit_code(tmp_path: Path) -> None:
    """Python ends with 120 where it cannot write out what waits."""
    reader, writer = os.pipe()
    os.close(reader)
    environment = {name: value for name, value in environment_of(tmp_path).items() if name != "PYTHONUNBUFFERED"}
    done = subprocess.run([*COMMAND[:3], "--help"], check=False, stdout=writer, stderr=subprocess.PIPE, env=environment)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.slow
def test_it_ends_at_once_although_nothing_answers_what_it_asked(tmp_path: Path) -> None:
    """Neither gateway nor control API answer, and the threads that ask the control API wait for 10 seconds."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        state = msgspec.structs.replace(STATE, gateway=url, control_url=url, data_dir=str(tmp_path))
        (tmp_path / STATE_FILE).write_bytes(encode_json(state))
        with opened(tmp_path, [*COMMAND[:3], "--data-dir", str(tmp_path)], b"Loading the shop") as client:
            os.write(client.terminal, b"q")
            assert client.process.wait(ANSWER_SECONDS - GRACE_SECONDS) == 0


def test_the_client_of_a_browser_is_shown_through_pipes_and_ends_with_them(tmp_path: Path) -> None:
    environment = environment_of(tmp_path) | {"TEXTUAL_DRIVER": "textual.drivers.web_driver:WebDriver"}
    pipe = subprocess.PIPE
    with subprocess.Popen(COMMAND, stdin=pipe, stdout=pipe, stderr=pipe, env=environment) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == b"__GANGLION__\n"  # by this textual-serve knows that an app has started
        process.stdin.close()
        assert process.wait(20) == 128 + signal.SIGHUP
