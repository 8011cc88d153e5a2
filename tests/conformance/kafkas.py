"""The two brokers that the marketplace can run, each in a process of its own, without the marketplace."""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from services_stub.client.user_files import cache_directory
from services_stub.contracts.topics import Topic
from services_stub.infra.config.ports import HOST
from services_stub.infra.kafka import apache
from services_stub.infra.kafka.messages import ApacheArguments, BrokerArguments
from services_stub.infra.processes.messages import encode
from tests.ports import free_port
from tests.waiting import wait_for

BROKERS = ["embedded", pytest.param("apache", marks=pytest.mark.slow)]
"""The kinds of `begin_kafka`, as parameters of a fixture."""

_SERVE = """
import socket, sys
from services_stub.infra.kafka.embedded import serve
serve(sys.argv[1].encode(), socket.socket(fileno=int(sys.argv[2])))
"""
_SECONDS = 60.0


class Kafka:
    """A broker on a port that stays; its data stay, too."""

    def __init__(self, port: int, start: Callable[[], subprocess.Popen[bytes]]) -> None:
        self.address = f"{HOST}:{port}"
        self._port = port
        self._start = start
        self.start()

    @property
    def pid(self) -> int:
        """The id of its process, which each start changes."""
        return self._process.pid

    @property
    def lives(self) -> bool:
        """Whether its process has not ended."""
        return self._process.poll() is None

    def kill(self) -> None:
        """End it at once, without a moment to store anything."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(_SECONDS)

    def end(self) -> None:
        """Let it end in order."""
        self._process.terminate()
        self._process.wait(_SECONDS)

    def start(self) -> None:
        """Start it, once more where it has ended."""
        self.begin()
        wait_for(self._listens, seconds=_SECONDS, what="the broker")

    def begin(self) -> None:
        """Start its process without waiting for it."""
        self._process = self._start()

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex((HOST, self._port)) == 0


@contextlib.contextmanager
def embedded(directory: Path, topics: Sequence[Topic] = (), stderr: int | None = None) -> Iterator[Kafka]:
    """The embedded broker, with these topics; what it says goes to a file descriptor, or to the test's own."""
    ours, theirs = socket.socketpair()
    arguments = BrokerArguments(port=free_port(), directory=str(directory), topics=list(topics))
    command = [sys.executable, "-c", _SERVE, encode(arguments).decode(), str(theirs.fileno())]
    with ours, theirs:
        kafka = Kafka(arguments.port, lambda: subprocess.Popen(command, pass_fds=(theirs.fileno(),), stderr=stderr))
        try:
            yield kafka
        finally:
            kafka.kill()


@contextlib.contextmanager
def apache_kafka(directory: Path) -> Iterator[Kafka]:
    """Apache Kafka."""
    ours, theirs = socket.socketpair()
    arguments = ApacheArguments(
        directory=str(directory), cache=str(cache_directory()), port=free_port(), controller_port=free_port()
    )
    with ours, theirs:
        command = apache.command_of(arguments, theirs)
        kafka = Kafka(arguments.port, lambda: subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=directory))
        try:
            yield kafka
        finally:
            kafka.kill()


def begin_kafka(kind: str, directory: Path) -> contextlib.AbstractContextManager[Kafka]:
    """A broker of one of the kinds, with its data in `directory`."""
    return {"embedded": embedded, "apache": apache_kafka}[kind](directory)
