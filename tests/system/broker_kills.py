"""Kills the broker again and again while people buy and a seller ships, and looks at the log from outside each time."""

from __future__ import annotations

import asyncio
import socket
import time
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from services_stub.client import MarketplaceClient
from services_stub.client.errors import RequestRefused
from services_stub.contracts.control import KillBroker
from services_stub.contracts.events.order import OrderStatus
from services_stub.contracts.http.product import Product
from services_stub.contracts.topics import PARTITIONS
from services_stub.runtime.identifiers import new_id
from services_stub.runtime.kafka.configuration import base
from tests.system.accounts import GOOD_CARD, new_person, new_product
from tests.system.log import Entry, read_topics
from tests.system.marketplace import Marketplace
from tests.system.purchases_under_faults import STOCK, insist
from tests.waiting import eventually, wait_for

SHOPPERS = 6
MORE = 100
"""How many orders are shipped between two kills at least."""

BARE = "bare-clients"
"""The topic of clients that have nothing to do with the marketplace."""

_STEPS = (OrderStatus.PENDING, OrderStatus.PAID, OrderStatus.SHIPPED, OrderStatus.DELIVERED)


@dataclass
class BrokerKills:
    """The log after each kill so far: orders that went back in it; and the seconds until another order was paid.

    `loses`: the broker comes back without its log. Where it keeps it, `bare` are the seconds until a client that is
    made then has written a record into each partition of a topic of its own, and another one has read them.
    """

    marketplace: Marketplace
    kills: int
    loses: bool = False
    went_back: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    shipped: int = 0
    over: bool = False

    async def disturb(self) -> None:
        """Kill the broker, buy something once it is back, and read the log; again and again."""
        seller = await new_person(self.marketplace, "seller")
        product = await new_product(seller, quantity=STOCK)
        shoppers = [await new_person(self.marketplace) for _ in range(SHOPPERS + 1)]
        shipping = [asyncio.create_task(self._go_on(shopper, product, seller)) for shopper in shoppers[1:]]
        if not self.loses:
            await asyncio.to_thread(make_topic, self.marketplace.bootstrap_servers)
        for _ in range(self.kills):
            await self._look()
            await asyncio.to_thread(kill_broker, self.marketplace, self.loses)
            back_at = time.monotonic()
            bare = asyncio.create_task(self._measure_bare_clients(back_at))
            await bought(shoppers[0], product)
            self.seconds.append(time.monotonic() - back_at)
            await bare
        await self._look()
        self.over = True
        await asyncio.gather(*shipping)

    async def _measure_bare_clients(self, back_at: float) -> None:
        if not self.loses:
            await asyncio.to_thread(write_and_read, self.marketplace.bootstrap_servers)
            self.bare.append(time.monotonic() - back_at)

    async def _look(self) -> None:
        """Read the log when all services are at work again: by then whatever is sent again has been."""
        enough = self.shipped + MORE
        await eventually(partial(self._has_shipped, enough), seconds=90, what="more shipped orders")
        await eventually(partial(asyncio.to_thread, self._is_ready), seconds=90, what="all services are ready")
        entries = await asyncio.to_thread(read_topics, self.marketplace.bootstrap_servers, "order-updated")
        self.went_back += went_back(entries)

    def _is_ready(self) -> bool:
        return all(service.ready for service in self.marketplace.control.status().services)

    async def _has_shipped(self, enough: int) -> bool:
        return self.shipped >= enough

    async def _go_on(self, shopper: MarketplaceClient, product: Product, seller: MarketplaceClient) -> None:
        while not self.over:
            order_id = await bought(shopper, product)
            await eventually(partial(_ship, seller, order_id), seconds=90, what=f"{order_id} is shipped")
            self.shipped += 1


def make_topic(bootstrap_servers: str) -> None:
    """Make the topic of the bare clients."""
    admin = AdminClient({"bootstrap.servers": bootstrap_servers})
    admin.create_topics([NewTopic(BARE, PARTITIONS, 1)])[BARE].result(10)


def write_and_read(bootstrap_servers: str) -> None:
    """Write a record into each partition, and read all of them, with clients that wait as short as ours."""
    config: dict[str, Any] = base(bootstrap_servers, {}) | {"error_cb": lambda _error: None}
    written = {f"{new_id()} {partition}".encode(): partition for partition in range(PARTITIONS)}
    producer = Producer(config)
    for value, partition in written.items():
        producer.produce(BARE, value, partition=partition)
    consumer: Any = Consumer(config | {"group.id": BARE, "fetch.error.backoff.ms": 100, "fetch.wait.max.ms": 5})
    consumer.list_topics(BARE, timeout=60)  # a reader that does not know the leaders yet waits half a second for them
    consumer.assign([TopicPartition(BARE, partition, OFFSET_BEGINNING) for partition in range(PARTITIONS)])
    left, deadline = set(written), time.monotonic() + 90
    while left:
        assert time.monotonic() < deadline, f"bare clients did not write and read {left}"
        message = consumer.poll(0.02)
        producer.poll(0)
        if message is not None and message.error() is None:
            left.discard(message.value())
    consumer.close()


async def bought(shopper: MarketplaceClient, product: Product) -> str:
    """Buy one, and wait until it is paid; the order."""
    await insist(partial(shopper.cart.add, product.product_id, 1))
    order = await insist(partial(shopper.orders.place, GOOD_CARD, idempotency_key=new_id()))

    async def is_paid() -> bool:
        return (await insist(partial(shopper.orders.read, order.order_id))).status == OrderStatus.PAID

    await eventually(is_paid, seconds=90, what=f"{order.order_id} is paid")
    return order.order_id


async def _ship(seller: MarketplaceClient, order_id: str) -> bool:
    try:
        return (await insist(partial(seller.seller.ship, order_id))).status == OrderStatus.SHIPPED
    except RequestRefused:  # it is shipped already, where the first answer was lost
        return True


def kill_broker(marketplace: Marketplace, loses: bool) -> None:
    """Kill the broker, the embedded one with its log if it loses it; return once another one listens at its address."""
    if loses:
        log = marketplace.directory / "kafka" / "embedded"
        log.rename(log.with_name(f"lost-{new_id()}"))
    before = marketplace.control.status().pid_of("kafka")
    marketplace.control.act(KillBroker())
    wait_for(lambda: marketplace.control.status().pid_of("kafka") not in (0, before), what="a new broker")
    host, port = marketplace.bootstrap_servers.split(":")
    wait_for(lambda: _listens(host, int(port)), what="the broker's address")


def _listens(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=1.0).close()
    except OSError:
        return False
    return True


def went_back(entries: list[Entry]) -> list[str]:
    """Orders of which an earlier state lies behind a later one in the log."""
    found = []
    reached: dict[str, int] = {}
    for entry in entries:
        status = OrderStatus(entry.value["status"])
        if status in _STEPS:
            if _STEPS.index(status) < reached.get(entry.key, 0):
                found.append(f"{entry.key} is {status} again ({entry.topic}[{entry.partition}]@{entry.offset})")
            reached[entry.key] = _STEPS.index(status)
    return found
