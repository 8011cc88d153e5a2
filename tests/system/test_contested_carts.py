"""However often a cart is ordered, and whatever dies meanwhile: each line is sold once, and no money is without a way.

`MARKETPLACE_TEST_SEED` chooses another run than the usual one.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from collections import Counter
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest

from services_stub.contracts.control import KillBroker
from services_stub.contracts.control_faults import (
    DeclinedPayments,
    DoubleCharges,
    LostPaymentAnswers,
    PaymentFault,
    PaymentOutage,
)
from services_stub.contracts.http.order import Order
from services_stub.contracts.http.payment import Payment, PaymentStatus
from services_stub.contracts.money import ZERO, to_cents
from tests.system import contested_carts as carts
from tests.system.accounts import admin
from tests.system.contested_carts import ENDS, SOLD, STOCK, Contest, S, Shopper
from tests.system.log import once, read_topics
from tests.system.marketplace import Marketplace, running_marketplace
from tests.system.purchases_under_faults import insist
from tests.system.sales import dashboard_that_adds_up
from tests.waiting import eventually

SHOPPERS = 64
PARTS = ("order", "payment", "product", "cart", "gateway", "kafka")
FAULTS: list[PaymentFault] = [
    LostPaymentAnswers(rate=0.4),
    DoubleCharges(rate=0.6),
    DeclinedPayments(rate=0.3),
    PaymentOutage(),
]
SEED = int(os.environ.get("MARKETPLACE_TEST_SEED", "12"))
Sold = list[tuple[Shopper, list[Order]]]


async def disturb(shop: Marketplace, chance: random.Random, shopping: asyncio.Task[None]) -> Counter[str]:
    """Kill one part after the other, each once the one before is back, and let the provider fail; what was killed."""
    killed: Counter[str] = Counter()
    while not shopping.done():
        if chance.random() < 0.4:
            active = {fault.id for fault in await asyncio.to_thread(shop.control.faults)}
            fault = chance.choice(FAULTS)
            change = partial(shop.control.clear, fault.id) if fault.id in active else partial(shop.control.apply, fault)
            await asyncio.to_thread(change)
        await asyncio.wait([shopping], timeout=chance.uniform(0.1, 0.4))
        state = await asyncio.to_thread(shop.control.status)
        before = {part: state.pid_of(part) for part in chance.sample(PARTS, chance.choice((1, 1, 2)))}
        for part, pid in before.items():
            killed[part] += bool(pid)
            if part == "kafka":
                await asyncio.to_thread(shop.control.act, KillBroker())
            elif pid:
                os.kill(pid, signal.SIGKILL)

        def are_others(before: dict[str, int] = before) -> bool:
            state = shop.control.status()
            return all(state.pid_of(part) not in (0, pid) for part, pid in before.items())

        await eventually(partial(asyncio.to_thread, are_others), what=f"{', '.join(before)} are back")
    for active_fault in await asyncio.to_thread(shop.control.faults):
        await asyncio.to_thread(shop.control.clear, active_fault.id)
    return killed


async def ended(contest: Contest) -> Sold:
    """All orders, once nothing of them is pending and the provider holds what the sellers keep."""
    data_dir = Path(contest.marketplace.state.data_dir)
    found: Sold = []
    wrong: list[object] = []

    async def all_have() -> bool:
        found[:] = [(shopper, await carts.orders_of(shopper)) for shopper in contest.shoppers]
        orders = [order for _, several in found for order in several]
        held = carts.held_by_the_provider(data_dir)
        wrong[:] = [
            (order, held[order.order_id])
            for order in orders
            if any(part.status not in ENDS for part in order.parts)
            or held[order.order_id] != to_cents(carts.kept(order))
        ]
        return not wrong and {order_id for order_id, cents in held.items() if cents} <= {o.order_id for o in orders}

    try:
        await eventually(all_have, seconds=60)
    except AssertionError:
        pytest.fail(f"orders that did not end, or whose money is elsewhere: {wrong[:3]}")
    return found


def check_answers(sold: Sold) -> None:
    """A key has one order, an order one key, and there is no other order."""
    for shopper, orders in sold:
        answered = [order_id for ids in shopper.answers.values() for order_id in ids]
        assert all(len(ids) == 1 for ids in shopper.answers.values()), shopper.answers
        assert sorted(answered) == sorted(order.order_id for order in orders)


async def check_lines(sold: Sold) -> None:
    """Each unit that was put into a cart is in one order that did not fail, or in the cart again."""
    for shopper, orders in sold:
        in_orders: Counter[str] = Counter()
        failed: set[str] = set()
        for order in orders:
            in_orders += carts.units_of(order, without={S.FAILED})
            failed |= {item.product_id for item in order.items} if order.returned_to_cart else set()
        # Lines of an order that could not be paid do not go back where the shopper has put the product in since.
        may_be_gone = failed & shopper.merged

        async def adds_up(
            shopper: Shopper = shopper, in_orders: Counter[str] = in_orders, gone: set[str] = may_be_gone
        ) -> bool:
            cart = await insist(shopper.first.cart.read)
            units = in_orders + Counter({line.product_id: line.quantity for line in cart.lines})
            assert units <= shopper.put, ("sold more than once", units - shopper.put)
            return all(units[product_id] == shopper.put[product_id] for product_id in shopper.put.keys() - gone)

        await eventually(adds_up, seconds=90, what=f"the lines of {orders} are where they belong: {shopper.put}")


async def check_payments(contest: Contest, sold: Sold) -> None:
    """Payments say what the provider has done, and the log has each charge and each refund once."""
    log = once(read_topics(contest.marketplace.bootstrap_servers, "payment-success", "payment-refunded"))
    charged = {topic: Counter[str]() for topic in ("payment-success", "payment-refunded")}
    charges = Counter(entry.key for entry in log if entry.topic == "payment-success")
    for entry in log:
        charged[entry.topic][entry.key] += round(entry.value["amount"] * 100)
    for shopper, orders in sold:
        for order in orders:
            payment = await _settled(shopper, order.order_id)
            back = sum((refund.amount for refund in payment.refunds), ZERO)
            # An order that ended before its charge gives all of it back, and nothing was taken.
            was_charged = payment.status in (PaymentStatus.CHARGED, PaymentStatus.REFUNDED)
            if charges[order.order_id]:
                assert was_charged, (payment, order)
            if payment.status is PaymentStatus.CHARGED:
                assert order.amount - back == carts.kept(order), (payment, order)
            else:
                assert carts.kept(order) == ZERO, (payment, order)
            assert charges[order.order_id] <= 1, order
            assert charged["payment-success"][order.order_id] in (0, to_cents(order.amount))
            assert charged["payment-refunded"][order.order_id] == (to_cents(back) if was_charged else 0), payment


async def _settled(shopper: Shopper, order_id: str) -> Payment:
    """A payment once nothing of it is under way: after an outage, refunds are asked for again with growing pauses."""

    async def is_settled() -> Payment | None:
        payment = await insist(partial(shopper.first.payments.read, order_id))
        under_way = payment.status is PaymentStatus.PENDING or not all(one.refunded for one in payment.refunds)
        return None if under_way else payment

    payment = await eventually(is_settled, seconds=90, what=f"the payment of {order_id} is settled")
    assert payment is not None
    return payment


async def check_stock(contest: Contest, sold: Sold) -> None:
    """Each seller's stock is short of what was sold, and nothing is reserved any more."""
    out: Counter[str] = Counter()
    for _, orders in sold:
        for order in orders:
            out += carts.left_the_stock(order)

    right = {(product.product_id, STOCK - out[product.product_id], 0) for product in contest.products}
    wrong: set[tuple[str, int, int]] = set()

    async def adds_up() -> bool:
        wrong.clear()
        for seller in contest.sellers.values():
            page = await insist(partial(seller.seller.products, limit=100))
            wrong.update({(p.product_id, p.quantity, p.reserved) for p in page.items} - right)
        return not wrong

    try:
        await eventually(adds_up, seconds=90)
    except AssertionError:
        pytest.fail(f"stock (product, units, reserved): {sorted(wrong)} instead of {sorted(right)}")


