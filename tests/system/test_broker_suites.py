"""librdkafka's and franz-go's own tests on the embedded broker: what does not pass is what the list says.

`make broker-suites` runs all of them; without it a few of each are run.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from services_stub.infra.config.ports import HOST
from tests.broker_suites import franz_go, librdkafka
from tests.broker_suites.expected import differences, totals
from tests.broker_suites.franz_go import FranzGo
from tests.broker_suites.librdkafka import Librdkafka
from tests.ports import free_port
from tests.waiting import wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

SUITES = (librdkafka.NAME, franz_go.NAME)
QUICK = {librdkafka.NAME: librdkafka.QUICK, franz_go.NAME: franz_go.QUICK}
whole = pytest.mark.skipif("MARKETPLACE_BROKER_SUITES" not in os.environ, reason="minutes: make broker-suites")


@contextlib.contextmanager
def node(folder: Path, *options: str) -> Iterator[str]:
    """The address of an embedded broker in a process of its own."""
    port = free_port()
    command = [sys.executable, "-m", "tests.broker_suites.node", str(folder), str(port), *options]
    process = subprocess.Popen(command)
    try:
        wait_for(lambda: _listens(port), what="the broker")
        yield f"{HOST}:{port}"
    finally:
        process.kill()
        process.wait(30)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


@contextlib.contextmanager
def suite(name: str, folder: Path) -> Iterator[Librdkafka | FranzGo]:
    """A suite with the brokers that it needs."""
    with node(folder / "plain") as plain:
        if name == franz_go.NAME:
            yield FranzGo(plain)
        else:
            with node(folder / "creates", "--creates") as creates:
                yield Librdkafka((creates, plain), folder)


@whole
@pytest.mark.parametrize("name", SUITES)
def test_what_does_not_pass_of_a_suite_is_what_the_list_says(name: str, tmp_path: Path) -> None:
    with suite(name, tmp_path) as tests:
        results = tests.run()
        # Their tests have time limits of their own, which a busy machine does not keep.
        if unlisted := [said.split()[0] for said in differences(name, results) if " is not listed" in said]:
            results |= tests.run(unlisted)
    assert differences(name, results) == []
    assert sum("/" not in test for test in results) == totals()[name]


@pytest.mark.parametrize("name", SUITES)
def test_a_few_tests_of_a_suite_pass(name: str, tmp_path: Path) -> None:
    with suite(name, tmp_path) as tests:
        results = tests.run(QUICK[name])
    assert len(results) >= len(QUICK[name])
    assert [said for said in differences(name, results) if "no such test" not in said] == []
