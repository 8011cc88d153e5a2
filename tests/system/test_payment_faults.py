"""The payment provider declines, is late, is away, loses answers and charges twice, while people buy."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter
from pathlib import Path

import pytest

from services_stub.client import MarketplaceClient
from services_stub.contracts.control import KillService
from services_stub.contracts.control_faults import (
    DeclinedPayments,
    DelayedPayments,
    DoubleCharges,
    LostPaymentAnswers,
    PaymentFault,
    PaymentOutage,
)
from services_stub.contracts.http.payment import Payment
from tests.system.marketplace import Marketplace
from tests.system.purchases_under_faults import check_books, prepare, purchase_while
from tests.waiting import eventually

FAULTS: list[PaymentFault] = [
    DeclinedPayments(rate=0.5),
    DelayedPayments(milliseconds=200),
    LostPaymentAnswers(rate=0.2),
    DoubleCharges(rate=1.0),
    PaymentOutage(),
]
PURCHASES_OF_EACH = 10


async def disturb(shop: Marketplace, fault: PaymentFault) -> None:
    """Put a fault into force, and take the service away under it; it is in force in the next process, too."""
    await asyncio.to_thread(shop.control.apply, fault)
    before = shop.service("payment").pid
    await asyncio.to_thread(shop.control.act, KillService(service="payment"))

    def is_back() -> bool:
        service = shop.service("payment")
        only_the_provider = service.detail.startswith("waits for the payment provider")
        return service.pid != before and (service.ready or only_the_provider)

    await eventually(lambda: asyncio.to_thread(is_back), what="payment is back")
    assert [active.fault for active in await asyncio.to_thread(shop.control.faults)] == [fault]


@pytest.mark.slow
def test_the_books_balance_whatever_the_payment_provider_does(any_kafka: Marketplace) -> None:
    async def scenario() -> dict[str, int]:
        run = await prepare(any_kafka)
        for number, fault in enumerate(FAULTS, 1):

            async def outage(fault: PaymentFault = fault) -> None:
                await disturb(any_kafka, fault)
                if isinstance(fault, PaymentOutage):  # no order ends while it lasts
                    await asyncio.to_thread(any_kafka.control.clear, fault.id)

            await purchase_while(run, outage, purchases=number * PURCHASES_OF_EACH, seed=number)
            if not isinstance(fault, PaymentOutage):
                await asyncio.to_thread(any_kafka.control.clear, fault.id)
        assert await asyncio.to_thread(any_kafka.control.faults) == []
        await check_books(run)
        orders = [await shopper.orders.read(order_id) for order_id, shopper in run.orders.items()]
        assert {payment.reason for payment in await failed(run.shoppers)} >= {"card_declined"}
        return {order.order_id: int(order.amount * 100) if order.status == "PAID" else 0 for order in orders}

    async def failed(shoppers: list[MarketplaceClient]) -> list[Payment]:
        pages = [await shopper.payments.list(limit=100) for shopper in shoppers]
        return [payment for page in pages for payment in page.items if payment.status == "FAILED"]

    paid = asyncio.run(scenario())
    held, charged_again = held_by_the_sandbox(Path(any_kafka.state.data_dir))
    assert {order_id: held[order_id] for order_id in paid} == paid
    assert charged_again & paid.keys()


def held_by_the_sandbox(data_dir: Path) -> tuple[Counter[str], set[str]]:
    """The cents that the sandbox holds of each order, and the orders that it has charged twice."""
    with sqlite3.connect(f"{(data_dir / 'payment' / 'sandbox.db').as_uri()}?mode=ro", uri=True) as sandbox:
        taken = sandbox.execute("SELECT order_id, amount_cents FROM charges WHERE state = 'charged'").fetchall()
        refunded = sandbox.execute("SELECT order_id, amount_cents FROM refunds").fetchall()
    held: Counter[str] = Counter()
    for row_id, cents in taken:
        held[row_id.removesuffix("#2")] += cents
    for row_id, cents in refunded:
        held[row_id.removesuffix("#2")] -= cents
    return held, {row_id.removesuffix("#2") for row_id, _ in taken if row_id.endswith("#2")}
