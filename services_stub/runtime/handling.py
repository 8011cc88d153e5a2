"""The seam between a consumer's loop and the store in which the effects of its events become true.

Two ways stand behind it: the service's database (`in_database`) and a store that is not SQL (`in_sink`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec
import structlog

from services_stub.contracts.base import Event
from services_stub.contracts.events.trace import HopOutcome as Outcome
from services_stub.runtime.decoding import Poisoned
from services_stub.runtime.kafka.records import Record
from services_stub.runtime.sql.transaction import Received

Item = tuple[Record, Received[Event] | Poisoned]


class Handled(msgspec.Struct):
    """The outcome of each item of a batch, and when (Unix time in microseconds).

    `bugs` holds the errors of those items that failed by a bug, by their places; nothing of these was done, and their
    outcome is "retried".
    """

    outcomes: list[Outcome]
    handled_at: int
    committed_at: int
    bugs: dict[int, Exception] = msgspec.field(default_factory=dict)


class Handling(Protocol):
    """Makes the effects of a batch true and its dead letters safe; only then it returns."""

    def __call__(self, items: Sequence[Item], attempt: int) -> Handled:
        """Handle a batch.

        Raises:
            Unavailable: nothing was done; the same batch shall be tried again.
            Exception: nothing was done, because of a bug that at least one of the items provokes.
        """


def log_dead_letter(service: str, record: Record, reason: str) -> None:
    """Log that a record becomes a dead letter."""
    place = {"topic": record.topic, "partition": record.partition, "offset": record.offset}
    structlog.get_logger().error("dead letter", service=service, **place, reason=reason)
