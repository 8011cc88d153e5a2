"""Money, moments and counts as text."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

MINUTE, HOUR, DAY = 60, 3600, 86400


def money(amount: Decimal, currency: str = "") -> str:
    """An amount with two decimals and thousands separated, and the currency where it is given."""
    text = f"{amount:,.2f}"
    return f"{text} {currency}" if currency else text


def moment(text: str) -> datetime:
    """A time of the contract (RFC 3339)."""
    return datetime.fromisoformat(text)


def ago(then: datetime, now: datetime) -> str:
    """The time since a moment, in its largest unit: `12 s ago`. Moments to come are `now`."""
    seconds = int((now - then).total_seconds())
    if seconds < 1:
        return "now"
    return f"{duration(seconds)} ago"


def duration(seconds: float) -> str:
    """A length of time in its largest unit."""
    whole = int(seconds)
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return f"{whole // MINUTE} min"
    if whole < DAY:
        return f"{whole // HOUR} h"
    return f"{whole // DAY} d"


def count(number: int, one: str, many: str = "") -> str:
    """A number with its noun: `1 line`, `2 lines`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def short_id(identifier: str) -> str:
    """The end of an identifier, where those made at the same time differ."""
    return identifier if len(identifier) <= 12 else f"…{identifier[-8:]}"


def clock_time(then: datetime, now: datetime) -> str:
    """A moment on the clock of this machine: `10:41:03`, and with its day where that is not today."""
    local = then.astimezone()
    time = f"{local:%H:%M:%S}"
    return time if local.date() == now.astimezone().date() else f"{local.day} {local:%b} {time}"


def elapsed(seconds: float) -> str:
    """The time after a beginning: `+53 ms`, `+1.2 s`, `+4 min`."""
    if abs(seconds) < 1:
        return f"{seconds * 1000:+.0f} ms"
    return f"{seconds:+.1f} s" if abs(seconds) < MINUTE else f"+{duration(seconds)}"
