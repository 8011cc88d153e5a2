"""Many checkouts of one cart at once, also while the order service is killed: one order, and the books balance."""

from __future__ import annotations

import asyncio
import signal

import pytest

from services_stub.client import MarketplaceClient
from services_stub.client.errors import Conflict
from services_stub.contracts.http.order import Order
from services_stub.runtime.identifiers import new_id
from tests.bench.load import requests_answered
from tests.system.accounts import GOOD_CARD, new_person, new_product
from tests.system.marketplace import Marketplace, running_marketplace
from tests.system.purchases_under_faults import PurchaseRun, check_books, insist, prepare

KEYS = 50


async def check_out_at_once(run: PurchaseRun, number: int, *, kill: bool) -> None:
    """Fill a cart, check it out under many keys at once, and find one order."""
    shopper = run.shoppers[number % len(run.shoppers)]
    product = run.products[number % len(run.products)]
    await insist(lambda: shopper.cart.clear())
    await insist(lambda: shopper.cart.add(product.product_id, 2))
    checkouts = [asyncio.create_task(_order(shopper, new_id())) for _ in range(KEYS)]
    if kill:
        await asyncio.sleep(0.005 * (number % 10))
        await asyncio.to_thread(run.marketplace.signal, "order", signal.SIGKILL)
    orders = [order for order in await asyncio.gather(*checkouts) if order is not None]
    assert len(orders) == 1
    assert [(item.product_id, item.quantity) for item in orders[0].items] == [(product.product_id, 2)]
    run.orders[orders[0].order_id] = shopper
    assert (await insist(lambda: shopper.cart.read())).lines == []


async def _order(shopper: MarketplaceClient, key: str) -> Order | None:
    """Place an order, trying again with the same key until there is an answer; None where the cart was empty."""
    try:
        return await insist(lambda: shopper.orders.place(GOOD_CARD, idempotency_key=key))
    except Conflict as conflict:
        assert conflict.problem.code == "cart-empty"
        return None


async def _rounds(marketplace: Marketplace, rounds: int, kill_every: int) -> None:
    run = await prepare(marketplace)
    for number in range(rounds):
        await check_out_at_once(run, number, kill=number % kill_every == kill_every - 1)
    assert await check_books(run) == {"PAID": rounds}
    for shopper in run.shoppers:
        placed = {order.order_id for order in (await shopper.orders.list(limit=100)).items}
        assert placed == {order_id for order_id, owner in run.orders.items() if owner is shopper}


@pytest.mark.slow
def test_one_cart_makes_one_order_however_many_checkouts_there_are(any_kafka: Marketplace) -> None:
    asyncio.run(_rounds(any_kafka, 4, 2))


@pytest.mark.slow
def test_one_cart_makes_one_order_in_a_hundred_rounds_with_kills() -> None:
    with running_marketplace() as marketplace:
        asyncio.run(_rounds(marketplace, 100, 10))


def test_a_purchase_takes_four_calls_between_services(any_kafka: Marketplace) -> None:
    urls = [f"http://127.0.0.1:{service.port}" for service in any_kafka.state.services]
    behind_the_gateway = [url for url in urls if url != any_kafka.gateway]

    async def purchase() -> int:
        """The requests that the services answered for the second purchase: by then the cart knows the product."""
        seller, shopper = await new_person(any_kafka, "seller"), await new_person(any_kafka)
        product = await new_product(seller, quantity=10)
        counts: list[int] = []
        for _ in range(2):
            await shopper.cart.add(product.product_id)
            await shopper.orders.place(GOOD_CARD)
            counts.append(await requests_answered(behind_the_gateway))
        return counts[1] - counts[0] - len(behind_the_gateway)

    assert len(behind_the_gateway) == len(urls) - 1
    assert asyncio.run(purchase()) == 4
