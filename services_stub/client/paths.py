"""Segments of paths, made of ids that a person may have typed: none of them can mean another path."""

from __future__ import annotations

from urllib.parse import quote

_MEANT_OTHERWISE = ("", ".", "..")
"""However they are escaped, a URL means a folder by them: `/items/..` is not an item."""


def quoted_segment(value: str) -> str:
    """`value` as one segment of a path. ValueError where no segment can be it, so that nothing has such an id."""
    if value in _MEANT_OTHERWISE:
        raise ValueError(f"nothing has the id {value!r}")
    return quote(value, safe="")  # UnicodeEncodeError is a ValueError
