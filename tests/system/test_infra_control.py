"""The control API over real processes: what the simulator and the admin's screen do to a marketplace."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.infra_run import Run, gone, run
from tests.system.marketplace import wait_for


@pytest.fixture(scope="module")
def marketplace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    with run(tmp_path_factory.mktemp("control")) as started:
        yield started.ready()


def test_the_status_is_what_programs_were_promised(marketplace: Run) -> None:
    code, status = marketplace.control("GET", "/status")
    assert code == 200
    assert {"gateway", "kafka", "cartStore", "dataDir", "services"} <= status.keys()
    assert {"mode", "bootstrapServers"} == status["kafka"].keys()
    for service in status["services"]:
        assert {"name", "pid", "port", "ready", "restarts"} <= service.keys()
        assert service["ready"]
    assert "controlToken" not in status


def test_only_the_holder_of_the_token_may_ask(marketplace: Run) -> None:
    assert marketplace.control("GET", "/status", token="wrong")[0] == 401
    assert marketplace.control("POST", "/shutdown", {}, token="wrong")[0] == 401


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("POST", "/status"),
        ("POST", "/services/nobody/kill"),
        ("POST", "/services/order/praise"),
        ("POST", "/broker/praise"),
    ],
)
def test_what_there_is_not_is_not_found(marketplace: Run, method: str, path: str) -> None:
    code, problem = marketplace.control(method, path, {} if method == "POST" else None)
    assert (code, problem["status"]) == (404, 404)


def test_a_paused_service_is_not_ready_until_it_is_resumed(marketplace: Run) -> None:
    pid = marketplace.pid("order")
    assert marketplace.control("POST", "/services/order/pause")[0] == 202
    wait_for(lambda: not marketplace.service("order")["ready"], what="the pause")
    assert marketplace.service("order")["paused"]
    assert marketplace.control("POST", "/services/order/resume")[0] == 202
    wait_for(lambda: marketplace.service("order")["ready"], what="the end of the pause")
    assert marketplace.pid("order") == pid


@pytest.mark.parametrize("action", ["kill", "restart"])
def test_a_service_comes_back(marketplace: Run, action: str) -> None:
    before = marketplace.service("auth")
    assert marketplace.control("POST", f"/services/auth/{action}")[0] == 202
    wait_for(lambda: marketplace.service("auth")["pid"] not in (0, before["pid"]), seconds=5, what="a new process")
    wait_for(lambda: marketplace.service("auth")["ready"], seconds=5, what="ready")
    assert marketplace.service("auth")["restarts"] == before["restarts"] + 1


def test_a_restart_also_ends_a_paused_service(marketplace: Run) -> None:
    before = marketplace.pid("order")
    marketplace.control("POST", "/services/order/pause")
    marketplace.control("POST", "/services/order/restart")
    wait_for(lambda: marketplace.pid("order") not in (0, before), seconds=5, what="a new process")
    wait_for(lambda: marketplace.service("order")["ready"], what="ready")


def test_a_senseless_request_to_the_broker_is_refused(marketplace: Run) -> None:
    assert marketplace.control("POST", "/broker/slow", {"milliseconds": "many"})[0] == 409
    assert marketplace.control("POST", "/broker/slow", {})[0] == 409


def test_shutting_down_ends_everything(tmp_path: Path) -> None:
    with run(tmp_path) as other:
        family = other.ready().family()
        assert other.control("POST", "/shutdown", {})[0] == 202
        assert gone(family)
        assert other.process.wait(10) == 0
