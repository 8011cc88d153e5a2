"""Whose a connection is, as Linux tells."""

from __future__ import annotations

import os
import socket
import sys

import pytest

from services_stub.infra.kafka.broker.peers import Address, is_own, user_of

OURS, THEIRS = ("127.0.0.1", 9092), ("127.0.0.1", 40000)


@pytest.mark.parametrize(
    ("users", "own"),
    [
        ({THEIRS: os.getuid(), OURS: os.getuid()}, True),
        ({THEIRS: os.getuid() + 1, OURS: os.getuid()}, False),
        ({OURS: os.getuid()}, False),
        ({}, True),
    ],
    ids=["own", "other", "already closed", "not told"],
)
def test_a_peer_is_known_by_the_user_of_its_socket(users: dict[Address, int], own: bool) -> None:
    assert is_own(THEIRS, OURS, lambda end, _: users.get(end)) is own


@pytest.mark.skipif(sys.platform != "linux", reason="no other system tells")
@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6], ids=["IPv4", "Java's IPv6"])
def test_the_system_tells_who_has_each_end(family: socket.AddressFamily, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket(family) as client:
        address = listener.getsockname()
        client.connect(address if family == socket.AF_INET else ("::ffff:127.0.0.1", address[1]))
        accepted, peer = listener.accept()
        with accepted:
            assert user_of(peer, accepted.getsockname()) == user_of(accepted.getsockname(), peer) == os.getuid()
            assert is_own(peer, accepted.getsockname())
            monkeypatch.setattr(os, "getuid", lambda: 4_000_000_000)
            assert not is_own(peer, accepted.getsockname())
            assert user_of(THEIRS, OURS) is None


def test_a_connection_is_admitted_without_reading_the_table_of_all_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(*_: object, **__: object) -> str:
        raise AssertionError("milliseconds for each connection, where the system has room for many")

    monkeypatch.setattr("pathlib.Path.read_text", read)
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()):
        accepted, peer = listener.accept()
        with accepted:
            assert is_own(peer, accepted.getsockname())
