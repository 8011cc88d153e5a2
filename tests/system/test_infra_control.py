"""The control API over real processes: what the simulator and the admin's screen do to a marketplace."""

from __future__ import annotations

import http.client
import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from services_stub.client.control import (
    ControlClient,
    ControlRefused,
    NotAnswering,
    NotPossible,
    UnknownTarget,
    WrongToken,
)
from services_stub.contracts.control import Action, KillService, PauseService, RestartService, ResumeService
from services_stub.contracts.control_faults import DeclinedPayments, DuplicatedRecords, Fault, SlowRequests
from tests.system.infra_run import Run, gone, run
from tests.waiting import wait_for


@pytest.fixture(scope="module")
def marketplace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    with run(tmp_path_factory.mktemp("control")) as started:
        yield started.ready()


def raw(marketplace: Run, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, Any]:
    """Status and body of a request as a program without the client sends it."""
    state = marketplace.state()
    connection = http.client.HTTPConnection(urlsplit(state.control_url).netloc, timeout=10)
    connection.request(method, path, body, {"authorization": f"Bearer {state.control_token}", **headers})
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    return answer.status, json.loads(text) if text else None


def test_the_status_has_the_members_that_programs_use(marketplace: Run) -> None:
    code, status = raw(marketplace, "GET", "/status")
    assert code == 200
    assert {"gateway", "kafka", "cartStore", "dataDir", "services"} <= status.keys()
    assert {"mode", "bootstrapServers"} == status["kafka"].keys()
    for service in status["services"]:
        assert {"name", "pid", "port", "ready", "restarts"} <= service.keys()
        assert service["ready"]
    assert "controlToken" not in status


def test_only_the_holder_of_the_token_may_ask(marketplace: Run) -> None:
    stranger = ControlClient(marketplace.state().control_url, "wrong")
    with pytest.raises(WrongToken):
        stranger.status()
    with pytest.raises(WrongToken):
        stranger.shut_down()
    assert raw(marketplace, "POST", "/actions", b"x" * 100_000, authorization="")[0] == 401


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/status/more", 404),
        ("POST", "/status", 405),
        ("GET", "/actions", 405),
        ("DELETE", "/faults", 405),
        ("DELETE", "/faults/slow-requests", 404),
        ("POST", "/broker/kill", 404),
    ],
)
def test_an_unknown_route_is_refused(marketplace: Run, method: str, path: str, status: int) -> None:
    code, problem = raw(marketplace, method, path)
    assert (code, problem["status"]) == (status, status)


def test_a_body_that_is_too_large_is_refused(marketplace: Run) -> None:
    assert raw(marketplace, "POST", "/actions", b" " * 65_537)[0] == 413


def test_a_paused_service_is_not_ready_until_it_is_resumed(marketplace: Run) -> None:
    pid = marketplace.pid("order")
    marketplace.control.act(PauseService(service="order"))
    wait_for(lambda: not marketplace.service("order").ready, what="the pause")
    assert marketplace.service("order").paused
    marketplace.control.act(ResumeService(service="order"))
    wait_for(lambda: marketplace.service("order").ready, what="the end of the pause")
    assert marketplace.pid("order") == pid


@pytest.mark.parametrize("action", [KillService(service="auth"), RestartService(service="auth")], ids=str)
def test_a_service_comes_back(marketplace: Run, action: Action) -> None:
    before = marketplace.service("auth")
    marketplace.control.act(action)
    wait_for(lambda: marketplace.service("auth").pid not in (0, before.pid), seconds=5, what="a new process")
    wait_for(lambda: marketplace.service("auth").ready, seconds=5, what="ready")
    assert marketplace.service("auth").restarts == before.restarts + 1


def test_a_restart_also_ends_a_paused_service(marketplace: Run) -> None:
    before = marketplace.pid("order")
    marketplace.control.act(PauseService(service="order"))
    marketplace.control.act(RestartService(service="order"))
    wait_for(lambda: marketplace.pid("order") not in (0, before), seconds=5, what="a new process")
    wait_for(lambda: marketplace.service("order").ready, what="ready")


def test_an_action_on_an_unknown_service_is_refused(marketplace: Run) -> None:
    with pytest.raises(UnknownTarget, match="there is no service search"):
        marketplace.control.act(KillService(service="search"))


UNKNOWN = [
    (DuplicatedRecords(topic="no-such-topic", rate=1.0), UnknownTarget),
    (DeclinedPayments(rate=0.5), NotPossible),
]


@pytest.mark.parametrize(("fault", "error"), UNKNOWN, ids=str)
def test_a_fault_that_no_service_can_have_is_refused(
    marketplace: Run, fault: Fault, error: type[ControlRefused]
) -> None:
    """The stand-ins have no payment service."""
    with pytest.raises(error):
        marketplace.control.apply(fault)
    assert marketplace.control.faults() == []


def test_the_faults_are_told_while_the_broker_is_frozen_and_it_is_named(marketplace: Run) -> None:
    fault = marketplace.control.apply(SlowRequests(api_key=0, milliseconds=1))
    os.kill(marketplace.pid("kafka"), signal.SIGSTOP)
    try:
        code, answer = raw(marketplace, "GET", "/faults")
        assert (code, answer["notAnswering"]) == (200, ["kafka"])
        assert [one["id"] for one in answer["items"]] == [fault.id]
        with pytest.raises(NotPossible, match="has not answered"):
            marketplace.control.clear(fault.id)
    finally:
        os.kill(marketplace.pid("kafka"), signal.SIGCONT)
    wait_for(lambda: "notAnswering" not in raw(marketplace, "GET", "/faults")[1], what="the broker answers")
    assert [one.hits for one in marketplace.control.faults()] == [0]
    marketplace.control.clear(fault.id)
    assert marketplace.control.faults() == []


def test_shutting_down_ends_everything(tmp_path: Path) -> None:
    with run(tmp_path) as other:
        family = other.ready().family()
        control = other.control
        control.shut_down()
        assert gone(family)
        assert other.process.wait(10) == 0
        with pytest.raises(NotAnswering):
            control.status()
