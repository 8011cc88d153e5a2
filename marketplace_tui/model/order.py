"""One order as it is looked at: all that happened to it, and where the topics can be read, its events."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from marketplace_tui.model.marketplace import Marketplace
from marketplace_tui.model.resource import Resource
from marketplace_tui.model.watched import Watched
from marketplace_tui.text.values import moment
from services_stub.contracts import topics
from services_stub.contracts.events import Event
from services_stub.contracts.events.order import OrderUpdated
from services_stub.contracts.events.payment import PaymentFailed, PaymentRefunded, PaymentSuccess
from services_stub.contracts.http.gateway import OrderTimeline
from services_stub.contracts.http.order import Order
from services_stub.contracts.times import to_microseconds

if TYPE_CHECKING:
    from simulator.trace import Flow
    from simulator.trace.kafka_source import KafkaSource

_RESERVED_WITHIN = timedelta(minutes=1)
"""The stock is reserved, and told of, before the order is placed."""

_READ = (
    topics.PRODUCT_UPDATED,
    topics.ORDER_CREATED,
    topics.ORDER_UPDATED,
    topics.PAYMENT_SUCCESS,
    topics.PAYMENT_FAILED,
    topics.PAYMENT_REFUNDED,
    topics.NOTIFICATION_SENT,
)
"""The topics of an order's flow."""

ABOUT_ORDERS = (OrderUpdated, PaymentSuccess, PaymentFailed, PaymentRefunded)


def concerns(events: Sequence[Event], order_id: str) -> bool:
    """Whether some of these events are about an order."""
    return any(isinstance(event, ABOUT_ORDERS) and event.order_id == order_id for event in events)


class OrderModel(Watched):
    """An order. `flow` are its events, None where none were read; `unread` says why the topics cannot be read."""

    def __init__(self, marketplace: Marketplace, order_id: str) -> None:
        super().__init__()
        self.order_id = order_id
        self.order: Order | None = None
        self.flow: Flow | None = None
        self.unread = ""
        self.timeline: Resource[OrderTimeline] = Resource(
            lambda: marketplace.connection.ask(marketplace.client.orders.timeline(order_id)),
            marketplace.tasks,
            marketplace.clock,
        )
        self._marketplace = marketplace
        self._following: asyncio.Task[None] | None = None
        self.timeline.watch(self._on_timeline)

    def show(self, order: Order) -> None:
        """Show an order that came as the answer to a change, and read what else happened."""
        self.order = order
        self.changed()
        self.timeline.refresh()

    def close(self) -> None:
        """Stop reading the topics."""
        if self._following is not None:
            self._following.cancel()

    def _on_timeline(self) -> None:
        timeline = self.timeline.value
        if timeline is not None and timeline.order is not None:
            self.order = timeline.order
        state = self._marketplace.state
        if self.order is not None and self._following is None and state is not None:
            follow = self._follow(state.kafka.bootstrap_servers, moment(self.order.created_at))
            self._following = self._marketplace.tasks.start(follow, lasting=True)
        self.changed()

    async def _follow(self, servers: str, placed_at: datetime) -> None:
        """Read the events from the topics for as long as the order is looked at."""
        from simulator.trace import live_flow  # the first screen does not wait for it
        from simulator.trace.kafka_source import SourceUnavailable

        flows = live_flow(lambda: source_of(servers, placed_at), self.order_id)
        try:
            async for flow in flows:
                self.flow = flow
                self.changed()
        except SourceUnavailable as error:
            self.unread = str(error)
            self.changed()
        finally:
            await flows.aclose()


def source_of(servers: str, placed_at: datetime) -> KafkaSource:
    """The topics of orders, from shortly before an order was placed on; to be called in the thread that reads.

    Raises:
        SourceUnavailable: no broker answers.

    """
    from simulator.trace import Begin
    from simulator.trace.kafka_source import KafkaSource

    dead = [topics.dead_letter_topic(topic) for topic in _READ]
    begin = Begin(at=to_microseconds(placed_at - _RESERVED_WITHIN))
    return KafkaSource(servers, [*_READ, *dead, topics.TRACE_HOPS], begin=begin)
