"""A stream of records as lines, for people and for programs, and the count of those that are shown. Pure."""

from __future__ import annotations

from typing import Any

import msgspec

from services_stub.contracts.times import from_microseconds, rfc3339
from simulator.trace.contents import content_of, words_of
from simulator.trace.drawings.plain import padded, plain
from simulator.trace.events import bounded_time, dead_letter_of, event_of
from simulator.trace.records import TracedRecord, place_text

_PLACE, _KEY, _PUBLISHER = 28, 12, 13


class Shown(msgspec.Struct):
    """The records of a stream: `received = shown + filtered + evicted`.

    `evicted` gave way, where a screen cannot keep all of them; lines on paper never do.
    """

    received: int = 0
    shown: int = 0
    filtered: int = 0
    evicted: int = 0

    def text(self) -> str:
        """The sum in words."""
        return (
            f"{self.received:,} received = {self.shown:,} shown + {self.filtered:,} filtered + {self.evicted:,} evicted"
        )


def line_of(record: TracedRecord) -> str:
    """A record in one line: when, where, its key, who published it, and what it says."""
    time, place, key, publisher, said = cells_of(record)
    columns = (time, padded(place, _PLACE), padded(key, _KEY), padded(publisher, _PUBLISHER), plain(said))
    return "  ".join(columns).rstrip()


def cells_of(record: TracedRecord) -> tuple[str, str, str, str, str]:
    """When it was written, where it lies, its key, who published it, and what it says."""
    event = event_of(record)
    time = rfc3339(from_microseconds(bounded_time(record.written_at)))[11:23]
    key = (record.key or b"").decode(errors="replace")
    said = "" if event is None else words_of(content_of(event))
    if (dead_letter := dead_letter_of(record)) is not None:
        said = f"dead letter of {dead_letter.group}: {dead_letter.error}"
    publisher = "-" if event is None else event.publisher
    return time, place_text(record.place), key, publisher, said


def object_of(record: TracedRecord) -> dict[str, Any]:
    """A record as a JSON object; a value that is JSON stays that, another is text with escapes."""
    return {
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "time": rfc3339(from_microseconds(bounded_time(record.written_at))),
        "key": _text(record.key),
        "headers": {name: _text(value) for name, value in record.headers},
        "value": _value(record.value),
    }


def _value(value: bytes | None) -> Any:
    try:
        return msgspec.Raw(value) if value and _is_json(value) else _text(value)
    except (ValueError, RecursionError):
        return _text(value)


def _is_json(value: bytes) -> bool:
    """Whether `value` is JSON in one line, so that it can stand in a line as it is."""
    msgspec.json.decode(value)
    return b"\n" not in value and b"\r" not in value


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode(errors="backslashreplace")
