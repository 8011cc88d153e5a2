"""The protocol of supervisor and launcher: commands one way, reports the other, JSON lines over a socket pair.

Commands are carried out in the order in which they were sent. A command with `channel` is sent together with a socket
that the new process inherits.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

Tier: TypeAlias = Literal["services", "infrastructure"]
TIERS: tuple[Tier, ...] = ("services", "infrastructure")
"""In the order in which they end: services still hand over their records to the infrastructure."""


class Frame(msgspec.Struct, frozen=True, kw_only=True, tag=True, forbid_unknown_fields=True):
    """A line of the protocol. Both ends are of one version, so an unknown kind or field is a bug."""


class Fork(Frame, frozen=True, kw_only=True):
    """Fork a process that calls `entry`, "module:function", with `argument` and, if asked for, its channel.

    `argument` is a JSON message of which the launcher knows nothing: the entry decodes it.
    """

    name: str
    entry: str
    argument: msgspec.Raw
    log: str
    tier: Tier = "services"
    channel: bool = False


class Execute(Frame, frozen=True, kw_only=True):
    """Start a program of its own."""

    name: str
    arguments: list[str]
    log: str
    environment: dict[str, str] = {}
    directory: str = "/"
    tier: Tier = "infrastructure"


class Load(Frame, frozen=True, kw_only=True):
    """Import the modules, and call their `prepare` if they have one, so that processes forked from now on share it."""

    modules: list[str]


class Signal(Frame, frozen=True, kw_only=True):
    """Send a signal to a child; nothing happens if it is gone."""

    name: str
    number: int


Start: TypeAlias = Fork | Execute
Command: TypeAlias = Start | Load | Signal


class Started(Frame, frozen=True, kw_only=True):
    """A child runs."""

    name: str
    pid: int


class Ended(Frame, frozen=True, kw_only=True):
    """A child is gone: `status` is its exit code, or minus the number of the signal that ended it."""

    name: str
    pid: int
    status: int


class Loaded(Frame, frozen=True, kw_only=True):
    """The modules are imported, or could not be: then `error` is the traceback."""

    error: str = ""


Report: TypeAlias = Started | Ended | Loaded

encode = msgspec.json.Encoder().encode
decode_command = msgspec.json.Decoder[Command](Command).decode
decode_report = msgspec.json.Decoder[Report](Report).decode


class LineBuffer:
    """Cuts a stream of bytes into its lines."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that `data` completes."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        return lines
