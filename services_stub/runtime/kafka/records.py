"""A record as it lies in the log."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from confluent_kafka import Message

Headers = list[tuple[str, bytes | None]]


class Record(msgspec.Struct, frozen=True):
    """One record; `timestamp` is the broker's or producer's, in milliseconds of Unix time."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers
    timestamp: int


def record_of(message: Message) -> Record:
    """The record that a message of the client library carries."""
    headers = message.headers()
    return Record(
        message.topic() or "",
        message.partition() or 0,
        message.offset() or 0,
        as_bytes(message.key()),
        as_bytes(message.value()),
        [(name, as_bytes(value)) for name, value in _pairs(headers)],
        message.timestamp()[1],
    )


def as_bytes(value: object) -> bytes | None:
    """Bytes of what the library may hand out as text."""
    if value is None or isinstance(value, bytes):
        return value
    return str(value).encode()


def _pairs(headers: object) -> Sequence[tuple[str, object]]:
    return headers if isinstance(headers, list) else []