async def check_sales(contest: Contest, sold: Sold) -> None:
    """Each seller's revenue and refunds are the sums of the parts."""
    kept: Counter[str] = Counter()
    for _, orders in sold:
        for part in (part for order in orders for part in order.parts if part.status in SOLD):
            kept[part.seller_id] += to_cents(part.amount)
    for seller_id, seller in contest.sellers.items():

        async def adds_up(seller_id: str = seller_id, seller: object = seller) -> bool:
            board = await insist(partial(contest.sellers[seller_id].seller.dashboard))
            return board.revenue == Decimal(kept[seller_id]) / 100

        await eventually(adds_up, seconds=60, what="the right revenue")
        await dashboard_that_adds_up(seller)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_each_line_is_sold_once_and_each_charge_has_a_way_whatever_dies() -> None:
    chance = random.Random(SEED)

    async def scenario(shop: Marketplace) -> None:
        contest = await carts.begin(shop, await admin(shop), chance, SHOPPERS)
        shopping = asyncio.create_task(carts.contend(contest, random.Random(chance.random())))
        killed = await disturb(shop, random.Random(chance.random()), shopping)
        await shopping
        sold = await ended(contest)
        states = Counter(part.status.value for _, orders in sold for order in orders for part in order.parts)
        sys.stdout.write(f"seed {SEED}: killed {dict(killed)}; parts {dict(states)}\n")
        check_answers(sold)
        await check_lines(sold)
        await check_payments(contest, sold)
        await check_stock(contest, sold)
        await check_sales(contest, sold)

    with running_marketplace() as shop:
        asyncio.run(scenario(shop))
