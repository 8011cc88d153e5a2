"""A running marketplace as another process sees it: its state file, and its control API."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import time
from urllib.parse import urlsplit

import msgspec

from services_stub.infra.config import state_file
from services_stub.infra.config.directory import DataDirectory, is_locked
from services_stub.infra.config.errors import NotRunning
from services_stub.infra.processes.launcher import DRAIN_SECONDS

_ANSWER_SECONDS = 10.0
_END_SECONDS = 2 * DRAIN_SECONDS + 10


class Running:
    """The marketplace that runs on a data directory."""

    def __init__(self, directory: DataDirectory) -> None:
        """Read its state; raises NotRunning if there is none."""
        if not is_locked(directory):
            raise NotRunning(f"No marketplace runs on {directory.root}. Start one with `marketplace up`.")
        self.directory = directory
        self.state = state_file.read(directory)

    def status(self) -> state_file.Status:
        """What runs now."""
        headers = {"Authorization": f"Bearer {self.state.control_token}"}
        try:
            answer = request("GET", self.state.control_url, "/status", headers)
        except OSError as error:
            raise NotRunning(f"The marketplace on {self.directory.root} does not answer: {error}.") from error
        return msgspec.json.decode(answer, type=state_file.Status)

    def shut_down(self) -> None:
        """Tell it to end."""
        headers = {"Authorization": f"Bearer {self.state.control_token}"}
        try:
            request("POST", self.state.control_url, "/shutdown", headers)
        except OSError:  # it does not listen any more, or not yet
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.state.supervisor_pid, signal.SIGTERM)


class RequestFailed(Exception):
    """The answer was no; the message is what came with it."""


def request(method: str, base: str, path: str, headers: dict[str, str]) -> bytes:
    """Ask something on loopback; raises OSError where nothing answers, RequestFailed where the answer is no."""
    url = urlsplit(base)
    connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=_ANSWER_SECONDS)
    with contextlib.closing(connection):
        try:
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            body = answer.read()
        except http.client.HTTPException as error:
            raise ConnectionError(str(error) or type(error).__name__) from error
    if answer.status >= 400:
        raise RequestFailed(f"{method} {path}: {answer.status} {body.decode(errors='replace')}")
    return body


def end(directory: DataDirectory) -> bool:
    """End the marketplace on the directory and wait until its last process is gone; False if there was none."""
    if not is_locked(directory):
        return False
    with contextlib.suppress(NotRunning):
        Running(directory).shut_down()
    deadline = time.monotonic() + _END_SECONDS
    while is_locked(directory):
        if time.monotonic() > deadline:
            raise TimeoutError(f"processes of the marketplace on {directory.root} have not ended")
        time.sleep(0.05)
    return True
