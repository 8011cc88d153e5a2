"""A record as it lies in the log."""

from __future__ import annotations

from collections.abc import Sequence
from operator import methodcaller

import msgspec
from confluent_kafka import Message

Headers = list[tuple[str, bytes | None]]

Place = tuple[str, int]
"""A partition: its topic and its number."""

_LONGEST_NAME = 200

# For a name that is not UTF-8 the library returns a list with null pointers and sets an error as well. A call from
# bytecode, once the interpreter has specialised it, hands that list out and the process crashes; this call checks.
_headers_of = methodcaller("headers")


class Record(msgspec.Struct, frozen=True):
    """One record; `timestamp` is the broker's or producer's, in milliseconds of Unix time.

    `fault` says why the headers cannot be read, which are then missing; empty where they can.
    """

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers
    timestamp: int
    fault: str = ""


def record_of(message: Message) -> Record:
    """The record that a message of the client library carries; it may be one whose headers cannot be read."""
    headers: object = None
    fault = ""
    try:
        headers = _headers_of(message)
    except (UnicodeDecodeError, SystemError) as error:
        # Not asked a second time: the library would then hand out names that are null pointers.
        fault = f"the name of a header is not UTF-8{_name_in(error)}; no header can be read or copied"
    return Record(
        message.topic() or "",
        message.partition() or 0,
        message.offset() or 0,
        as_bytes(message.key()),
        as_bytes(message.value()),
        [(name, as_bytes(value)) for name, value in _pairs(headers)],
        message.timestamp()[1],
        fault,
    )


def as_bytes(value: object) -> bytes | None:
    """The bytes of a key or value that the library may hand out as text."""
    if value is None or isinstance(value, bytes):
        return value
    return str(value).encode()


def _name_in(error: BaseException) -> str:
    """The name that could not be decoded; the interpreter may have wrapped the error of the library."""
    cause = error if isinstance(error, UnicodeDecodeError) else error.__cause__
    return f": {cause.object[:_LONGEST_NAME]!r}" if isinstance(cause, UnicodeDecodeError) else ""


def _pairs(headers: object) -> Sequence[tuple[str, object]]:
    return headers if isinstance(headers, list) else []
