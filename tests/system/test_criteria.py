"""Online Marketplace's criteria hold in a mixed run with declines and kills; `make criteria` takes ten minutes."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable
from functools import partial

import pytest

from services_stub.client import MarketplaceClient
from services_stub.contracts.events import EVENTS, OrderUpdated
from services_stub.contracts.events.order import OrderStatus
from services_stub.contracts.http.product import Product
from simulator.auditor.log import EventLog, logged
from simulator.auditor.orders import atomic_checkout, consistent_dashboards, order_of_events
from simulator.auditor.products import causal_replication, no_sale_of_gone_products
from simulator.auditor.violation import Violation
from tests.system.lag import total_lag
from tests.system.log import Entry, read_topics
from tests.system.marketplace import Marketplace, running_marketplace
from tests.system.mixed_run import STOCK, MixedRun, complete_dashboard, mixed_run
from tests.system.purchases_under_faults import insist
from tests.unit.every_service import declared
from tests.waiting import eventually, wait_for

SECONDS = float(os.environ.get("MARKETPLACE_CRITERIA_SECONDS", "30"))
SEED = 7
AUDITED = tuple(event.topic for event in EVENTS if event.__module__.endswith((".product", ".order", ".payment")))


def event_log(entries: Iterable[Entry]) -> EventLog:
    found = (
        logged(e.topic, e.partition, e.offset, [(name, text.encode()) for name, text in e.headers.items()], e.raw)
        for e in entries
    )
    return EventLog(entry for entry in found if entry is not None)


async def use(marketplace: Marketplace) -> tuple[MixedRun, list[Product]]:
    """A mixed run, to the end of its last order, and the products that were always there."""
    run = await mixed_run(marketplace, SECONDS, SEED)
    for order_id, shopper in run.orders.items():
        await eventually(partial(has_ended, shopper, order_id), seconds=60, what=f"the end of order {order_id}")
    readers = {topic: readers_of(topic) for topic in AUDITED}
    wait_for(lambda: not total_lag(marketplace.bootstrap_servers, readers), seconds=60, what="everything consumed")
    run.dashboards += [await insist(lambda s=stall.seller: complete_dashboard(s)) for stall in run.stalls]  # type: ignore[misc]
    kept = {product.product_id for stall in run.stalls for product in stall.kept}
    now = [p for stall in run.stalls for p in (await insist(lambda s=stall.seller: s.seller.products(limit=100))).items]  # type: ignore[misc]
    return run, [product for product in now if product.product_id in kept]


async def has_ended(shopper: MarketplaceClient, order_id: str) -> bool:
    """Whether every part of an order was paid for, or was not."""
    order = await insist(partial(shopper.orders.read, order_id))
    return OrderStatus.PENDING not in {order.status, *(part.status for part in order.parts)}


def readers_of(topic: str) -> list[str]:
    """Those services that sell, or show what is sold, and consume a topic."""
    sell = ("product", "cart", "order", "payment", "seller")
    return [name for name in sell if topic in {event.topic for event in declared(name).events()}]


@pytest.mark.slow
@pytest.mark.timeout(SECONDS + 300)
@pytest.mark.parametrize("kafka", ["embedded", "apache"])
def test_the_criteria_hold_with_declines_and_kills(kafka: str) -> None:
    with running_marketplace("--kafka", kafka) as marketplace:
        run, products = asyncio.run(use(marketplace))
        log = event_log(read_topics(marketplace.bootstrap_servers, *AUDITED))
        before = {product.product_id: STOCK for product in products}
        found: list[Violation] = [
            *order_of_events(log),
            *no_sale_of_gone_products(log),
            *causal_replication(log, run.carts),
            *atomic_checkout(log, before, products),
            *consistent_dashboards(run.dashboards),
        ]
        ends = {update.status for update in log.values(OrderUpdated)}
        print(  # noqa: T201 - what was checked
            f"{len(run.orders)} orders, {len(run.carts)} carts, {len(run.dashboards)} dashboards, {run.kills} kills: "
            f"{len(found)} violations"
        )
        assert found == []
        assert {OrderStatus.PAID, OrderStatus.FAILED, OrderStatus.SHIPPED} <= ends
        assert run.kills > 0
