"""Placing an order is repeated with the same key while its outcome is unknown, and never otherwise."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import httpx
import msgspec
import pytest

from services_stub.client import Conflict, OutcomeUnknown
from services_stub.contracts.events.order import OrderItem, OrderStatus
from services_stub.contracts.http.order import Order
from tests.unit.client.marketplace import FakeMarketplace, json, refusal

ORDERS = "/order-service/api/orders"

ITEM = OrderItem(product_id="p1", seller_id="s1", name="Mug", quantity=1, unit_price=Decimal("19.99"))
ORDER = Order(
    order_id="o1",
    user_id="u1",
    status=OrderStatus.PENDING,
    reason="",
    items=[ITEM],
    amount=Decimal("19.99"),
    currency="USD",
    payment_method="pm_card_visa",
    created_at="2026-01-01T00:00:00Z",
    updated_at="2026-01-01T00:00:00Z",
)


def keys(shop: FakeMarketplace) -> list[str]:
    return [request.headers["idempotency-key"] for request in shop.requests]


def test_an_unknown_outcome_is_repeated_with_the_same_key() -> None:
    shop = FakeMarketplace()
    shop.on(
        "POST",
        ORDERS,
        httpx.ReadTimeout("slow"),
        httpx.ConnectError("refused"),
        refusal(503, "unavailable"),
        json(ORDER, 201),
    )
    assert asyncio.run(shop.client().orders.place("pm_card_visa")) == ORDER
    assert len(keys(shop)) == 4
    assert len(set(keys(shop))) == 1


def test_every_order_has_a_key_of_its_own() -> None:
    shop = FakeMarketplace()
    shop.on("POST", ORDERS, json(ORDER, 201))
    client = shop.client()

    async def scenario() -> None:
        await client.orders.place("pm_card_visa")
        await client.orders.place("pm_card_visa")

    asyncio.run(scenario())
    assert len(set(keys(shop))) == 2


def test_who_gives_up_gets_the_key_to_go_on_with() -> None:
    shop = FakeMarketplace()
    shop.on("POST", ORDERS, httpx.ReadTimeout("slow"))
    with pytest.raises(OutcomeUnknown) as unknown:
        asyncio.run(shop.client().orders.place("pm_card_visa"))
    assert keys(shop) == [unknown.value.idempotency_key] * 4
    shop.on("POST", ORDERS, json(ORDER))
    asyncio.run(shop.client().orders.place("pm_card_visa", idempotency_key=unknown.value.idempotency_key))
    assert len(set(keys(shop))) == 1


def test_a_refusal_is_final() -> None:
    shop = FakeMarketplace()
    shop.on("POST", ORDERS, refusal(409, "out-of-stock", lines=[{"productId": "p1"}]))
    with pytest.raises(Conflict) as refused:
        asyncio.run(shop.client().orders.place("pm_card_visa"))
    assert refused.value.problem.code == "out-of-stock"
    assert len(shop.requests) == 1


def test_amounts_are_exact_both_ways() -> None:
    shop = FakeMarketplace()
    shop.on("POST", ORDERS, json(ORDER, 201))
    order = asyncio.run(shop.client().orders.place("pm_card_visa", expected_amount=Decimal("19.99")))
    assert shop.requests[0].content == b'{"paymentMethod":"pm_card_visa","expectedAmount":19.99}'
    assert order.amount == Decimal("19.99")
    assert str(order.items[0].unit_price) == "19.99"


def test_an_expected_amount_is_left_out_where_none_is_given() -> None:
    shop = FakeMarketplace()
    shop.on("POST", ORDERS, json(ORDER, 201))
    asyncio.run(shop.client().orders.place("pm_card_visa"))
    assert msgspec.json.decode(shop.requests[0].content) == {"paymentMethod": "pm_card_visa"}
