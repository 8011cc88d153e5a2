"""Times: microseconds of Unix time where they are kept, RFC 3339 in UTC where they are shown.

A time that comes as text is compared as the moment that it names, and `moment_of` is the one way to read it: the same
moment can be written in many ways, so that the texts do not say which is later.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

RFC3339 = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})$(?!\n)"
"""The form of a time as text, with seconds and an offset."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_rfc3339 = re.compile(RFC3339)


def to_microseconds(moment: datetime) -> int:
    """`moment`, which knows its zone, as whole microseconds of Unix time."""
    return (moment - _EPOCH) // _MICROSECOND


def from_microseconds(value: int) -> datetime:
    """The time in UTC that lies `value` microseconds after the epoch."""
    return _EPOCH + timedelta(microseconds=value)


def rfc3339(moment: datetime) -> str:
    """`moment`, which is in UTC, as text with six decimals, for example `2026-01-31T12:00:00.000000Z`."""
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def moment_of(text: str) -> datetime:
    """The moment in UTC that a time of RFC 3339 names, to the microsecond.

    Raises:
        ValueError: it is none.
    """
    if _rfc3339.search(text) is None:
        raise ValueError("no time of RFC 3339, such as 2026-01-31T12:00:00Z")
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except OverflowError as error:
        raise ValueError("a time beyond the years 1 to 9999") from error
