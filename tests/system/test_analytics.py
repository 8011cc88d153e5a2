"""Analytics through the gateway: a known set of events gives exactly these numbers, also across a kill."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from decimal import Decimal

import pytest

from services_stub.client import MarketplaceClient, NotAllowed, OutcomeUnknown, TryLater, Unreachable
from services_stub.contracts.events.order import OrderStatus
from services_stub.contracts.http.analytics import Summary
from tests.system.accounts import DECLINED_CARD, admin, buy, new_person, new_product, until_status
from tests.system.marketplace import Marketplace, running_marketplace
from tests.waiting import eventually


@pytest.mark.slow
@pytest.mark.parametrize("kafka", ["embedded", pytest.param("apache", marks=pytest.mark.slow)])
def test_known_events_give_exactly_these_numbers(kafka: str) -> None:
    with running_marketplace("--kafka", kafka, "--sample-browsing", "1") as marketplace:
        asyncio.run(scenario(marketplace))


async def scenario(marketplace: Marketplace) -> None:
    operator = await admin(marketplace)
    seller, shopper = await new_person(marketplace, "seller"), await new_person(marketplace)
    for stranger in (seller, shopper):
        with pytest.raises(NotAllowed):
            await stranger.analytics.summary()
    before = await operator.analytics.summary()
    product = await new_product(seller, price="9.99", name="Thing")
    for _ in range(3):
        await shopper.products.read(product.product_id)
    await buy(shopper, product.product_id, quantity=2)
    marketplace.signal("analytics", signal.SIGKILL)
    refunded = await buy(shopper, product.product_id)
    await shopper.orders.cancel(refunded.order_id)
    await until_status(shopper, refunded.order_id, OrderStatus.REFUNDED)
    await buy(shopper, product.product_id, card=DECLINED_CARD)

    def wanted(found: Summary) -> dict[str, object]:
        return {
            "orders": {status: found.orders.get(status, 0) - before.orders.get(status, 0) for status in OrderStatus},
            "failed": {failure.reason: failure.payments for failure in found.failed_payments},
            "net": found.revenue.net - before.revenue.net,
            "refunds": (found.refunds.count, found.refunds.amount),
            "funnel": (found.funnel.viewed, found.funnel.added, found.funnel.placed, found.funnel.charged),
            "top": [(each.product_id, each.units, each.revenue, each.viewed) for each in found.top_products],
        }

    numbers = {
        "orders": dict.fromkeys(OrderStatus, 0) | {OrderStatus.PAID: 1, OrderStatus.REFUNDED: 1, OrderStatus.FAILED: 1},
        "failed": {"card_declined": 1},
        "net": Decimal("19.98"),
        "refunds": (1, Decimal("9.99")),
        "funnel": (3, 3, 3, 2),
        "top": [(product.product_id, 2, Decimal("19.98"), 3)],
    }
    await counted(operator, lambda found: wanted(found) == numbers)
    marketplace.signal("analytics", signal.SIGKILL)
    found = await counted(operator, lambda found: all(read.lag_records == 0 for read in found.progress))
    assert wanted(found) == numbers
    minutes = (await operator.analytics.series("minute", points=10)).points
    assert sum(point.charged for point in minutes) == 2
    assert sum(point.refunded for point in minutes) == Decimal("9.99")
    for client in (operator, seller, shopper):
        await client.close()


async def counted(operator: MarketplaceClient, done: Callable[[Summary], bool]) -> Summary:
    """The summary as soon as it is as wanted."""

    async def found() -> Summary | None:
        try:
            summary = await operator.analytics.summary()
        except (OutcomeUnknown, TryLater, Unreachable):
            return None
        return summary if done(summary) else None

    summary = await eventually(found, seconds=20, what="the numbers")
    assert summary is not None
    return summary
