"""A Kafka record as the trace sees it, no matter which client read it."""

from __future__ import annotations

from dataclasses import dataclass

Headers = tuple[tuple[str, bytes | None], ...]


@dataclass(frozen=True)
class TracedRecord:
    """One record. `written_at` is the broker's or producer's time of it, in microseconds of Unix time."""

    topic: str
    partition: int
    offset: int
    written_at: int
    headers: Headers
    value: bytes | None
