"""The network between Kafka and one service is cut and slowed: the service waits, others go on, nothing is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import pytest

from services_stub.client import MarketplaceClient
from services_stub.contracts.control_faults import CutLink, SlowLink
from services_stub.contracts.events.order import OrderStatus
from tests.system.accounts import GOOD_CARD, new_person, new_product, settled
from tests.system.marketplace import Marketplace, running_marketplace
from tests.system.purchases_under_faults import check_books, prepare, purchase_while
from tests.waiting import eventually

SERVICES = ("order", "payment", "product", "notification")
CUT_SECONDS = 8.0
"""Longer than the session of a consumer, so that its group gives it up."""
SEED = 40


@pytest.fixture(scope="module", params=["embedded", "apache"])
def linked(request: pytest.FixtureRequest) -> Iterator[Marketplace]:
    options = [word for name in SERVICES for word in ("--link", f"{name}-kafka")]
    with running_marketplace("--kafka", request.param, *options) as running:
        yield running


def hits(marketplace: Marketplace) -> Callable[[], int]:
    """How often the only fault in force was met."""
    return lambda: sum(active.hits or 0 for active in marketplace.control.faults())


async def told(shopper: MarketplaceClient, order_id: str) -> bool:
    """Whether a message about an order has come, which took a service that has Kafka."""
    return any(message.about == order_id for message in (await shopper.notifications.list()).items)


@pytest.mark.slow
def test_payment_without_kafka_charges_when_it_is_back(linked: Marketplace) -> None:
    control, cut = linked.control, CutLink(link="payment-kafka")

    async def place() -> tuple[MarketplaceClient, str]:
        shopper = await new_person(linked)
        await shopper.cart.add((await new_product(await new_person(linked, "seller"))).product_id)
        return shopper, (await shopper.orders.place(GOOD_CARD)).order_id

    async def scenario() -> None:
        control.apply(cut)
        try:
            shopper, order_id = await place()
            await eventually(lambda: asyncio.to_thread(hits(linked)), what="what the link holds back")
            await eventually(lambda: told(shopper, order_id), what="the message that it is placed")
            assert (await shopper.orders.read(order_id)).status == OrderStatus.PENDING
        finally:
            control.clear(cut.id)
        assert (await settled(shopper, order_id)).status == OrderStatus.PAID

    asyncio.run(scenario())


@pytest.mark.slow
def test_each_service_may_lose_kafka_while_people_buy(linked: Marketplace) -> None:
    control = linked.control

    def is_ready(name: str) -> bool:
        return linked.service(name).ready

    async def disturb() -> None:
        for name in SERVICES:
            link = f"{name}-kafka"
            for fault in (SlowLink(link=link, milliseconds=200), CutLink(link=link)):
                control.apply(fault)
                try:
                    await eventually(lambda: asyncio.to_thread(hits(linked)), what="what the link holds back")
                    await asyncio.sleep(CUT_SECONDS if isinstance(fault, CutLink) else 1)
                finally:
                    control.clear(fault.id)
            await eventually(lambda name=name: asyncio.to_thread(is_ready, name), what="readiness")  # type: ignore[misc]

    async def scenario() -> None:
        run = await prepare(linked)
        await purchase_while(run, disturb, purchases=20, seed=SEED)
        assert (await check_books(run))[OrderStatus.PAID]

    asyncio.run(scenario())
