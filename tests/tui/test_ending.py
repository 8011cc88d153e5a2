"""The client ends when it is told to and when its terminal is gone, and leaves the terminal as it found it."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

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
def opened(home: Path) -> Iterator[Client]:
    """The client, once it shows its first screen. It leads a session, but no terminal controls it: no SIGHUP comes."""
    terminal, of_client = pty.openpty()
    process = subprocess.Popen(
        COMMAND, stdin=of_client, stdout=of_client, stderr=of_client, start_new_session=True, env=environment_of(home)
    )
    os.close(of_client)
    try:
        client = Client(process, terminal)
        wait_for(lambda: client.has_written(b"cannot be reached"), what="the first screen")
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


def test_the_client_of_a_browser_is_shown_through_pipes_and_ends_with_them(tmp_path: Path) -> None:
    environment = environment_of(tmp_path) | {"TEXTUAL_DRIVER": "textual.drivers.web_driver:WebDriver"}
    pipe = subprocess.PIPE
    with subprocess.Popen(COMMAND, stdin=pipe, stdout=pipe, stderr=pipe, env=environment) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == b"__GANGLION__\n"  # by this textual-serve knows that an app has started
        process.stdin.close()
        assert process.wait(20) == 128 + signal.SIGHUP
