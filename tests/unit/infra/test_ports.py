"""Ports are free, different, below the range of outgoing connections, and claimed by one marketplace at a time."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from services_stub.infra.config import ports
from services_stub.infra.config.errors import CannotStart
from services_stub.infra.config.ports import PortClaims


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def test_every_name_gets_a_free_port_of_its_own() -> None:
    names = [f"service-{number}" for number in range(50)]
    chosen = PortClaims().choose(names, {})
    assert list(chosen) == names
    assert len(set(chosen.values())) == len(names)
    assert all(20_000 <= port < 32_000 and ports.is_free(port) for port in chosen.values())


def test_the_ports_of_last_time_are_taken_again_where_they_are_free(listener: socket.socket) -> None:
    free = PortClaims().choose(["a"], {})["a"]
    taken = listener.getsockname()[1]
    chosen = PortClaims().choose(["a", "b"], {"a": free, "b": taken})
    assert chosen["a"] == free
    assert chosen["b"] != taken


def test_a_claimed_port_is_not_given_to_another() -> None:
    first, second = PortClaims(), PortClaims()
    port = first.choose(["a"], {})["a"]
    assert not second.take(port)
    assert second.choose(["a"], {"a": port})["a"] != port
    del first
    assert second.take(port)


def test_the_gateway_takes_the_wanted_port_or_says_no(listener: socket.socket) -> None:
    taken = listener.getsockname()[1]
    with pytest.raises(CannotStart, match=f"Port {taken} is in use.*--port"):
        PortClaims().choose_gateway(taken)
    free = PortClaims().choose(["a"], {})["a"]
    assert PortClaims().choose_gateway(free) == free


def test_the_gateway_takes_the_next_free_port(monkeypatch: pytest.MonkeyPatch, listener: socket.socket) -> None:
    monkeypatch.setattr(ports, "GATEWAY_PORT", listener.getsockname()[1])
    assert PortClaims().choose_gateway(None) > listener.getsockname()[1]


def test_where_no_port_is_free_that_is_said(monkeypatch: pytest.MonkeyPatch, listener: socket.socket) -> None:
    taken = listener.getsockname()[1]
    monkeypatch.setattr(ports, "GATEWAY_PORT", taken)
    monkeypatch.setattr(ports, "_GATEWAY_TRIES", 1)
    monkeypatch.setattr(ports, "FREE_RANGE", range(taken, taken + 1))
    with pytest.raises(CannotStart, match="Choose one with --port"):
        PortClaims().choose_gateway(None)
    with pytest.raises(CannotStart, match="No port"):
        PortClaims().choose(["a"], {})
