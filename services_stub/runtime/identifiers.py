"""Identifiers: UUIDs of version 7 (RFC 9562 §5.7), so that they sort by the time they were made."""

from __future__ import annotations

import uuid_utils


def new_id() -> str:
    """A new identifier, 36 characters."""
    return str(uuid_utils.uuid7())
