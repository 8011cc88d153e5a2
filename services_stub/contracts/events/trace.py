"""Hop reports: which consumer group polled, handled and committed which event when. One record carries a batch."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from services_stub.contracts import topics
from services_stub.contracts.base import Body, Event


class HopOutcome(StrEnum):
    """The outcome of a record at a consumer."""

    HANDLED = "handled"
    DUPLICATE = "duplicate"
    REJECTED = "rejected"
    RETRIED = "retried"
    DEAD_LETTER = "dead-letter"


class Hop(Body, frozen=True, kw_only=True):
    """One record at one consumer. Times are Unix time in microseconds; `committed_at` is the database commit."""

    event_id: str
    correlation_id: str
    topic: str
    partition: int
    offset: int
    polled_at: int
    handled_at: int
    committed_at: int
    outcome: HopOutcome


class HopsReported(Event, frozen=True, kw_only=True):
    """The hops of one batch of one instance of a consumer group."""

    topic: ClassVar[str] = topics.TRACE_HOPS
    key: ClassVar[str] = "instance"

    group: str
    instance: str
    hops: list[Hop]
