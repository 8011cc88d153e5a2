"""The live stream over real Kafka: nothing is missed and nothing is told twice, whatever breaks in between.

`LIVE_CLIENTS` and `LIVE_SECONDS` make the run under load longer; `make live` has 500 clients for a minute.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import aclosing

import httpx
import psutil
import pytest

from services_stub.client import LiveEvent, MarketplaceClient
from services_stub.client.sse import EventStreamParser
from services_stub.contracts.events import OrderUpdated
from tests.bench.machine import memory_mib
from tests.system.accounts import buy, new_person, new_product
from tests.system.live_clients import follow_while_buying, published
from tests.system.marketplace import Marketplace

CLIENTS = int(os.environ.get("LIVE_CLIENTS", "50"))
SECONDS = float(os.environ.get("LIVE_SECONDS", "10"))
MOST_MIB = 200


def test_a_shopper_who_comes_back_after_a_kill_of_the_gateway_is_told_what_was_missed(any_kafka: Marketplace) -> None:
    async def scenario() -> None:
        seller, shopper = await new_person(any_kafka, "seller"), await new_person(any_kafka)
        product = await new_product(seller)
        headers = {"authorization": f"Bearer {shopper.session.access_token}"}
        seen: list[str] = []
        async with asyncio.timeout(60), httpx.AsyncClient(base_url=any_kafka.gateway, timeout=30) as http:

            async def follow(last_id: str, until: str) -> str:
                parser = EventStreamParser()
                own = {"last-event-id": last_id} if last_id else {}
                async with http.stream("GET", "/api/stream", headers=headers | own) as response:
                    assert response.status_code == 200
                    async for chunk in response.aiter_bytes():
                        for message in parser.feed(chunk):
                            seen.append(message.name)
                            if message.name == until:
                                return message.id
                        if until == "":
                            return parser.last_id
                raise AssertionError("the stream ended")

            at = await follow("", "")
            await buy(shopper, product.product_id)
            any_kafka.signal("gateway", signal.SIGKILL)
            while True:
                try:
                    at = await follow(at, "order-updated")
                    break
                except httpx.TransportError:
                    continue
            assert "gap" not in seen
            seen.clear()
            await follow("of-another-marketplace", "gap")
            assert seen == ["gap"]

    asyncio.run(scenario())


def test_a_seller_follows_the_own_part_of_orders(any_kafka: Marketplace) -> None:
    async def scenario() -> None:
        seller, shopper = await new_person(any_kafka, "seller"), await new_person(any_kafka)
        product = await new_product(seller)
        async with asyncio.timeout(30), aclosing(seller.stream()) as stream:
            buying = asyncio.create_task(buy_until_cancelled(shopper, product.product_id))
            while True:
                item = await anext(stream)
                if isinstance(item, LiveEvent) and isinstance(item.event, OrderUpdated):
                    break
            buying.cancel()
        assert [item.product_id for item in item.event.items] == [product.product_id]

    asyncio.run(scenario())


async def buy_until_cancelled(shopper: MarketplaceClient, product_id: str) -> None:
    """An order after the other: those before the stream stands are not told."""
    while True:
        await buy(shopper, product_id)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_many_shoppers_are_told_each_change_of_their_orders_once(any_kafka: Marketplace) -> None:
    async def scenario() -> None:
        gateway = psutil.Process(any_kafka.service("gateway").pid)
        followers = await follow_while_buying(any_kafka, clients=CLIENTS, seconds=SECONDS, seed=7)
        wanted = await published(any_kafka)
        assert {follower.user_id: follower.gaps for follower in followers if follower.gaps} == {}
        for follower in followers:
            own = wanted.get(follower.user_id, set())
            assert follower.seen.keys() == own
            assert set(follower.seen.values()) <= {1}
        assert not gateway.is_running()
        pid = any_kafka.service("gateway").pid
        memory = memory_mib({"gateway": pid})["gateway"]
        told = sum(follower.seen.total() for follower in followers)
        cpu = sum(psutil.Process(pid).cpu_times()[:2])
        sys.stdout.write(
            f"{CLIENTS} clients, {told} events; gateway since its start: {memory:.0f} MiB, {cpu:.1f} s CPU\n"
        )
        assert memory < MOST_MIB

    asyncio.run(scenario())
