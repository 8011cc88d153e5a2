"""The quantities of a scenario as people write them (`1m30s`, `200/s`, `30s:200`), held as whole numbers.

Whole numbers, so that a plan is the same on every machine.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from decimal import Decimal

MICROSECONDS = {"us": 1, "ms": 1_000, "s": 1_000_000, "m": 60_000_000, "h": 3_600_000_000}
LONGEST = 7 * 24 * MICROSECONDS["h"]
MILLION = 1_000_000
_HOURLY = {"s": 3_600, "m": 60, "h": 1}
FASTEST = MILLION * _HOURLY["s"] * MILLION

_NUMBER = r"[0-9]{1,12}(?:\.[0-9]{1,12})?"
_PARTS = re.compile(rf"({_NUMBER})(us|ms|s|m|h)", re.ASCII)
_DURATION = re.compile(rf"(?:{_NUMBER}(?:us|ms|s|m|h))+", re.ASCII)
_RATE = re.compile(rf"({_NUMBER})(?:/(s|m|h))?", re.ASCII)


class Duration(int):
    """Microseconds."""

    __slots__ = ()

    def __str__(self) -> str:
        parts, rest = [], int(self)
        for unit in ("h", "m", "s", "ms", "us"):
            number, rest = divmod(rest, MICROSECONDS[unit])
            parts.append(f"{number}{unit}" if number else "")
        return "".join(parts) or "0s"


class Rate(int):
    """Millionths of an arrival per hour, so that rates per minute and per hour are whole numbers, too."""

    __slots__ = ()

    def __str__(self) -> str:
        unit = next(unit for unit, hourly in _HOURLY.items() if self % hourly == 0)
        return f"{(Decimal(self // _HOURLY[unit]) / MILLION).normalize():f}/{unit}"


class Point:
    """The rate at a moment; between two points it changes evenly. No tuple, which would be read as a list."""

    __slots__ = ("at", "rate")

    def __init__(self, at: Duration, rate: Rate) -> None:
        self.at, self.rate = at, rate

    def __str__(self) -> str:
        return f"{self.at}:{self.rate}"


def duration_of(value: object) -> Duration:
    """A duration such as `90s`, `1m30s` or `250ms`.

    Raises:
        ValueError: it is none, or longer than a week.
    """
    if not isinstance(value, str) or _DURATION.fullmatch(value) is None:
        raise ValueError(f"{shown(value)} is no duration: write a number with us, ms, s, m or h, as 90s or 1m30s")
    duration = int(sum(Decimal(number) * MICROSECONDS[unit] for number, unit in _PARTS.findall(value)))
    if duration > LONGEST:
        raise ValueError(f"{value} is longer than a week")
    return Duration(duration)


def rate_of(value: object) -> Rate:
    """A rate such as `200`, `200/s` or `90/m`; without a unit it is per second.

    Raises:
        ValueError: it is none, or above a million per second.
    """
    text = str(value) if isinstance(value, str | int | Decimal) and not isinstance(value, bool) else ""
    match = _RATE.fullmatch(text)
    if match is None:
        raise ValueError(f"{shown(value)} is no rate: write a number per s, m or h, as 200/s or 90/m")
    rate = int(Decimal(match[1]) * MILLION * _HOURLY[match[2] or "s"])
    if rate > FASTEST:
        raise ValueError(f"{text} is more than a million per second")
    return Rate(rate)


def point_of(value: object) -> Point:
    """A point of a profile: a moment and a rate, such as `30s:200`.

    Raises:
        ValueError: it is none.
    """
    at, colon, rate = value.partition(":") if isinstance(value, str) else ("", "", "")
    if not colon:
        raise ValueError(f"{shown(value)} is no point of a profile: write a moment and a rate, as 30s:200")
    return Point(Duration(0) if at == "0" else duration_of(at), rate_of(rate))


def shown(value: object) -> str:
    """A value as it stands in an error: its beginning, without control characters."""
    text = repr(value) if isinstance(value, str) else repr(str(value))[1:-1]
    return text if len(text) <= 60 else f"{text[:57]}..."


def nearest(name: str, known: Iterable[str]) -> str:
    """A question for the known name that is nearest to a wrong one; empty where none is near."""
    found = difflib.get_close_matches(name.lower(), list(known), n=1)
    return f" Did you mean {found[0]}?" if found else ""
