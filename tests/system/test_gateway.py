"""The gateway's own answers with real services behind it."""

from __future__ import annotations

import asyncio
from secrets import token_hex

import httpx

from services_stub.contracts.http.gateway import OrderTimeline, Storefront
from services_stub.contracts.http.payment import PaymentStatus
from tests.system.accounts import buy, new_person, new_product
from tests.system.marketplace import Marketplace
from tests.waiting import eventually

PRODUCTS = "/product-service/api/products"
LOGIN = "/auth-service/api/auth/login"


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
            return timeline if {"order-placed", "receipt"} <= {entry.what for entry in timeline.entries} else None

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


def test_a_product_is_sent_again_only_when_it_changed(any_kafka: Marketplace) -> None:
    async def scenario() -> None:
        seller = await new_person(any_kafka, "seller")
        product = await new_product(seller)
        async with httpx.AsyncClient(base_url=any_kafka.gateway, timeout=30) as http:
            for path in (f"{PRODUCTS}/{product.product_id}", PRODUCTS, f"{PRODUCTS}?sellerId={product.seller_id}"):
                first = await http.get(path)
                again = await http.get(path, headers={"if-none-match": first.headers["etag"]})
                assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
            await seller.seller.change_product(product.product_id, quantity=1)
            changed = await http.get(path, headers={"if-none-match": first.headers["etag"]})
            assert (changed.status_code, changed.json()["items"][0]["quantity"]) == (200, 1)
            search = await http.get("/search-service/api/search?q=nothing-like-it")
            again = await http.get(search.request.url, headers={"if-none-match": search.headers["etag"]})
            assert again.status_code == 304
            cart = await http.get("/cart-service/api/cart/public", headers={"x-session-id": token_hex(16)})
            assert (cart.status_code, cart.headers["cache-control"]) == (200, "no-store")

    asyncio.run(scenario())


def test_guessing_a_password_is_slowed_down_for_one_account_alone(any_kafka: Marketplace) -> None:
    async def scenario() -> None:
        victim, other = await new_person(any_kafka), await new_person(any_kafka)
        assert victim.session.user is not None
        assert other.session.user is not None
        async with httpx.AsyncClient(base_url=any_kafka.gateway, timeout=30) as http:
            guess = {"email": victim.session.user.email, "password": "a wrong guess"}
            for _ in range(30):
                answer = await http.post(LOGIN, json=guess)
                if answer.status_code == 429:
                    break
                assert answer.status_code == 401
            assert answer.status_code == 429
            assert 1 <= int(answer.headers["retry-after"]) <= 6
            assert answer.headers["ratelimit-remaining"] == "0"
            assert (await http.post(LOGIN, json=guess | {"email": other.session.user.email})).status_code == 401
        await victim.cart.read()

    asyncio.run(scenario())
