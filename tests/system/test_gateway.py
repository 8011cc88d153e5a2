"""The gateway's own answers with real services behind it."""

from __future__ import annotations

import asyncio

from services_stub.contracts.http.gateway import OrderTimeline, Storefront
from services_stub.contracts.http.payment import PaymentStatus
from tests.system.accounts import buy, new_person, new_product
from tests.system.marketplace import Marketplace
from tests.waiting import eventually


def test_a_storefront_has_products_cart_and_unread_messages(any_kafka: Marketplace) -> None:
    async def scenario() -> None:
        seller, shopper = await new_person(any_kafka, "seller"), await new_person(any_kafka)
        product = await new_product(seller, name="Zephyrine lantern")

        async with any_kafka.client() as guest:

            async def seen_by_the_guest() -> Storefront | None:
                answer = await guest.storefront.read("zephyrine")
                return answer if answer.search and answer.search.items else None

            answer = await eventually(seen_by_the_guest, seconds=15, what="the product in the storefront")
            assert answer is not None
            assert answer.search is not None
            assert [item.product_id for item in answer.search.items] == [product.product_id]
            assert (answer.missing, answer.cart, answer.unread) == ([], None, None)
            assert answer.categories
            await guest.cart.add(product.product_id, 2)
            summary = (await guest.storefront.read("zephyrine")).cart
            assert summary is not None
            assert (summary.lines, summary.units, summary.amount) == (1, 2, product.price * 2)
        await buy(shopper, product.product_id)

        async def unread() -> int:
            return (await shopper.storefront.read()).unread or 0

        await eventually(unread, seconds=15, what="unread messages in the storefront")

    asyncio.run(scenario())


def test_a_timeline_tells_an_order_from_its_place_to_its_messages(any_kafka: Marketplace) -> None:
    async def scenario() -> None:
        seller, shopper = await new_person(any_kafka, "seller"), await new_person(any_kafka)
        order = await buy(shopper, (await new_product(seller)).product_id)

        async def told() -> OrderTimeline | None:
            timeline = await shopper.orders.timeline(order.order_id)
            return (
                timeline if {"order-placed", "payment-received"} <= {entry.what for entry in timeline.entries} else None
            )

        timeline = await eventually(told, seconds=15, what="both messages in the timeline")
        assert timeline is not None
        assert timeline.missing == []
        assert timeline.order == await shopper.orders.read(order.order_id)
        times = [entry.at for entry in timeline.entries]
        assert times == sorted(times)
        told_of = [(entry.kind, entry.what) for entry in timeline.entries]
        assert told_of[0] == ("order", "PENDING")
        assert {("order", "PAID"), ("payment", PaymentStatus.CHARGED)} <= set(told_of)

    asyncio.run(scenario())
