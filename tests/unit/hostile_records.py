"""Records that no service of ours writes: the golden samples with one thing replaced by what a client may send."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import msgspec

from services_stub.contracts.base import Event
from services_stub.runtime.identifiers import new_id
from services_stub.runtime.kafka.records import Headers, Record
from tests.contracts.samples import golden

VALUES = (
    *("null", "true", "[]", "{}", "[[]]", '["a"]', "0", "-1", "-0", "1e400", "-1e400", "1E5", "0.001"),
    *("999999999.99", "99999999999.99", "1000001", "123456789012345678901234567890.12", "9007199254740993"),
    *("9223372036854775807", "9223372036854775808", "-9223372036854775808", "99999999999999999999"),
    *('""', '"NaN"', '"1e400"', '"\\u0000"', '"a\\u0000b"', '"\\ud800"', '"\\u202e"'),
    *('"0001-01-01T00:00:00+23:59"', '"9999-12-31T23:59:59-23:59"'),
)
LARGE = ("9" * 400, "1" + "0" * 5000, "[" * 1100 + "]" * 1100, f'"{"x" * 100_000}"', f'"{chr(0x1F6D2) * 3000}"')

Header = tuple[str, bytes | None]
NONE: Header = ("", b"")
HEADERS: tuple[Header, ...] = (
    ("ce_time", b"0001-01-01T00:00:00+23:59"),
    ("ce_time", b"9999-12-31T23:59:59.999999-23:59"),
    ("ce_time", b"2026-01-01T00:00:00"),
    ("ce_time", b"2026-01-01T00:00:00+00:00:00.000001"),
    ("ce_time", None),
    ("ce_id", b"x" * 200),
    ("ce_id", b"x" * 201),
    ("ce_id", b"\0"),
    ("ce_id", b"a\n\nevent: forged\ndata: {}\r\r"),
    ("ce_id", None),
    ("ce_source", b"\0" * 100_000),
    ("ce_correlationid", b"\xff"),
    ("ce_correlationid", "\U0001f6d2".encode() * 5000),
    ("ce_causationid", b"\0" * 300),
    ("ce_type", b"x"),
    ("ce_specversion", b"9"),
    ("traceparent", b"00-" + b"f" * 32 + b"-" + b"f" * 16 + b"-01"),
)
TIMES = (-1, -(2**63), 2**63 - 1)
"""In milliseconds, as a producer may give them."""

_MARK = '"the place of the value"'


def hostile_records(event: type[Event]) -> list[Record]:
    """The records, each at an offset of its own and under an id of its own."""
    sample = golden(event)
    plain: Headers = [(name, value) for name, value in sample.wire_headers() if name != "ce_id"]
    made: list[tuple[bytes, Header, int]] = [(value.encode(), NONE, 0) for value in _values(sample.value)]
    made += [(sample.wire_value(), header, 0) for header in HEADERS]
    made += [(sample.wire_value(), ("ce_time", b"x"), time) for time in TIMES]
    made += [(value, NONE, 0) for value in (b"", b"\xff", b'{"unknown":"\xff"}')]
    found = [
        Record(event.topic, 0, offset, b"k", value, _with([*plain, ("ce_id", new_id().encode())], header), time)
        for offset, (value, header, time) in enumerate(made)
    ]
    without = [msgspec.structs.replace(found[-1], value=None), msgspec.structs.replace(found[-1], key=None, headers=[])]
    return [*found, *(msgspec.structs.replace(r, offset=len(found) + n) for n, r in enumerate(without))]


def _with(headers: Headers, header: Header) -> Headers:
    return [header if name == header[0] else (name, value) for name, value in headers]


def _values(sample: Any) -> Iterator[str]:
    for path in _paths(sample, ()):
        text = json.dumps(_replaced(sample, path))
        for value in (*VALUES, *LARGE):
            yield text.replace(_MARK, value)


def _paths(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    yield path
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield from _paths(value[key], (*path, key))


def _replaced(sample: Any, path: tuple[Any, ...]) -> Any:
    mark = json.loads(_MARK)
    if not path:
        return mark
    copy = deepcopy(sample)
    parent = copy
    for key in path[:-1]:
        parent = parent[key]
    parent[path[-1]] = mark
    return copy
