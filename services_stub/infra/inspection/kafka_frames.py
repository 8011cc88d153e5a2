"""A captured request or response of Kafka's protocol as a tree of fields, for `marketplace kafka decode`.

It walks the broker's message definitions itself, because the broker's codec does not say where it fails. Whatever the
codec refuses is marked here, and some bytes more: those behind the end, and batches whose CRC-32C is not theirs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from services_stub.infra.config.errors import CannotShow
from services_stub.infra.inspection.kafka_fields import Line, Walk, Wrong
from services_stub.infra.kafka.broker.definitions import Definition, Field, definitions
from services_stub.infra.kafka.broker.server import API_VERSIONS, Limits

LARGEST = Limits().request_bytes + 4
"""Bytes of a frame, with its size: the broker takes no more."""

_ALWAYS = (0, 32767)
_SIZE = Field("size", "int32", _ALWAYS)
_KEY = Field("api_key", "int16", _ALWAYS)
_VERSION = Field("api_version", "int16", _ALWAYS)
_CORRELATION = Field("correlation_id", "int32", _ALWAYS)
_CLIENT = Field("client_id", "string", _ALWAYS, nullable=_ALWAYS)


class Response(NamedTuple):
    """The request that a response answers: it cannot be seen in its bytes."""

    api_key: int
    version: int


def api_key_of(api: str) -> int:
    """The key of an API that is given by its name or its key; CannotShow where the broker has none such."""
    for (kind, key), found in definitions().items():
        if kind == "request" and api.lower() in (found.name.lower(), str(key)):
            return key
    names = sorted(found.name for (kind, _), found in definitions().items() if kind == "request")
    raise CannotShow(f"The broker has no API {api}. It has: {', '.join(names)}.")


def from_hex(text: bytes) -> bytes:
    """The bytes that hexadecimal digits stand for, with or without spaces between them; CannotShow for other text."""
    try:
        return bytes.fromhex(text.decode("ascii"))
    except ValueError as error:
        raise CannotShow(f"The input is not hexadecimal: {error}.") from None


def lines_of(data: bytes, response: Response | None = None) -> Iterator[Line]:
    """The tree of a request, or of the response to one.

    The four bytes of the size may have been left out. They are there where they are right; otherwise the frame is read
    in both ways, and shown in the one that goes further.
    """
    if not data:
        raise CannotShow("The input is empty: there is nothing to decode.")
    if len(data) > LARGEST:
        raise CannotShow(f"The input is longer than a frame can be: {LARGEST:,} bytes.")
    right = len(data) >= 4 and int.from_bytes(data[:4]) == len(data) - 4
    sized = right or _reach(data, response, True) > _reach(data, response, False)
    return _Frame(data).lines(response, sized)


def _reach(data: bytes, response: Response | None, sized: bool) -> int:
    frame = _Frame(data)
    for _ in frame.lines(response, sized):
        pass
    return frame.failed_at


class _Frame(Walk):
    """Size, header (RequestHeader.json, ResponseHeader.json), message. `failed_at` is beyond the end if all is read."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.failed_at = len(data) + 1

    def lines(self, response: Response | None, sized: bool) -> Iterator[Line]:
        """All of it, or as far as it can be read and what is wrong then."""
        try:
            if sized:
                yield from self.field(_SIZE, 0)
                if self.value != (left := len(self.data) - self.at):
                    yield self.line(0, 0, f"size: expected {left}, the bytes that follow", wrong=True)
            yield from self._response(response) if response else self._request()
            if self.at < len(self.data):
                raise Wrong(self.at, f"expected the end, found {len(self.data) - self.at} bytes")
        except Wrong as wrong:
            self.failed_at = wrong.offset
            self.at = len(self.data)
            yield self.line(wrong.offset, 0, f"{wrong}; nothing is read from here on", wrong=True)

    def _request(self) -> Iterator[Line]:
        yield from self.field(_KEY, 0)
        definition = definitions().get(("request", self.value))
        if definition is None:
            raise Wrong(self.at - 2, "api_key: expected one that the broker has")
        yield from self.field(_VERSION, 0)
        self._choose(definition, self.value, self.at - 2)
        flexible, self.flexible = self.flexible, False  # the header's text has a length of 16 bits in every version
        yield from self.field(_CORRELATION, 0)
        yield from self.field(_CLIENT, 0)
        self.flexible = flexible
        if flexible:
            yield from self.tags([], 0)
        yield self.line(self.at, 0, f"{definition.name} request, version {self.version}")
        yield from self.fields(definition.fields, 1)

    def _response(self, response: Response) -> Iterator[Line]:
        definition = definitions()["response", response.api_key]
        try:
            self._choose(definition, response.version, self.at)
        except Wrong as wrong:  # it is the command's, not one of the bytes
            raise CannotShow(f"{wrong}.") from None
        self.cut_allowed = True
        yield from self.field(_CORRELATION, 0)
        if self.flexible and response.api_key != API_VERSIONS:
            yield from self.tags([], 0)
        yield self.line(self.at, 0, f"{definition.name} response, version {self.version}")
        yield from self.fields(definition.fields, 1)

    def _choose(self, definition: Definition, version: int, offset: int) -> None:
        first, last = definition.versions
        if not first <= version <= last:
            raise Wrong(offset, f"version: expected {first} to {last} of {definition.name}, found {version}")
        self.version = version
        self.flexible = version >= definition.flexible
