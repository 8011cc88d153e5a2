"""Reads and writes messages of Kafka's protocol, by functions that are made from the message definitions.

For every kind, API key and version that a client uses, the definition becomes straight-line Python once: fields of
fixed size that follow each other are one call of `struct`, and no definition is looked at again. Messages are dicts,
see `context.Message`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import cache
from typing import Any, TypeAlias, cast

from services_stub.infra.kafka.broker.decoding import decoder_source
from services_stub.infra.kafka.broker.definitions import Definition, Kind, definitions, within
from services_stub.infra.kafka.broker.encoding import encoder_source

Decode: TypeAlias = Callable[[bytes, int, int], tuple[dict[str, Any], int]]
"""The bytes, where the message begins, and where it ends at the latest; gives the message and where it ended."""

Encode: TypeAlias = Callable[[dict[str, Any], Callable[[Any], None]], None]
"""The message, and what takes its bytes, part by part. Records are passed on without a copy."""

_Source: TypeAlias = Callable[[Definition, int], tuple[str, dict[str, Any]]]
_ONE_BYTE = [bytes((number,)) for number in range(128)]


class Malformed(ValueError):
    """Bytes that are not the message that they should be."""


MALFORMED = (Malformed, struct.error, IndexError, UnicodeDecodeError, OverflowError)
"""The errors that the decoders raise."""


@cache
def decoder(kind: Kind, api_key: int, version: int) -> Decode:
    """The function that reads messages; KeyError where there is no such message or version."""
    return cast(Decode, _made(decoder_source, "decode", kind, api_key, version))


@cache
def encoder(kind: Kind, api_key: int, version: int) -> Encode:
    """The function that writes messages; KeyError where there is no such message or version."""
    return cast(Encode, _made(encoder_source, "encode", kind, api_key, version))


def encoded(kind: Kind, api_key: int, version: int, message: dict[str, Any]) -> bytes:
    """A message's bytes, in one piece."""
    parts: list[bytes] = []
    encoder(kind, api_key, version)(message, parts.append)
    return b"".join(parts)


def is_flexible(kind: Kind, api_key: int, version: int) -> bool:
    """Whether the message has tagged fields, and so has the header before it (but for ApiVersions' response)."""
    return version >= definitions()[kind, api_key].flexible


def read_uvarint(data: bytes, at: int) -> tuple[int, int]:
    """An unsigned varint of at most 32 bits, and where it ended."""
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
        if shift > 28:
            raise Malformed("a varint is too long")


def uvarint(value: int) -> bytes:
    """An unsigned varint."""
    if value < 0x80:
        return _ONE_BYTE[value]
    return bytes((value & 0x7F | 0x80,)) + uvarint(value >> 7)


def skip_tags(data: bytes, at: int) -> int:
    """Where the tagged fields that begin here end."""
    count, at = read_uvarint(data, at)
    for _ in range(count):
        _, at = read_uvarint(data, at)
        size, at = read_uvarint(data, at)
        at += size
    return at


def _wrong(field: str) -> None:
    raise Malformed(f"{field} is null, or longer than it may be")


def _made(source: _Source, what: str, kind: Kind, api_key: int, version: int) -> Any:
    found = definitions()[kind, api_key]
    if not within(version, found.versions):
        raise KeyError(version)
    text, constants = source(found, version)
    names = globals() | constants
    exec(compile(text, f"<{what} {found.name} {kind} {version}>", "exec"), names)
    return names[what]
