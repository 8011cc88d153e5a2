"""Makes the screens of the trace with the reader that each of them needs."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from datetime import datetime, timedelta

from marketplace_tui.model.marketplace import Marketplace
from marketplace_tui.model.trace import reader
from marketplace_tui.model.trace.topology import TopologyModel
from marketplace_tui.screens.trace.flow import FlowScreen
from services_stub.contracts.times import to_microseconds
from simulator.trace import BEGINNING, Begin, TracedRecord, live_records
from simulator.trace.cluster import Cluster
from simulator.trace.topology import lag_of

_RESERVED_WITHIN = timedelta(minutes=1)
"""The stock of an order is reserved, and told of, before the order is placed."""


_HISTORY = timedelta(minutes=10)
"""So much of what happened before the stream was opened is read, too."""

_TOPOLOGY_SECONDS = 0.5
"""The topology is drawn anew so often at most."""


def reader_of_all(marketplace: Marketplace) -> reader.Reader | None:
    """A reader of everything; None where the topics of the marketplace are not known."""
    if marketplace.recording is not None:
        return marketplace.recording
    state = marketplace.state
    if state is None:
        return None
    servers, begin = state.kafka.bootstrap_servers, Begin(at=to_microseconds(marketplace.now() - _HISTORY))
    return reader.TraceReader(marketplace.tasks, lambda: reader.source_of(servers, begin))


def topology_of(marketplace: Marketplace) -> TopologyModel | None:
    """The topology of a marketplace, or of a recording; None where its topics are not known."""
    recording = marketplace.recording
    if recording is not None:
        return TopologyModel(marketplace.tasks, recording.following, None, lambda: recording.at)
    state = marketplace.state
    if state is None:
        return None
    servers = state.kafka.bootstrap_servers

    def follow(opened: Callable[[], None]) -> AsyncGenerator[list[TracedRecord], None]:
        begin = Begin(at=to_microseconds(marketplace.now() - _HISTORY))
        opening = reader.told_when_open(lambda: reader.source_of(servers, begin), opened)
        return live_records(opening, every=_TOPOLOGY_SECONDS)

    return TopologyModel(
        marketplace.tasks,
        follow,
        lambda consumed: lag_of(Cluster(servers), consumed),
        lambda: to_microseconds(marketplace.now()),
    )


def trace_of(marketplace: Marketplace, flow_id: str, since: datetime | None) -> FlowScreen:
    """The screen of one flow; it says what to do where the topics of the marketplace are not known."""
    state = marketplace.state
    if state is None:
        return FlowScreen(marketplace, flow_id, None)
    servers = state.kafka.bootstrap_servers
    begin = BEGINNING if since is None else Begin(at=to_microseconds(since - _RESERVED_WITHIN))
    return FlowScreen(
        marketplace,
        flow_id,
        reader.TraceReader(marketplace.tasks, lambda: reader.source_of(servers, begin), only=flow_id),
    )
