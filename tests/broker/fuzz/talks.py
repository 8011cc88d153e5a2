"""Connections of the fuzz: on some, requests follow each other and are answered; others end with one that is none.

Blocking sockets and one `select` for all: the broker, not this process, shall be what takes the time.
"""

from __future__ import annotations

import contextlib
import re
import selectors
import socket
import struct
import sys
import time
from collections.abc import Callable

from tests.broker.fuzz.mutating import numbered
from tests.broker.fuzz.valid import MEMBER, marker
from tests.broker.wire import read_answer

AT_A_TIME = 32
"""Requests that follow each other on a connection before it is asked for more."""
OPEN, ENDING = 16, 100
"""Connections at a time of either kind."""

_PRODUCE, _JOIN, _SYNC = 0, 11, 14
_WAITS_SECONDS = 0.05
_SECONDS = 30.0
"""So long a request may take that does not wait for other members of a group."""
_ANSWER = struct.Struct(">ii")
_KIND = struct.Struct(">hh")
_MEMBER = MEMBER.encode()
_GIVEN = re.compile(MEMBER.replace("0", "[0-9a-f]").encode())
_PIECE = 1 << 18
_ADDRESSES = 250
_BIND_ADDRESS_NO_PORT = 24
"""A pair of addresses has some 28,000 ports, and a connection that the broker has closed keeps one for a minute (RFC
9293, TIME-WAIT). So it is asked from many addresses of this machine; the port is chosen for each of them alone."""


class Wrong(AssertionError):
    """The broker did what it should not."""


class Talks:
    """Sends what `mutated` gives, and counts what was carried out. `is_readable` says on which kind of connection.

    Raises:
        Wrong: a request was not answered, or its connection closed; or one was answered that cannot be read.
    """

    def __init__(self, address: str, mutated: Callable[[], bytearray], is_readable: Callable[[bytes], bool]) -> None:
        host, port = address.split(":")
        self._address = (host, int(port))
        self._mutated = mutated
        self._is_readable = is_readable
        self._selector = selectors.DefaultSelector()
        self._left: list[bytearray] = []
        self._unreadable: list[bytes] = []
        self._open: set[_Talk] = set()
        self._ending: set[_Ending] = set()
        self._ends = False
        self.members = [_MEMBER]
        self.answered = self.ended = self.waited = self._connections = 0

    def carry_on(self) -> None:
        """Begin connections, and take the answers that have come."""
        while len(self._open) < OPEN and not self.is_full:
            self._open.add(_Talk(self))
        while len(self._ending) < ENDING and self._unreadable:
            self._ending.add(_Ending(self, self._unreadable.pop()))
        self._take()

    @property
    def is_full(self) -> bool:
        """Whether there need not be more: the run ends, or so many requests wait for a connection of their own."""
        return self._ends or len(self._unreadable) > AT_A_TIME * OPEN

    def finish(self) -> None:
        """Await what is under way."""
        self._ends = True
        while self._open or self._ending:
            self._take()

    def connect(self, data: bytes, owner: _Talk | _Ending) -> socket.socket:
        """A connection on which some bytes are sent."""
        connected = socket.socket()
        connected.settimeout(_SECONDS)
        if sys.platform == "linux":
            self._connections += 1
            connected.setsockopt(socket.IPPROTO_IP, _BIND_ADDRESS_NO_PORT, 1)
            connected.bind((f"127.0.1.{1 + self._connections % _ADDRESSES}", 0))
        connected.connect(self._address)
        self._selector.register(connected, selectors.EVENT_READ, owner)
        connected.sendall(data)
        return connected

    def again(self, requests: list[bytearray]) -> None:
        """Send requests that were not carried out with the next ones."""
        self._left += requests

    def close(self, talk: _Talk | _Ending) -> None:
        """Close a connection."""
        self._selector.unregister(talk.socket)
        talk.socket.close()
        if isinstance(talk, _Talk):
            self._open.remove(talk)
        else:
            self._ending.remove(talk)

    def readable(self) -> list[bytearray]:
        """The next requests that can be read; those that cannot get connections of their own."""
        found, self._left = self._left[:AT_A_TIME], self._left[AT_A_TIME:]
        while len(found) < AT_A_TIME:
            data = self._mutated().replace(_MEMBER, self.members[len(found) % len(self.members)])
            if self._is_readable(bytes(data)):
                found.append(data)
            else:
                self._unreadable.append(bytes(data))
        return found

    def _take(self) -> None:
        for key, _ in self._selector.select(_WAITS_SECONDS):
            key.data.receive()
        now = time.monotonic()
        for talk in list(self._open):
            talk.look(now)
        for ending in list(self._ending):
            ending.look(now)


