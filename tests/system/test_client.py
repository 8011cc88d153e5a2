"""The public client against a real gateway: what no mock can prove."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from services_stub.client import LiveEvent, MarketplaceClient, Session, SignInAgain
from services_stub.contracts.events import Event, NotificationSent, OrderStatus, OrderUpdated
from services_stub.contracts.http.gateway import OrderOverview
from services_stub.contracts.http.payment import PaymentStatus
from tests.system.accounts import GOOD_CARD, buy, new_person, new_product
from tests.system.marketplace import Marketplace
from tests.waiting import eventually


def test_the_live_stream_tells_a_shopper_of_their_order(any_kafka: Marketplace) -> None:
    async def scenario() -> None:
        seller, shopper = await new_person(any_kafka, "seller"), await new_person(any_kafka)
        product = await new_product(seller)
        placed: list[str] = []
        told: list[Event] = []
        async with asyncio.timeout(30), aclosing(shopper.stream()) as stream:
            coming = asyncio.ensure_future(anext(stream))
            while not {OrderUpdated, NotificationSent} <= {type(event) for event in told}:
                await asyncio.wait([coming], timeout=1 if placed else 0)
                if not coming.done():  # events before the connection stands are not streamed, so one order may not do
                    placed.append((await buy(shopper, product.product_id)).order_id)
                    continue
                item = coming.result()
                assert isinstance(item, LiveEvent)
                told.append(item.event)
                coming = asyncio.ensure_future(anext(stream))
            coming.cancel()
            await asyncio.wait([coming])
        updates = [event for event in told if isinstance(event, OrderUpdated)]
        assert [update.order_id for update in updates] == placed[-len(updates) :]
        assert {update.status for update in updates} == {OrderStatus.PAID}

    asyncio.run(scenario())


def test_an_order_its_payment_and_its_messages_are_one_overview(any_kafka: Marketplace) -> None:
    async def scenario() -> None:
        seller, shopper = await new_person(any_kafka, "seller"), await new_person(any_kafka)
        product = await new_product(seller)
        order = await buy(shopper, product.product_id, card=GOOD_CARD)

        async def with_both_messages() -> OrderOverview | None:
            overview = await shopper.orders.overview(order.order_id)
            return overview if len(overview.notifications or []) >= 2 else None

        overview = await eventually(with_both_messages, seconds=10, what="both messages in the overview")
        assert overview is not None
        assert overview.order == await shopper.orders.read(order.order_id)
        assert overview.payment is not None
        assert (overview.payment.status, overview.payment.amount) == (PaymentStatus.CHARGED, order.amount)

    asyncio.run(scenario())


def test_tokens_are_renewed_once_for_all_and_a_used_refresh_token_is_worthless(any_kafka: Marketplace) -> None:
    async def scenario() -> None:
        shopper = await new_person(any_kafka)
        before = shopper.session.tokens
        assert before is not None
        await shopper.auth.refresh()
        renewed = shopper.session.tokens
        assert renewed is not None
        assert renewed != before
        again = MarketplaceClient(any_kafka.gateway, session=Session(tokens=before))
        await again.auth.refresh()  # as after an answer that got lost
        assert again.session.tokens is not None
        assert again.session.tokens.refresh_token == renewed.refresh_token
        await shopper.auth.refresh()
        stale = MarketplaceClient(any_kafka.gateway, session=Session(tokens=before))
        with pytest.raises(SignInAgain):
            await stale.auth.refresh()

    asyncio.run(scenario())


def test_logging_out_ends_the_session(any_kafka: Marketplace) -> None:
    async def scenario() -> None:
        shopper = await new_person(any_kafka)
        tokens = shopper.session.tokens
        await shopper.auth.logout()
        with pytest.raises(SignInAgain):
            await MarketplaceClient(any_kafka.gateway, session=Session(tokens=tokens)).auth.refresh()

    asyncio.run(scenario())


def test_the_gateway_describes_itself(any_kafka: Marketplace) -> None:
    async def scenario() -> None:
        async with any_kafka.client() as guest:
            health = await guest.health.ready()
            assert health.ready, health
            await guest.health.live()
            assert await guest.documents.index()
            assert (await guest.documents.openapi())["openapi"].startswith("3.1")
            assert (await guest.documents.asyncapi())["asyncapi"].startswith("3.")
            assert (await guest.documents.schema("order-created.v1"))["title"]
            assert await guest.payments.methods()
            assert await guest.products.categories()
            assert (await guest.auth.keys()).keys

    asyncio.run(scenario())
