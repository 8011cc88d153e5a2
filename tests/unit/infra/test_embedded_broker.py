"""The embedded broker ends when it is told to, and not by itself where its supervisor is gone."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from services_stub.contracts.topics import Topic
from services_stub.infra.kafka.messages import BrokerArguments
from services_stub.infra.processes.messages import encode
from tests.ports import free_port
from tests.waiting import wait_for

_SERVE = """
import socket, sys
from services_stub.infra.kafka.embedded import serve
serve(sys.argv[1].encode(), socket.socket(fileno=int(sys.argv[2])))
"""
_A_WHILE = 0.3


@pytest.mark.slow
def test_it_stays_for_the_services_when_the_supervisor_was_killed(tmp_path: Path) -> None:
    ours, theirs = socket.socketpair()
    arguments = BrokerArguments(port=free_port(), directory=str(tmp_path), topics=[Topic("order-created", 1)])
    with theirs:
        command = [sys.executable, "-c", _SERVE, encode(arguments).decode(), str(theirs.fileno())]
        broker = subprocess.Popen(command, pass_fds=(theirs.fileno(),))
    try:
        wait_for(lambda: socket.socket().connect_ex(("127.0.0.1", arguments.port)) == 0, what="the broker")
        ours.close()
        with pytest.raises(subprocess.TimeoutExpired):
            broker.wait(_A_WHILE)
        broker.terminate()
        assert broker.wait(10) == 0
    finally:
        broker.kill()
