"""The body of a request that only says why."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from services_stub.contracts.base import Request
from services_stub.contracts.text import TEXT, trim

LONGEST_REASON = 500
"""Characters."""


class Reason(Request, frozen=True, kw_only=True):
    """Why a user does something; at most `LONGEST_REASON` characters."""

    reason: Annotated[str, Meta(max_length=LONGEST_REASON, pattern=TEXT)] = ""

    def __post_init__(self) -> None:
        """Trim the text."""
        trim(self, "reason")
