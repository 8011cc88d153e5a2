"""Hop reports: when a consumer group polled, handled and committed which event, and when a service was asked over HTTP.

One record carries a batch of both.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, ClassVar

from msgspec import Meta

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


MOST_REQUESTS = 500
"""Of one report."""

LONGEST_REQUEST_ID = 64
"""Characters: clients choose it. Of a longer one a report has the beginning."""


class RequestHop(Body, frozen=True, kw_only=True):
    """One HTTP request of a flow, as one of its two sides saw it. Times are Unix time in microseconds.

    The caller or the callee reports; the callee does not know its `caller` and leaves that empty. `path` is the
    template of the route (`/api/orders/{order_id}`), never the path itself. `status` is 0 where no answer came. A call
    that several flows share is reported to each of them, by the caller with the status of its own item. `request_id` is
    that of the request from outside that all this came of.
    """

    request_id: str
    correlation_id: str
    method: str
    path: str
    status: int
    caller: str
    callee: str
    started_at: int
    answered_at: int


class HopsReported(Event, frozen=True, kw_only=True):
    """The hops of one batch of one instance of a consumer group, and the sampled requests of the same service."""

    topic: ClassVar[str] = topics.TRACE_HOPS
    key: ClassVar[str] = "instance"

    group: str
    instance: str
    hops: list[Hop]
    requests: Annotated[list[RequestHop], Meta(max_length=MOST_REQUESTS)] = []
