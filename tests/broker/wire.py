"""A client that asks one request after the other over a blocking socket, in messages of the broker's codec."""

from __future__ import annotations

import socket
import struct

from services_stub.infra.kafka.broker.codec import decoder, is_flexible
from services_stub.infra.kafka.broker.context import Message
from services_stub.infra.kafka.broker.server import API_VERSIONS
from tests.unit.infra.broker.raw import request

_SECONDS = 30.0


class Wire:
    """One connection. OSError where it is closed, or an answer does not come for half a minute."""

    def __init__(self, address: str) -> None:
        host, port = address.split(":")
        self._socket = socket.create_connection((host, int(port)), timeout=_SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self._socket.makefile("rb")

    def ask(self, api_key: int, version: int, message: Message) -> Message:
        """The answer to a request."""
        self._socket.sendall(request(api_key, version, message))
        (size,) = struct.unpack(">i", self._read(4))
        data = self._read(size)
        return read_answer(data, api_key, version)

    def close(self) -> None:
        """Close the connection."""
        self._file.close()
        self._socket.close()

    def _read(self, size: int) -> bytes:
        data = self._file.read(size)
        if len(data) != size:
            raise ConnectionResetError("the broker has closed the connection")
        return data


def read_answer(data: bytes, api_key: int, version: int) -> Message:
    """The message of an answer, which begins with its correlation id.

    Raises:
        AssertionError: there are bytes behind it.
    """
    tagged = is_flexible("response", api_key, version) and api_key != API_VERSIONS
    message, end = decoder("response", api_key, version)(data, 4 + tagged, len(data))
    assert end == len(data), f"{len(data) - end} bytes behind an answer of kind {api_key}, version {version}"
    return message
