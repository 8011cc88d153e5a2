"""Requests that are changed at random, and whether the broker's codec can read what came of it."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from functools import cache

from google_crc32c import value as crc32c

from services_stub.infra.kafka.broker.codec import MALFORMED, Decode, decoder, is_flexible, skip_tags
from services_stub.infra.kafka.broker.definitions import within
from services_stub.infra.kafka.broker.server import API_VERSIONS

Versions = dict[int, tuple[int, int]]

_HEADER = struct.Struct(">ihhih")
_CORRELATION = 8
_BODY = _HEADER.size
_INTERESTING = [
    value.to_bytes(size, "big", signed=True)
    for size in (1, 2, 4, 8)
    for value in (-1, 0, 1, -(2 ** (size * 8 - 1)), 2 ** (size * 8 - 1) - 1)
]
_LARGEST = 4096
"""Bytes of a mutated request: long ones say nothing new, and ten million of them take long."""


class Mutator:
    """Changes requests, and makes one of two. The numbers of one `rng` say how, so that a seed gives them again."""

    def __init__(self, rng: random.Random, valid: list[bytes]) -> None:
        self._rng = rng
        self.valid = valid
        self._ways: tuple[Callable[[bytearray], None], ...] = (
            *[self._nothing] * 6,
            *[self._bytes] * 3,
            *[self._interesting] * 3,
            self._cut,
            self._repeated,
            self._spliced,
            self._header,
            *[self._batch] * 2,
        )

    def mutated(self) -> bytearray:
        """A request of another value, length or kind than it should be; its size is the one that it says."""
        rng = self._rng
        data = bytearray(rng.choice(self.valid))
        for _ in range(rng.choice((1, 1, 1, 1, 2))):
            rng.choice(self._ways)(data)
        del data[_LARGEST:]
        data.extend(bytes(max(_BODY - len(data), 0)))
        struct.pack_into(">i", data, 0, len(data) - 4)
        return data

    def _place(self, data: bytearray) -> int:
        """A place behind the header: where there is nothing, the end."""
        return self._rng.randrange(_BODY, len(data)) if len(data) > _BODY else len(data)

    def _nothing(self, _: bytearray) -> None:
        """Its values are unusual enough."""

    def _bytes(self, data: bytearray) -> None:
        for _ in range(self._rng.choice((1, 1, 1, 3))):
            at = self._place(data)
            data[at : at + 1] = self._rng.randbytes(1)

    def _interesting(self, data: bytearray) -> None:
        value = self._rng.choice(_INTERESTING)
        at = self._place(data)
        data[at : at + len(value)] = value

    def _cut(self, data: bytearray) -> None:
        at = self._place(data)
        del data[at : at + self._rng.choice((1, 2, 4, 8, len(data)))]

    def _repeated(self, data: bytearray) -> None:
        at = self._place(data)
        data[at:at] = data[at : at + self._rng.choice((1, 2, 4, 16, len(data)))] * self._rng.choice((1, 1, 3))

    def _spliced(self, data: bytearray) -> None:
        data[self._place(data) :] = self._rng.choice(self.valid)[_BODY:]

    def _header(self, data: bytearray) -> None:
        """Another version, kind or name of the client."""
        place, field = self._rng.choice(((4, ">h"), (6, ">h"), (12, ">h")))
        struct.pack_into(field, data, place, self._rng.choice((-1, 0, 1, 2, 3, 4, 5, 12, 60, 0x7FFF)))

    def _batch(self, data: bytearray) -> None:
        """Change a batch, if there is one, and mend its CRC, so that more than the CRC is looked at."""
        end = len(data)
        start = data.find(b"\2", _BODY + 16) - 16  # the magic of a batch
        if start < _BODY or start + 61 > end:
            self._bytes(data)
            return
        for _ in range(self._rng.choice((1, 2))):
            data[self._rng.randrange(start + 21, end)] = self._rng.getrandbits(8)
        length = struct.unpack_from(">i", data, start + 8)[0]
        covered = bytes(data[start + 21 : start + 12 + max(length, 9)])
        struct.pack_into(">I", data, start + 17, crc32c(covered))


def readable(versions: Versions) -> Callable[[bytes], bool]:
    """A function that says whether a request is read and answered; the others end a connection."""

    @cache
    def reading(api_key: int, version: int) -> tuple[Decode, bool] | None:
        served = versions.get(api_key)
        if served is None:
            return None
        if not within(version, served):
            if api_key != API_VERSIONS:
                return None
            version = 0
        return decoder("request", api_key, version), is_flexible("request", api_key, version)

    def is_readable(data: bytes) -> bool:
        _, api_key, version, _, length = _HEADER.unpack_from(data)
        found = reading(api_key, version)
        if found is None:
            return False
        decode, flexible = found
        at = _HEADER.size
        try:
            if length > 0:
                data[at : at + length].decode()
                at += length
            if flexible:
                at = skip_tags(data, at) if data[at] else at + 1
            decode(data, at, len(data))
        except MALFORMED:
            return False
        return True

    return is_readable


def numbered(data: bytearray, correlation_id: int) -> bytes:
    """The request with a number, by which its answer is told."""
    struct.pack_into(">i", data, _CORRELATION, correlation_id)
    return bytes(data)
