"""Starting, ending and surviving: the supervisor, the launcher and what they keep alive."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
import valkey

from services_stub.infra.valkey import answers
from tests.system.infra_run import Run, gone, kill, run
from tests.waiting import wait_for

PARTS = ("auth", "order", "gateway", "kafka", "valkey")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_everything_in_good_order(tmp_path: Path, number: signal.Signals) -> None:
    with run(tmp_path) as marketplace:
        family = marketplace.ready().family()
        assert len(family) == 2 + len(PARTS)
        assert marketplace.end(number) == 0
        assert gone(family)
        assert not (tmp_path / "marketplace.json").exists()
        for service in ("auth", "order", "gateway"):
            assert (tmp_path / "logs" / f"{service}.log").read_text() == "drained\n"
        assert not [path for path in tmp_path.rglob("*") if path.name.startswith(".")]


def test_the_state_file_tells_everything_and_only_its_owner(tmp_path: Path) -> None:
    with run(tmp_path, seed=7) as marketplace:
        state = marketplace.ready().state()
        for file in ("marketplace.json", "credentials.json"):
            assert stat.S_IMODE((tmp_path / file).stat().st_mode) == 0o600
        assert state.supervisor_pid == marketplace.process.pid
        assert state.seed == 7
        assert state.kafka.mode == "embedded"
        assert [user.role for user in state.users] == ["admin", "seller", "user"]
        assert all(psutil.pid_exists(marketplace.pid(part)) for part in PARTS)


@pytest.fixture(scope="module")
def marketplace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """A run that goes on, for tests of what it survives."""
    with run(tmp_path_factory.mktemp("processes")) as started:
        yield started.ready()


@pytest.mark.parametrize("part", PARTS)
def test_a_killed_part_is_back_on_its_port(marketplace: Run, part: str) -> None:
    before = marketplace.state()
    pid = marketplace.pid(part)
    kill(pid)
    wait_for(lambda: marketplace.pid(part) not in (pid, 0), seconds=15, what="a new process")
    after = marketplace.state()
    assert after.kafka == before.kafka
    assert after.cart_store == before.cart_store
    if part in ("auth", "order", "gateway"):
        wait_for(lambda: marketplace.service(part).ready, seconds=15, what="ready again")
        assert marketplace.service(part).restarts == 1
        ports = [[service.port for service in state.services] for state in (before, after)]
        assert ports[0] == ports[1]


def test_the_content_of_the_cart_store_survives_its_kill(marketplace: Run) -> None:
    url = marketplace.state().cart_store
    port = urlsplit(url).port or 0
    wait_for(lambda: asyncio.run(answers(port)), seconds=15, what="the store")
    pid = marketplace.pid("valkey")
    with valkey.Valkey.from_url(url) as client:
        client.set("cart", "full")
        assert client.connection_pool.connection_kwargs["password"] not in " ".join(psutil.Process(pid).cmdline())
    with valkey.Valkey(port=port) as stranger, pytest.raises(valkey.AuthenticationError):
        stranger.get("cart")
    kill(pid)
    wait_for(lambda: marketplace.pid("valkey") not in (pid, 0), seconds=15, what="a new process")
    wait_for(lambda: asyncio.run(answers(port)), seconds=15, what="a new store")
    with valkey.Valkey.from_url(url) as client:
        assert client.get("cart") == b"full"


@pytest.mark.skipif("sys.platform != 'linux'", reason="other systems list processes by their command")
def test_every_process_is_listed_by_its_name(marketplace: Run) -> None:
    def names() -> set[str]:
        return {Path(f"/proc/{process.pid}/comm").read_text().strip() for process in marketplace.family()}

    # One that a test before this has killed has its name when it has been started again.
    wait_for(lambda: {"auth", "order", "gateway", "kafka", "valkey-server"} <= names(), what="the names")


def test_losing_the_launcher_ends_everything_and_says_so(tmp_path: Path) -> None:
    with run(tmp_path) as marketplace:
        family = marketplace.ready().family()
        kill(marketplace.state().launcher_pid)
        assert gone(family)
        assert marketplace.process.wait(10) == 1
        assert "launcher" in marketplace.output()


def test_nothing_outlives_a_killed_supervisor(tmp_path: Path) -> None:
    with run(tmp_path) as marketplace:
        family = marketplace.ready().family()
        kill(marketplace.process.pid)
        assert gone(family)
    with run(tmp_path) as again:
        again.ready()


@pytest.mark.slow
def test_services_that_do_not_end_do_not_hold_up_the_start_after_a_kill(tmp_path: Path) -> None:
    with run(tmp_path, system="stubborn") as marketplace:
        family = marketplace.ready().family()
        broker, order = (psutil.Process(marketplace.pid(name)) for name in ("kafka", "order"))
        kill(marketplace.process.pid)
        wait_for(lambda: not order.is_running(), seconds=5, what="the end of the services")
        assert not broker.is_running() or broker.ppid() != 1
        assert gone(family)
    with run(tmp_path) as again:
        again.ready()


@pytest.mark.skipif("sys.platform != 'linux'", reason="only Linux ends children together with their parent")
def test_nothing_outlives_supervisor_and_launcher_killed_at_once(tmp_path: Path) -> None:
    with run(tmp_path) as marketplace:
        family = marketplace.ready().family()
        paused = marketplace.pid("order")
        os.kill(paused, signal.SIGSTOP)
        os.kill(marketplace.process.pid, signal.SIGSTOP)
        kill(marketplace.state().launcher_pid)
        kill(marketplace.process.pid)
        assert gone(family)


def test_a_signal_during_the_start_ends_it(tmp_path: Path) -> None:
    with run(tmp_path) as marketplace:
        wait_for(lambda: marketplace.is_in("starting"), what="the start")
        family = marketplace.family()
        assert marketplace.end() == 0
        assert gone(family)


def test_all_services_can_share_one_process(tmp_path: Path) -> None:
    with run(tmp_path, one_process=True) as marketplace:
        services = marketplace.ready().state().services
        assert len({service.pid for service in services}) == 1
        assert len({service.port for service in services}) == 3
        assert all(marketplace.service(service.name).ready for service in services)


@pytest.mark.slow
def test_the_next_run_has_the_same_users_and_ports(tmp_path: Path) -> None:
    states = []
    for _ in range(2):
        with run(tmp_path) as marketplace:
            states.append(marketplace.ready().state())
            marketplace.end()
    first, second = states
    assert (first.kafka, first.cart_store, first.users) == (second.kafka, second.cart_store, second.users)
    assert first.control_token != second.control_token


@pytest.mark.slow
def test_a_service_that_does_not_stay_alive_stops_the_start_with_its_reason(tmp_path: Path) -> None:
    with run(tmp_path, system="broken") as marketplace:
        assert marketplace.process.wait(20) == 1
        said = marketplace.output()
        assert "does not stay alive" in said
        assert "RuntimeError: this service is broken" in said
        assert not (tmp_path / "marketplace.json").exists()


def test_a_service_that_cannot_be_imported_stops_the_start_with_its_reason(tmp_path: Path) -> None:
    with run(tmp_path, system="unloadable") as marketplace:
        assert marketplace.process.wait(20) == 1
        assert "No module named 'tests.system.no_such_module'" in marketplace.output()
