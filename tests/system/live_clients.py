"""Many shoppers who buy and follow their live streams, over cut connections and restarts of the gateway."""

from __future__ import annotations

import asyncio
import random
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, field

import httpx

from services_stub.client import Gap, LiveEvent, MarketplaceClient
from services_stub.client.errors import Conflict, OutcomeUnknown, ServerFault, Unreachable
from services_stub.contracts.control import RestartService
from services_stub.contracts.http.product import Product
from services_stub.runtime.identifiers import new_id
from tests.system.accounts import GOOD_CARD, new_person, new_product
from tests.system.log import read_topics
from tests.system.marketplace import PASSWORD, Marketplace
from tests.waiting import eventually, eventually_true

TOPICS = ("order-updated", "payment-success", "payment-failed", "payment-refunded")
BUYERS = 8
"""How many of the shoppers buy at the same time."""

NOT_NOW = (Unreachable, OutcomeUnknown, ServerFault, Conflict)
"""The gateway is away, or another buyer just took what lay in the shopper's cart."""


class CuttingTransport(httpx.AsyncHTTPTransport):
    """Breaks live streams after a few chunks, as networks do; `connected` is set by the first chunk."""

    def __init__(self, chance: random.Random, connected: asyncio.Event) -> None:
        super().__init__(limits=httpx.Limits(max_keepalive_connections=1))
        self._chance, self._connected = chance, connected

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Pass the request on."""
        response = await super().handle_async_request(request)
        if response.headers.get("content-type", "").startswith("text/event-stream"):
            assert isinstance(response.stream, httpx.AsyncByteStream)
            response.stream = _Cut(response.stream, self._chance.randint(2, 20), self._connected)
        return response


class _Cut(httpx.AsyncByteStream):
    def __init__(self, whole: httpx.AsyncByteStream, chunks: int, connected: asyncio.Event) -> None:
        self._whole, self._chunks, self._connected = whole, chunks, connected

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._whole:
            self._connected.set()
            yield chunk
            self._chunks -= 1
            if not self._chunks:
                raise httpx.ReadError("cut")

    async def aclose(self) -> None:
        await self._whole.aclose()


@dataclass
class Follower:
    """A shopper with a live stream: the ids of the events that it told, and how often it had a gap."""

    client: MarketplaceClient
    connected: asyncio.Event
    seen: Counter[str] = field(default_factory=Counter)
    gaps: int = 0

    @property
    def user_id(self) -> str:
        """The id of the account."""
        user = self.client.session.user
        assert user is not None
        return user.user_id

    async def follow(self) -> None:
        """Follow the stream until this is cancelled."""
        async with aclosing(self.client.stream()) as stream:
            async for item in stream:
                if isinstance(item, Gap):
                    self.gaps += 1
                elif isinstance(item, LiveEvent) and item.event.topic in TOPICS:
                    self.seen[item.id] += 1

    async def buy(self, product: Product) -> None:
        """Order something; whether it came about is for the topics to say."""
        try:
            await self.client.cart.add(product.product_id)
            await self.client.orders.place(GOOD_CARD)
        except NOT_NOW:
            return


async def new_followers(marketplace: Marketplace, count: int, chance: random.Random) -> list[Follower]:
    """New shoppers whose connections are cut at times."""
    followers = []
    for _ in range(count):
        connected = asyncio.Event()
        client = MarketplaceClient(marketplace.gateway, timeout=30.0, transport=CuttingTransport(chance, connected))
        email = f"follower-{new_id()}@example.com"
        await client.auth.register(email, PASSWORD)
        await client.auth.login(email, PASSWORD)
        followers.append(Follower(client, connected))
    return followers


async def follow_while_buying(marketplace: Marketplace, *, clients: int, seconds: float, seed: int) -> list[Follower]:
    """Shoppers follow their streams and buy; the gateway is killed once, and restarted once."""
    chance = random.Random(seed)
    seller = await new_person(marketplace, "seller")
    product = await new_product(seller, quantity=1_000_000)
    followers = await new_followers(marketplace, clients, chance)
    following = [asyncio.create_task(follower.follow()) for follower in followers]
    await asyncio.gather(*(follower.connected.wait() for follower in followers))
    end = time.monotonic() + seconds

    async def buy_on() -> None:
        while time.monotonic() < end:
            await chance.choice(followers).buy(product)

    buying = [asyncio.create_task(buy_on()) for _ in range(BUYERS)]
    await _time_left(end, seconds * 2 / 3)
    marketplace.signal("gateway", signal.SIGKILL)
    await _time_left(end, seconds / 3)
    await asyncio.to_thread(marketplace.control.act, RestartService(service="gateway"))
    await asyncio.gather(*buying)
    try:
        await eventually(lambda: _all_told(marketplace, followers), seconds=60, what="every event on its stream")
    finally:
        for task in following:
            task.cancel()
        await asyncio.gather(*following, return_exceptions=True)
        for follower in followers:
            await follower.client.close()
    return followers


async def _time_left(end: float, seconds: float) -> None:
    await eventually_true(lambda: time.monotonic() > end - seconds, seconds=seconds * 3)


async def published(marketplace: Marketplace) -> dict[str, set[str]]:
    """The ids of the events about orders, by the shopper."""
    found: dict[str, set[str]] = {}
    for entry in await asyncio.to_thread(read_topics, marketplace.bootstrap_servers, *TOPICS):
        found.setdefault(entry.value["userId"], set()).add(entry.headers["ce_id"])
    return found


async def _all_told(marketplace: Marketplace, followers: list[Follower]) -> bool:
    wanted = await published(marketplace)
    return all(wanted.get(follower.user_id, set()) <= follower.seen.keys() for follower in followers)