class _Talk:
    """A connection on which all is answered. After the last request comes another that never waits."""

    def __init__(self, talks: Talks) -> None:
        self._talks = talks
        self._requests = talks.readable()
        self._next = 0
        self._rest = b""
        self._heard = time.monotonic()
        self.socket = talks.connect(self._data(), self)

    def receive(self) -> None:
        """Take answers; after the last of them send other requests."""
        try:
            data = self.socket.recv(_PIECE)
        except OSError:
            data = b""
        if not data:
            raise Wrong(f"the connection was closed after one of these requests: {self._shown()}")
        self._heard = time.monotonic()
        self._talks.members[:] = [*self._talks.members, *_GIVEN.findall(data)][-8:]
        data = self._rest + data
        at = 0
        while len(data) - at >= 8:
            size, number = _ANSWER.unpack_from(data, at)
            if len(data) - at - 4 < size:
                break
            self._take(number, data, at + 4, at + 4 + size)
            at += 4 + size
        self._rest = data[at:]
        if self._next > len(self._requests):
            self._talks.answered += len(self._requests)
            if self._talks.is_full:
                self._talks.close(self)
                return
            self._requests, self._next = self._talks.readable(), 0
            with contextlib.suppress(OSError):  # the next look finds it closed
                self.socket.sendall(self._data())

    def look(self, now: float) -> None:
        """Give up a request that waits for the other members of a group: the connection is closed by this side."""
        silent = now - self._heard
        if silent < _WAITS_SECONDS:
            return
        rest = range(self._next, len(self._requests))
        waits = next((number for number in rest if self._kind(number)[0] != _PRODUCE), None)
        if waits is not None and self._kind(waits)[0] in (_JOIN, _SYNC):
            self._talks.answered += self._next
            self._talks.waited += 1
            self._talks.again(self._requests[waits + 1 :])
            self._talks.close(self)
        elif silent > _SECONDS:
            raise Wrong(f"one of these requests is not answered: {self._shown()}")

    def _take(self, number: int, data: bytes, start: int, end: int) -> None:
        while self._next < number and self._kind(self._next)[0] == _PRODUCE:  # one that asks for no answer
            self._next += 1
        if number != self._next:
            raise Wrong(f"the answer {number} is none to any of these requests: {self._shown()}")
        if number == 0:
            api_key, version = self._kind(0)
            with contextlib.suppress(KeyError):  # ApiVersions of a version that there is not
                read_answer(data[start:end], api_key, version)
        self._next += 1

    def _kind(self, number: int) -> tuple[int, int]:
        return _KIND.unpack_from(self._requests[number], 4)

    def _data(self) -> bytes:
        requests = [numbered(data, number) for number, data in enumerate(self._requests)]
        return b"".join([*requests, marker(len(requests))])

    def _shown(self) -> str:
        return " ".join(bytes(data).hex() for data in self._requests[self._next :])


class _Ending:
    """A connection that the broker closes."""

    def __init__(self, talks: Talks, data: bytes) -> None:
        self._talks = talks
        self._request = data
        self._begun = time.monotonic()
        self.socket = talks.connect(data, self)

    def receive(self) -> None:
        """Take the end."""
        try:
            data = self.socket.recv(_PIECE)
        except OSError:
            data = b""
        if data:
            raise Wrong(f"a request was answered that cannot be read: {self._request.hex()}")
        self._talks.ended += 1
        self._talks.close(self)

    def look(self, now: float) -> None:
        """It may take a while."""
        if now - self._begun > _SECONDS:
            raise Wrong(f"the connection was not closed after a request that cannot be read: {self._request.hex()}")
