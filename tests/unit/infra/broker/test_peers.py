"""Whose a connection is, by the tables of Linux."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import pytest

from services_stub.infra.kafka.broker.peers import is_own

HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
OURS, THEIRS = ("127.0.0.1", 9092), ("127.0.0.1", 40000)
OUR_END, THEIR_END = "0100007F:2384", "0100007F:9C40"
MAPPED = "0000000000000000FFFF0000"

pytestmark = pytest.mark.skipif(sys.byteorder != "little", reason="the tables below are of such a machine")


def row(local: str, remote: str, user: int) -> str:
    return f"   0: {local} {remote} 01 00000000:00000000 00:00000000 00000000  {user}        0 302124 1 0\n"


@pytest.mark.parametrize(
    ("rows", "own"),
    [
        (row(THEIR_END, OUR_END, os.getuid()) + row(OUR_END, THEIR_END, os.getuid()), True),
        (row(THEIR_END, OUR_END, os.getuid() + 1) + row(OUR_END, THEIR_END, os.getuid()), False),
        (row(MAPPED + THEIR_END, MAPPED + OUR_END, os.getuid() + 1) + row(OUR_END, THEIR_END, os.getuid()), False),
        (row(MAPPED + THEIR_END, MAPPED + OUR_END, os.getuid()), True),
        (row(OUR_END, THEIR_END, os.getuid()), False),
        (row(THEIR_END, "0100007F:2385", os.getuid()), True),
        ("", True),
    ],
    ids=["own", "other", "other Java", "own Java", "already closed", "not told", "nothing told"],
)
def test_a_peer_is_known_by_its_row(tmp_path: Path, rows: str, own: bool) -> None:
    table = tmp_path / "tcp"
    table.write_text(HEAD + rows)
    assert is_own(THEIRS, OURS, (str(table), str(tmp_path / "tcp6"))) is own


def test_our_own_connections_are_our_own() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()) as client:
        accepted, peer = listener.accept()
        with accepted:
            assert is_own(peer, accepted.getsockname())
            assert is_own(client.getpeername(), client.getsockname())
