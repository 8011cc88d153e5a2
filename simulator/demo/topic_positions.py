"""The records of one order on Kafka: they are read, joined, and compared with those that must be there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from services_stub.contracts.control import KafkaState
from services_stub.contracts.events import HopOutcome
from services_stub.contracts.topics import ALL_TOPICS, STOCK_LOW
from simulator.demo.steps import Unexpected, expect
from simulator.trace.flow import Flow, flow_of
from simulator.trace.kafka_source import KafkaSource, Offsets, SourceUnavailable
from simulator.trace.records import TracedRecord

_QUIET_SECONDS = 0.25
_DEADLINE_SECONDS = 10.0

EXPECTED: Mapping[str, tuple[int, frozenset[str]]] = {
    "product-updated": (2, frozenset({"cart", "search", "seller"})),
    "order-created": (1, frozenset({"payment", "notification", "cart", "seller"})),
    "payment-success": (1, frozenset({"order", "notification", "seller"})),
    "order-updated": (1, frozenset({"product", "payment", "notification", "cart", "seller"})),
    "notification-sent": (3, frozenset()),
}
"""The events of a paid order with two products, by topic: how many, and who must have handled each."""


@dataclass(frozen=True)
class TopicPositions:
    """Where to read: the cluster, where the walkthrough began in it, and further properties of the connection."""

    bootstrap_servers: str
    config: Mapping[str, str] = field(default_factory=dict)
    offsets: Offsets = field(default_factory=dict)

    def open(self) -> KafkaSource:
        """A reader of all topics of the marketplace."""
        names = [topic.name for topic in ALL_TOPICS]
        return KafkaSource(self.bootstrap_servers, names, offsets=self.offsets, config=self.config)


def positions_before(kafka: KafkaState, config: Mapping[str, str]) -> TopicPositions:
    """The positions before the walkthrough: earlier records of a cluster that was there before are left out."""
    positions = TopicPositions(kafka.bootstrap_servers, config)
    if kafka.mode != "external":
        return positions
    with _unexpected(), positions.open() as source:
        return replace(positions, offsets=source.ends())


def read_flow(positions: TopicPositions, order_id: str, placed_at: int) -> Flow:
    """The flow of an order, as soon as it is complete, or as far as it came."""
    records: list[TracedRecord] = []

    def complete() -> bool:
        return not missing_of(flow_of(order_id, records))

    with _unexpected(), positions.open() as source:
        for record in source.follow(quiet=_QUIET_SECONDS, deadline=_DEADLINE_SECONDS, enough=complete):
            records.append(record)
    return flow_of(order_id, records, started_at=placed_at)


def missing_of(flow: Flow) -> list[str]:
    """The events and hops that a purchase must have and this flow lacks, in words.

    That stock is low may be told of this purchase or of a later one, as is the mail about it.
    """
    missing: list[str] = []
    low = {event.envelope.id for event in flow.events if event.topic == STOCK_LOW}
    for topic, (count, groups) in EXPECTED.items():
        events = [event for event in flow.events if event.topic == topic and event.envelope.causation_id not in low]
        if len(events) != count:
            missing.append(f"{count} × {topic} (found {len(events)})")
        for event in events:
            handled = {hop.group for hop in event.consumers if hop.outcome is HopOutcome.HANDLED}
            missing.extend(f"{topic} handled by {group}" for group in sorted(groups - handled))
    return missing


def compare_with_expected(flow: Flow) -> str:
    """The outcome of the comparison in a few words.

    Raises:
        Unexpected: something is missing; says what.

    """
    missing = missing_of(flow)
    expect(not missing, f"not found on Kafka: {', '.join(missing)}")
    hops = sum(len(event.consumers) for event in flow.events)
    return f"{len(flow.events)} events, {hops} times handled"


@contextmanager
def _unexpected() -> Iterator[None]:
    try:
        yield
    except SourceUnavailable as error:
        raise Unexpected(str(error)) from error
