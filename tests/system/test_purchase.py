"""A purchase, and what must hold when many want the same: nothing sold twice, nothing ordered twice."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from services_stub.client import MarketplaceClient
from services_stub.client.errors import Conflict, MarketplaceError, NotAllowed, NotFound
from services_stub.contracts.events.order import OrderStatus
from services_stub.contracts.http.order import Order
from services_stub.contracts.http.payment import PaymentStatus
from services_stub.contracts.http.product import Product
from tests.system.accounts import DECLINED_CARD, GOOD_CARD, admin, buy, new_person, new_product, settled, until_status
from tests.system.log import Entry, once, read_topics
from tests.system.marketplace import Marketplace
from tests.waiting import eventually


async def types_with(marketplace: Marketplace, order_id: str, awaited: str) -> list[str]:
    """The types of the events of an order in the log; none before the awaited one is there."""
    types = [entry.headers["ce_type"] for entry in flow_of(marketplace, order_id)]
    return types if awaited in types else []


def test_a_purchase_travels_through_every_service(any_kafka: Marketplace) -> None:
    async def scenario() -> None:
        seller, shopper = await new_person(any_kafka, "seller"), await new_person(any_kafka)
        product = await new_product(seller, quantity=10, price="19.99")
        order = await buy(shopper, product.product_id, quantity=2)
        assert order.status == OrderStatus.PAID
        assert order.amount == Decimal("39.98")
        payment = await shopper.payments.read(order.order_id)
        assert (payment.status, payment.amount) == (PaymentStatus.CHARGED, Decimal("39.98"))
        assert (await shopper.products.read(product.product_id)).quantity == 8
        assert (await shopper.cart.read()).lines == []
        await eventually(lambda: has_messages(shopper, "order-placed", "receipt"), what="both messages")
        # Messages can be read before the records that say that they were sent.
        sent = "marketplace.notification-sent.v1"
        types = await eventually(lambda: types_with(any_kafka, order.order_id, sent), what="the notification's event")
        assert types[0] == "marketplace.product-updated.v1"
        for topic in ("order-created", "payment-success", "order-updated", "notification-sent"):
            assert f"marketplace.{topic}.v1" in types

    asyncio.run(scenario())


async def has_messages(shopper: MarketplaceClient, *templates: str) -> bool:
    return {message.template for message in (await shopper.notifications.list()).items} >= set(templates)


async def has_stock(client: MarketplaceClient, product: Product, quantity: int) -> bool:
    return (await client.products.read(product.product_id)).quantity == quantity


def flow_of(marketplace: Marketplace, order_id: str) -> list[Entry]:
    topics = ("product-updated", "order-created", "payment-success", "order-updated", "notification-sent")
    entries = read_topics(marketplace.bootstrap_servers, *topics)
    flow = [entry for entry in entries if entry.headers.get("ce_correlationid") == order_id]
    return sorted(flow, key=lambda entry: entry.headers["ce_time"])


def test_a_declined_card_releases_the_stock(any_kafka: Marketplace) -> None:
    async def scenario() -> None:
        seller, shopper = await new_person(any_kafka, "seller"), await new_person(any_kafka)
        product = await new_product(seller, quantity=3)
        order = await buy(shopper, product.product_id, quantity=3, card=DECLINED_CARD)
        assert order.status == OrderStatus.FAILED
        await eventually(lambda: has_stock(shopper, product, 3), seconds=10, what="the stock is back")
        assert (await shopper.payments.read(order.order_id)).status == PaymentStatus.FAILED

    asyncio.run(scenario())


def test_a_paid_order_that_is_cancelled_is_refunded_and_restocked(any_kafka: Marketplace) -> None:
    async def scenario() -> None:
        seller, shopper = await new_person(any_kafka, "seller"), await new_person(any_kafka)
        product = await new_product(seller, quantity=5)
        order = await buy(shopper, product.product_id, quantity=2)
        await shopper.orders.cancel(order.order_id, "changed my mind")
        refunded = await until_status(shopper, order.order_id, OrderStatus.REFUNDED)
        assert [change.status for change in refunded.history] == ["PENDING", "PAID", "CANCELLED", "REFUNDED"]
        await eventually(lambda: has_stock(shopper, product, 5), seconds=10, what="the stock is back")

    asyncio.run(scenario())


def test_a_hundred_shoppers_get_no_more_than_the_ten_in_stock(any_kafka: Marketplace) -> None:
    async def try_to_buy(product_id: str) -> Order | None:
        shopper = await new_person(any_kafka)
        try:
            return await buy(shopper, product_id)
        except Conflict as conflict:
            assert conflict.problem.code == "out-of-stock"
            return None
        finally:
            await shopper.close()

    async def scenario() -> None:
        seller = await new_person(any_kafka, "seller")
        product = await new_product(seller, quantity=10)
        orders = await asyncio.gather(*(try_to_buy(product.product_id) for _ in range(100)))
        assert sum(order is not None and order.status == OrderStatus.PAID for order in orders) == 10
        assert sum(order is None for order in orders) == 90
        assert (await seller.products.read(product.product_id)).quantity == 0

    asyncio.run(scenario())


def test_one_idempotency_key_is_one_order_however_often_it_is_sent(any_kafka: Marketplace) -> None:
    async def scenario() -> None:
        seller, shopper = await new_person(any_kafka, "seller"), await new_person(any_kafka)
        product = await new_product(seller, quantity=1)
        await shopper.cart.add(product.product_id)
        placed = await asyncio.gather(*(shopper.orders.place(GOOD_CARD, idempotency_key="one") for _ in range(50)))
        assert len({order.order_id for order in placed}) == 1
        assert (await settled(shopper, placed[0].order_id)).status == OrderStatus.PAID
        again = await shopper.orders.place(GOOD_CARD, idempotency_key="one")
        assert (again.order_id, again.status) == (placed[0].order_id, OrderStatus.PAID)
        with pytest.raises(MarketplaceError) as reused:
            await shopper.orders.place(DECLINED_CARD, idempotency_key="one")
        assert "idempotency-key-reused" in str(reused.value.problem.type)  # type: ignore[attr-defined]
        created = once(read_topics(any_kafka.bootstrap_servers, "order-created"), lambda e: e.key == placed[0].order_id)
        assert len(created) == 1
        assert len((await shopper.orders.list()).items) == 1

    asyncio.run(scenario())


def test_a_price_that_changed_is_told_before_anything_is_charged(any_kafka: Marketplace) -> None:
    async def scenario() -> None:
        seller, shopper = await new_person(any_kafka, "seller"), await new_person(any_kafka)
        product = await new_product(seller, price="10.00")
        await shopper.cart.add(product.product_id)
        await seller.seller.change_product(product.product_id, price=Decimal("12.00"))
        with pytest.raises(Conflict) as conflict:
            await shopper.orders.place(GOOD_CARD, expected_amount=Decimal("10.00"))
        assert conflict.value.problem.code == "price-changed"

        async def cart_has_the_new_price() -> bool:
            return (await shopper.cart.read()).amount == Decimal("12.00")

        await eventually(cart_has_the_new_price, seconds=10, what="the new price in the cart")
        placed = await shopper.orders.place(GOOD_CARD, expected_amount=Decimal("12.00"))
        assert (await settled(shopper, placed.order_id)).amount == Decimal("12.00")

    asyncio.run(scenario())


def test_a_guest_cart_is_merged_at_login(any_kafka: Marketplace) -> None:
    async def scenario() -> None:
        seller = await new_person(any_kafka, "seller")
        first, second = await new_product(seller, price="1.00"), await new_product(seller, price="2.00")
        shopper = await new_person(any_kafka)
        await shopper.cart.add(first.product_id)
        email = shopper.session.user.email if shopper.session.user else ""
        guest = any_kafka.client()
        await guest.cart.add(first.product_id, 2)
        await guest.cart.add(second.product_id)
        await guest.auth.login(email, "a-long-password")
        cart = await guest.cart.read()
        assert {line.product_id: line.quantity for line in cart.lines} == {first.product_id: 3, second.product_id: 1}
        assert cart.amount == Decimal("5.00")

    asyncio.run(scenario())


def test_blocking_a_seller_cancels_pending_orders_and_ends_their_token(any_kafka: Marketplace) -> None:
    async def scenario() -> None:
        boss, seller = await admin(any_kafka), await new_person(any_kafka, "seller")
        shopper = await new_person(any_kafka)
        product = await new_product(seller, quantity=4)
        await shopper.cart.add(product.product_id)
        pending = await shopper.orders.place("pm_card_slow")
        assert seller.session.user is not None
        await boss.admin.block_seller(seller.session.user.user_id, "counterfeit goods")

        async def refusal_of_the_seller() -> str:
            try:
                await seller.seller.products()
            except NotAllowed as error:
                return error.problem.code
            return ""

        assert await eventually(refusal_of_the_seller, what="a refusal") == "seller-blocked"
        cancelled = await until_status(shopper, pending.order_id, OrderStatus.CANCELLED, OrderStatus.REFUNDED)
        assert cancelled.history[1].status == OrderStatus.CANCELLED

        async def product_is_gone() -> bool:
            try:
                await shopper.products.read(product.product_id)
            except NotFound:
                return True
            return False

        await eventually(product_is_gone, seconds=10, what="the end of the product")

    asyncio.run(scenario())
