"""The body of a request that only says why."""

from __future__ import annotations

from services_stub.contracts.base import Request

LONGEST_REASON = 500
"""Characters."""


class Reason(Request, frozen=True, kw_only=True):
    """Why a user does something; at most `LONGEST_REASON` characters."""

    reason: str = ""

    def __post_init__(self) -> None:
        """Bound the text."""
        if len(self.reason) > LONGEST_REASON:
            raise ValueError(f"`reason` must not have more than {LONGEST_REASON} characters")
