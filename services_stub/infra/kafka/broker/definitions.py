"""Kafka's message definitions, which `definitions.json` has in short: the fields of every request and response.

They are those of Apache Kafka 4.3.1 (`clients/src/main/resources/common/message`, Apache License 2.0).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeAlias

import msgspec

Kind: TypeAlias = Literal["request", "response", "key", "value"]
Versions: TypeAlias = tuple[int, int]
"""The first and the last version."""

_NO_VERSION: Versions = (1, 0)
_EMPTY: dict[str, object] = {"string": "", "bytes": b"", "bool": False, "uuid": bytes(16), "records": None}


class Field(msgspec.Struct, frozen=True):
    """A field: its versions, those in which it may be null, and those in which it is tagged (KIP-482)."""

    name: str
    type: str
    versions: Versions
    nullable: Versions = _NO_VERSION
    tag: int = -1
    tagged: Versions = _NO_VERSION
    default: Any = msgspec.UNSET
    fields: tuple[Field, ...] = ()

    def value_when_absent(self) -> object:
        """The value of the field where a message leaves it out."""
        if self.default is not msgspec.UNSET:
            return self.default
        if self.type.startswith("[]"):
            return []
        return _EMPTY.get(self.type, 0)


class Definition(msgspec.Struct, frozen=True):
    """A request or a response. From version `flexible` on, lengths are varints and fields can be tagged."""

    key: int
    kind: Kind
    name: str
    versions: Versions
    flexible: int
    fields: tuple[Field, ...]


def within(version: int, versions: Versions) -> bool:
    """Whether a version is one of these."""
    return versions[0] <= version <= versions[1]


@cache
def definitions() -> dict[tuple[Kind, int], Definition]:
    """All of them, by kind and API key."""
    data = Path(__file__).with_name("definitions.json").read_bytes()
    return {(found.kind, found.key): found for found in msgspec.json.decode(data, type=list[Definition])}
