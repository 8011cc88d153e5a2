"""What supervisor and launcher say to each other: orders one way, reports the other, JSON lines over a socket pair.

Orders are carried out in the order they were sent. An order with `channel` is sent together with a socket that the
new process inherits.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec

INFRASTRUCTURE = 0
SERVICES = 1


class Fork(msgspec.Struct, frozen=True, kw_only=True, tag="fork"):
    """Fork a process that calls `entry`, "module:function", with `argument` and, if asked for, its channel."""

    name: str
    entry: str
    argument: dict[str, Any]
    log: str
    stage: int = SERVICES
    channel: bool = False


class Execute(msgspec.Struct, frozen=True, kw_only=True, tag="execute"):
    """Start a program of its own."""

    name: str
    arguments: list[str]
    log: str
    environment: dict[str, str] = {}
    directory: str = "/"
    stage: int = INFRASTRUCTURE


class Load(msgspec.Struct, frozen=True, kw_only=True, tag="load"):
    """Import the modules, and call their `prepare` if they have one, so that processes forked from now on share it."""

    modules: list[str]


class Signal(msgspec.Struct, frozen=True, kw_only=True, tag="signal"):
    """Send a signal to a child; nothing happens if it is gone."""

    name: str
    number: int


Order: TypeAlias = Fork | Execute | Load | Signal


class Started(msgspec.Struct, frozen=True, kw_only=True, tag="started"):
    """A child runs."""

    name: str
    pid: int


class Ended(msgspec.Struct, frozen=True, kw_only=True, tag="ended"):
    """A child is gone: `status` is its exit code, or minus the number of the signal that ended it."""

    name: str
    pid: int
    status: int


class Loaded(msgspec.Struct, frozen=True, kw_only=True, tag="loaded"):
    """The modules are imported, or could not be: then `error` is the traceback."""

    error: str = ""


Report: TypeAlias = Started | Ended | Loaded

encode = msgspec.json.Encoder().encode
decode_order = msgspec.json.Decoder(Order).decode
decode_report = msgspec.json.Decoder(Report).decode


class LineBuffer:
    """Cuts a stream of bytes into its lines."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that `data` completes."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        return lines
