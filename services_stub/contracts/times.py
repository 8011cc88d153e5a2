"""Times: microseconds of Unix time where they are kept, RFC 3339 in UTC where they are shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_microseconds(moment: datetime) -> int:
    """`moment`, which knows its zone, as whole microseconds of Unix time."""
    return (moment - _EPOCH) // _MICROSECOND


def from_microseconds(value: int) -> datetime:
    """The time in UTC that lies `value` microseconds after the epoch."""
    return _EPOCH + timedelta(microseconds=value)


def rfc3339(moment: datetime) -> str:
    """`moment`, which is in UTC, as text with six decimals, for example `2026-01-31T12:00:00.000000Z`."""
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
