"""The embedded broker ends when it is told to, and takes no records at first where another was there before."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from services_stub.infra.kafka.messages import BrokerArguments
from services_stub.infra.processes.messages import encode
from tests.ports import free_port
from tests.raw_kafka import refusal_of_a_record
from tests.waiting import wait_for

_SERVE = """
import socket, sys
from services_stub.infra.kafka import embedded
embedded._STRANGERS_SECONDS = float(sys.argv[3])
embedded.serve(sys.argv[1].encode(), socket.socket(fileno=int(sys.argv[2])))
"""
_A_WHILE = 0.3
_NOT_ENOUGH_REPLICAS = 19


@contextmanager
def broker_process(
    *, again: bool = False, strangers_seconds: float = 0.0
) -> Iterator[tuple[subprocess.Popen[bytes], socket.socket, str]]:
    """A broker of its own, the supervisor's end of its channel, and its address."""
    arguments = BrokerArguments(port=free_port(), topics={"order-created": 1}, again=again)
    ours, theirs = socket.socketpair()
    with theirs:
        given = [encode(arguments).decode(), str(theirs.fileno()), str(strangers_seconds)]
        broker = subprocess.Popen([sys.executable, "-c", _SERVE, *given], pass_fds=(theirs.fileno(),))
    try:
        wait_for(lambda: socket.socket().connect_ex(("127.0.0.1", arguments.port)) == 0, what="the broker")
        with ours:
            yield broker, ours, f"127.0.0.1:{arguments.port}"
    finally:
        broker.kill()
        broker.wait()


@pytest.mark.slow
def test_it_stays_for_the_services_when_the_supervisor_was_killed() -> None:
    with broker_process() as (broker, supervisor, _):
        supervisor.close()
        with pytest.raises(subprocess.TimeoutExpired):
            broker.wait(_A_WHILE)
        broker.terminate()
        assert broker.wait(10) == 0


@pytest.mark.slow
def test_one_that_was_there_before_takes_no_records_until_its_clients_know_that_it_lost_its_log() -> None:
    with broker_process(again=True, strangers_seconds=3600.0) as (broker, _, address):
        assert refusal_of_a_record(address, "order-created") == _NOT_ENOUGH_REPLICAS
        broker.terminate()
        assert broker.wait(10) == 0
    with broker_process(again=True) as (_, _, address):
        wait_for(lambda: refusal_of_a_record(address, "order-created") is None, what="a record that is taken")
    with broker_process() as (_, _, address):
        assert refusal_of_a_record(address, "order-created") is None
