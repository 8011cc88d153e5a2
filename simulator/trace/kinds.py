"""The kinds of findings about a flow, and which of them should never happen."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """A difference between a flow and what must happen."""

    MISSING = "missing"
    NOT_HANDLED = "not handled"
    GAP = "gap"
    UNBALANCED = "unbalanced"
    DEAD_LETTER = "dead letter"
    REJECTED = "rejected"
    DUPLICATE = "duplicate"
    OUT_OF_ORDER = "out of order"
    CYCLE = "cycle"
    LATE = "late"
    RETRIED = "retried"
    NOT_ANSWERED = "not answered"
    UNREPORTED = "unreported"
    ORPHAN = "orphan"
    CLOCK_SKEW = "clock skew"
    SENT_AGAIN = "sent again"
    COMPENSATING = "compensating"
    OPEN = "open"


BROKEN = frozenset(
    {
        Kind.MISSING,
        Kind.NOT_HANDLED,
        Kind.GAP,
        Kind.UNBALANCED,
        Kind.DEAD_LETTER,
        Kind.DUPLICATE,
        Kind.OUT_OF_ORDER,
        Kind.CYCLE,
    }
)
"""The kinds that should never happen. The others are slow, undone by plan, or not yet at their end."""
