"""The outcomes of an operation. Each has exactly one."""

from __future__ import annotations

from enum import Enum


class Outcome(Enum):
    """The end of an operation, as its sender saw it."""

    OK = "ok"
    """Carried out."""
    REFUSED = "refused"
    """Answered with a refusal; changed nothing."""
    FAILED = "failed"
    """Not answered, and certainly changed nothing."""
    UNKNOWN = "unknown"
    """Sent and not answered: it may have been carried out, or may still be."""
    DROPPED = "dropped"
    """Planned and never sent: too many others were in flight, or the generator was too slow."""


ANSWERED = frozenset({Outcome.OK, Outcome.REFUSED})
"""The outcomes whose latency is known; of the others it is only known that no answer came within their time."""
