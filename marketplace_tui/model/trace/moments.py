"""Times in a recording, as a person writes them. Pure; moments are microseconds of Unix time."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from services_stub.contracts.times import from_microseconds, to_microseconds

HINT = "12:30:45, 2026-01-31T12:30:45Z, +90s (ms, s, m, h) from the beginning, or 50%"

_CLOCK = re.compile(r"([0-9]{1,2}):([0-9][0-9])(?::([0-9][0-9])(?:\.([0-9]{1,6}))?)?")
_SINCE = re.compile(r"\+?([0-9]{1,9}(?:\.[0-9]{1,6})?) ?(ms|s|m|h)")
_SHARE = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,6})?) ?%")
_UNITS = {"ms": 1_000, "s": 1_000_000, "m": 60_000_000, "h": 3_600_000_000}


def moment_of(text: str, first: int, last: int) -> int:
    """The moment that is meant in a recording from `first` to `last`: a time of the day is in UTC, as it is shown.

    Raises:
        ValueError: it is none; the text says what is expected.
    """
    text = text.strip()
    if since := _SINCE.fullmatch(text):
        return first + round(float(since[1]) * _UNITS[since[2]])
    if share := _SHARE.fullmatch(text):
        return first + round((last - first) * float(share[1]) / 100)
    try:
        if clock := _CLOCK.fullmatch(text):
            return _on_its_day(clock, first)
        moment = datetime.fromisoformat(text)
        return to_microseconds(moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC))
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{text!r} is no time: expected {HINT}") from error


def _on_its_day(clock: re.Match[str], first: int) -> int:
    """A time of the day on the first day of the recording, or on the next one where the recording had not begun."""
    hour, minute, second, fraction = (group or "0" for group in clock.groups())
    begun = from_microseconds(first)
    moment = begun.replace(
        hour=int(hour), minute=int(minute), second=int(second), microsecond=int(fraction.ljust(6, "0"))
    )
    if clock[3] is None or clock[4] is None:
        # Without its fraction the second in which the recording began is the one that is meant.
        begun = begun.replace(microsecond=0, second=0 if clock[3] is None else begun.second)
    return to_microseconds(moment if moment >= begun else moment + timedelta(days=1))
