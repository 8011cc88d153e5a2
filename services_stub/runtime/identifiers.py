"""Identifiers: UUIDs of version 7 (RFC 9562 §5.7), so that they sort by the time they were made."""

from __future__ import annotations

import uuid_utils

from services_stub.runtime import clock


def new_id() -> str:
    """A new identifier, 36 characters."""
    # The library keeps the order of identifiers within a millisecond only where it reads the clock of the machine.
    return str(uuid_utils.uuid7(nanoseconds=None if clock.is_right() else clock.microseconds() * 1000))
