"""Whose a connection on this machine is: Linux lists in /proc/net which user has each end of it."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

_TABLES = ("/proc/net/tcp", "/proc/net/tcp6")
_LOCAL, _REMOTE, _USER = 1, 2, 7


def is_own(peer: tuple[str, int], own: tuple[str, int], tables: tuple[str, ...] = _TABLES) -> bool:
    """Whether the other end belongs to the user of this process.

    An IPv4 address in an IPv6 socket, as Java has them, ends with the same digits. Where no table has our end either,
    the system does not tell, and everyone who can reach the port may connect.
    """
    ours, theirs = _in_table(own), _in_table(peer)
    told = False
    for local, remote, user in _rows(tables, f":{peer[1]:04X}"):
        if local.endswith(theirs) and remote.endswith(ours):
            return user == os.getuid()
        told = told or (local.endswith(ours) and remote.endswith(theirs))
    return not told


def _rows(tables: tuple[str, ...], port: str) -> Iterator[tuple[str, str, int]]:
    for table in tables:
        try:
            lines = Path(table).read_text(encoding="ascii").splitlines()
        except OSError:
            continue
        for line in lines:
            if port in line:
                columns = line.split()
                yield columns[_LOCAL], columns[_REMOTE], int(columns[_USER])


def _in_table(address: tuple[str, int]) -> str:
    return f"{int.from_bytes(socket.inet_aton(address[0]), sys.byteorder):08X}:{address[1]:04X}"
