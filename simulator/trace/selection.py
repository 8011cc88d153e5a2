"""Which records of a stream are shown: by topic, type, key, header, field of the value, and text. Pure.

Headers are looked at first; a value is decoded only where a field of it is asked for.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Sequence
from typing import Any

import msgspec

from services_stub.contracts.topics import TRACE_HOPS
from simulator.trace.records import TracedRecord


class Selection:
    """All conditions must hold; of several of one kind, for topics and types, one must.

    `topics` and `types` are patterns as in a shell; hop reports are shown only if `topics` are given, and a type counts
    without its prefix and version, too. `headers`
    and `fields` are pairs of a name and a text; a field is named by its path (`items.0.productId`). `pattern` is looked
    for in the key, the headers and the value.
    """

    def __init__(
        self,
        *,
        topics: Sequence[str] = (),
        types: Sequence[str] = (),
        key: str = "",
        headers: Sequence[tuple[str, str]] = (),
        fields: Sequence[tuple[str, str]] = (),
        pattern: str = "",
    ) -> None:
        """Raises ValueError where `pattern` is no regular expression."""
        self._topics, self._types, self._key = tuple(topics), tuple(types), key.encode()
        self._headers = [(name.lower(), value.encode()) for name, value in headers]
        self._fields = [(path.split("."), value) for path, value in fields]
        try:
            self._pattern = re.compile(pattern.encode()) if pattern else None
        except re.error as error:
            raise ValueError(f"{pattern!r} is no regular expression: {error}") from error

    def __call__(self, record: TracedRecord) -> bool:
        """Whether a record is shown."""
        return (
            self._has_topic(record.topic)
            and (not self._key or record.key == self._key)
            and (not self._types or self._has_type(record))
            and all(_has_header(record, name, value) for name, value in self._headers)
            and (not self._fields or self._has_fields(record))
            and (self._pattern is None or self._matches(self._pattern, record))
        )

    def _has_topic(self, topic: str) -> bool:
        if not self._topics:
            return topic != TRACE_HOPS
        return any(fnmatch.fnmatchcase(topic, wanted) for wanted in self._topics)

    def _has_type(self, record: TracedRecord) -> bool:
        name = (record.header("ce_type") or b"").decode(errors="replace")
        bare = re.sub(r"\.v\d+$", "", name).rpartition(".")[2]
        return any(fnmatch.fnmatchcase(each, wanted) for each in (name, bare) for wanted in self._types)

    def _has_fields(self, record: TracedRecord) -> bool:
        try:
            value = msgspec.json.decode(record.value or b"")
        except (ValueError, RecursionError):
            return False
        return all(_equals(_field(value, path), wanted) for path, wanted in self._fields)

    def _matches(self, pattern: re.Pattern[bytes], record: TracedRecord) -> bool:
        parts = [record.key, record.value, *(value for _, value in record.headers)]
        return any(pattern.search(part) is not None for part in parts if part)


def pair_of(text: str) -> tuple[str, str]:
    """`name=value` as a pair.

    Raises:
        ValueError: there is no `=`, or no name before it.
    """
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise ValueError(f"{text!r} is no `name=value`")
    return name, value


def _has_header(record: TracedRecord, name: str, value: bytes) -> bool:
    return any(other.lower() == name and found == value for other, found in record.headers)


def _field(value: Any, path: Sequence[str]) -> Any:
    for step in path:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and step.isascii() and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


def _equals(value: Any, wanted: str) -> bool:
    """Whether a field is what a person wrote: numbers by their value, all else as it stands in JSON."""
    if isinstance(value, str):
        return value == wanted
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return value == float(wanted)
        except ValueError:
            return False
    return value is not None and msgspec.json.encode(value).decode() == wanted
