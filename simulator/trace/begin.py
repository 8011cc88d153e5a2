"""Where reading begins: at the oldest record, at the end, at an offset, or at a time."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import msgspec

from services_stub.contracts.times import to_microseconds

_AGO = re.compile(r"([0-9]{1,9})(s|m|h|d)")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class Begin(msgspec.Struct, frozen=True):
    """At `at` (microseconds of Unix time), or at `offset` of every partition, or at the end, or at the beginning."""

    at: int | None = None
    offset: int | None = None
    at_end: bool = False


BEGINNING = Begin()
END = Begin(at_end=True)


def begin_of(text: str, now: datetime) -> Begin:
    """The beginning that a person writes: `beginning`, `end`, an offset, a time, or a while ago such as `10m`.

    Raises:
        ValueError: it is none of these; the text says what is expected.
    """
    if text in ("beginning", "end"):
        return END if text == "end" else BEGINNING
    if text.isascii() and text.isdigit() and len(text) < 19:
        return Begin(offset=int(text))
    ago = _AGO.fullmatch(text)
    try:
        if ago is not None:
            return Begin(at=to_microseconds(now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})))
        moment = datetime.fromisoformat(text)
        return Begin(at=max(0, to_microseconds(moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC))))
    except (ValueError, OverflowError) as error:
        expected = "`beginning`, `end`, an offset, a time as 2026-01-31T12:00:00Z, or a while ago as 90s, 10m, 2h, 1d"
        raise ValueError(f"{text!r} is no place to begin: expected {expected}") from error
