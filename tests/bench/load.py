"""The load: shoppers in a closed loop, each adding to the cart, ordering, and waiting until Kafka says PAID."""

from __future__ import annotations

import asyncio
import time
import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

import msgspec

from services_stub.client import MarketplaceClient
from services_stub.http_client.http_client import HttpClient
from tests.bench.watch import PaidWatch

PRODUCTS = 50
STOCK = 1_000_000_000
PRICE = Decimal("9.99")
_PASSWORD = "benchmark-password"


class _Order(msgspec.Struct, rename="camel"):
    order_id: str


@dataclass
class Measured:
    """The outcome of a run. Times in seconds; a saga runs from the start of placing the order to PAID read from Kafka.

    `placed` counts the orders that were answered, `sagas` those of them that were PAID before the end of the run.
    """

    seconds: float = 0.0
    placed: int = 0
    sagas: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def rate(self) -> float:
        """Orders per second to PAID."""
        return len(self.sagas) / self.seconds


async def prepare(base_url: str, shoppers: int) -> tuple[list[str], list[str]]:
    """Register a seller with products, and the shoppers: product ids and access tokens."""
    run = uuid.uuid4().hex[:8]
    async with MarketplaceClient(base_url) as seller:
        await seller.auth.register(f"seller-{run}@example.com", _PASSWORD, role="seller")
        await seller.auth.login(f"seller-{run}@example.com", _PASSWORD)
        products = [
            (await seller.seller.create_product(f"Thing {n}", category="bench", price=PRICE, quantity=STOCK)).product_id
            for n in range(PRODUCTS)
        ]
    tokens = []
    for number in range(shoppers):
        async with MarketplaceClient(base_url) as shopper:
            await shopper.auth.register(f"shopper-{run}-{number}@example.com", _PASSWORD)
            await shopper.auth.login(f"shopper-{run}-{number}@example.com", _PASSWORD)
            tokens.append(access_token(shopper))
    return products, tokens


def access_token(client: MarketplaceClient) -> str:
    """The access token of a client that is logged in."""
    assert client.session.tokens is not None
    return client.session.tokens.access_token


async def requests_answered(urls: list[str]) -> int:
    """How many HTTP requests the services at `urls` have answered together since they started."""
    client = _client(5)
    answers = [msgspec.json.decode((await client.send(url, "GET", "/health/live")).body) for url in urls]
    await client.close()
    return sum(int(answer["requests"]) for answer in answers)


def _client(seconds: float) -> HttpClient:
    return HttpClient(timedelta(seconds=seconds), connect=timedelta(seconds=5), idle=timedelta(seconds=3))


async def closed_loop(
    base_url: str, watch: PaidWatch, products: list[str], tokens: list[str], seconds: float
) -> Measured:
    """Let one shopper per token buy for `seconds` seconds; orders still under way at the end are not counted."""
    measured = Measured()
    client = _client(30)
    started = time.monotonic()
    deadline = started + seconds
    shoppers = [
        _shop(client, base_url, watch, products, token, n, deadline, measured) for n, token in enumerate(tokens)
    ]
    await asyncio.gather(*shoppers)
    measured.seconds = seconds
    await client.close()
    return measured


async def _shop(
    client: HttpClient,
    base_url: str,
    watch: PaidWatch,
    products: list[str],
    token: str,
    number: int,
    deadline: float,
    measured: Measured,
) -> None:
    headers = [(b"authorization", f"Bearer {token}".encode()), (b"content-type", b"application/json")]
    decoder = msgspec.json.Decoder(_Order)
    place_in_list = number
    while time.monotonic() < deadline:
        product = products[place_in_list % len(products)]
        place_in_list += 7
        line = b'{"productId":"%s","quantity":1}' % product.encode()
        answer = await client.send(base_url, "POST", "/cart-service/api/cart/public/add", headers, line)
        if answer.status >= 300:
            measured.failures.append(f"add: {answer.status} {answer.body.decode()}")
            continue
        begun = time.monotonic()
        keyed = [*headers, (b"idempotency-key", uuid.uuid4().hex.encode())]
        body = b'{"paymentMethod":"pm_card_visa"}'
        answer = await client.send(base_url, "POST", "/order-service/api/orders", keyed, body)
        if answer.status != 201:
            measured.failures.append(f"order: {answer.status} {answer.body.decode()}")
            continue
        measured.placed += 1
        paid_at = await watch.paid(decoder.decode(answer.body).order_id)
        if paid_at < deadline:
            measured.sagas.append(paid_at - begun)
