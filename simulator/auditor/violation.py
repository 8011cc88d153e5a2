"""A finding of a check."""

from __future__ import annotations

import msgspec


class Violation(msgspec.Struct, frozen=True):
    """Something that must not be: which check says so, about which order, product or seller, and why."""

    check: str
    about: str
    detail: str
