"""Every method asks for the one path that it stands for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import msgspec
import pytest

from services_stub.client import MarketplaceClient, NotFound
from services_stub.contracts.events.order import OrderStatus
from services_stub.contracts.events.product import ProductStatus
from services_stub.contracts.http.bulk import IntakeLine, PriceLine
from services_stub.contracts.http.dead_letters import DeadLetterState
from services_stub.contracts.http.payment import PaymentStatus
from tests.unit.client.marketplace import FakeMarketplace, json, refusal

PRODUCTS = "/product-service/api/products"
CART = "/cart-service/api/cart/public"
ORDERS = "/order-service/api/orders"
DEAD_LETTERS = "/api/admin/dead-letters"
INBOX = "/notification-service/api/notifications"

OPENAPI = msgspec.json.decode((Path(__file__).parents[3] / "docs" / "openapi.json").read_bytes())

Call = Callable[[MarketplaceClient], Awaitable[Any]]

ROUTES: list[tuple[str, Call]] = [
    ("POST /auth-service/api/auth/register", lambda c: c.auth.register("a@example.org", "long enough")),
    ("POST /auth-service/api/auth/login", lambda c: c.auth.login("a@example.org", "long enough")),
    ("POST /auth-service/api/auth/password", lambda c: c.auth.change_password("long enough", "longer than that")),
    ("POST /auth-service/api/auth/forgot-password", lambda c: c.auth.forgot_password("a@example.org")),
    ("POST /auth-service/api/auth/reset-password", lambda c: c.auth.reset_password("token", "longer than that")),
    ("POST /auth-service/api/auth/logout-everywhere", lambda c: c.auth.logout_everywhere()),
    ("GET /auth-service/api/auth/me", lambda c: c.auth.me()),
    ("GET /auth-service/api/auth/keys", lambda c: c.auth.keys()),
    ("GET /auth-service/api/auth/sellers?ids=s1%2Cs2", lambda c: c.auth.seller_names(["s1", "s2"])),
    (f"GET {PRODUCTS}?sort=newest&limit=20", lambda c: c.products.list()),
    (
        f"GET {PRODUCTS}?q=red+mug%26&category=Kitchen&sellerId=s1&minPrice=1.50&maxPrice=20&inStock=true"
        "&sort=-price&cursor=abc&limit=5",
        lambda c: c.products.list(
            "red mug&",
            category="Kitchen",
            seller_id="s1",
            min_price=Decimal("1.50"),
            max_price=Decimal(20),
            in_stock=True,
            sort="-price",
            cursor="abc",
            limit=5,
        ),
    ),
    (f"GET {PRODUCTS}/p1", lambda c: c.products.read("p1")),
    (f"GET {PRODUCTS}/..%2Finternal%3Fx", lambda c: c.products.read("../internal?x")),
    ("GET /analytics-service/api/summary?top=3", lambda c: c.analytics.summary(top=3)),
    (
        "GET /analytics-service/api/series?resolution=second&points=600",
        lambda c: c.analytics.series("second", points=600),
    ),
    ("GET /search-service/api/search?sort=relevance&limit=20", lambda c: c.search.find()),
    (
        "GET /search-service/api/search?q=red+mug%26&category=Kitchen&sellerId=s1&minPrice=1.50&maxPrice=20"
        "&inStock=true&sort=-price&cursor=abc&limit=5",
        lambda c: c.search.find(
            "red mug&",
            category="Kitchen",
            seller_id="s1",
            min_price=Decimal("1.50"),
            max_price=Decimal(20),
            in_stock=True,
            sort="-price",
            cursor="abc",
            limit=5,
        ),
    ),
    ("GET /product-service/api/categories", lambda c: c.products.categories()),
    (f"GET {CART}", lambda c: c.cart.read()),
    (f"POST {CART}/add", lambda c: c.cart.add("p1", 2)),
    (f"PUT {CART}/items/p1", lambda c: c.cart.change("p1", 3)),
    (f"DELETE {CART}/items/p1", lambda c: c.cart.remove("p1")),
    (f"DELETE {CART}", lambda c: c.cart.clear()),
    ("POST /cart-service/api/cart/merge", lambda c: c.cart.merge()),
    (f"POST {ORDERS}", lambda c: c.orders.place("pm_card_visa")),
    (f"GET {ORDERS}?status=PAID&limit=20", lambda c: c.orders.list(status=OrderStatus.PAID)),
    (f"GET {ORDERS}/o1", lambda c: c.orders.read("o1")),
    (f"POST {ORDERS}/o1/cancel", lambda c: c.orders.cancel("o1")),
    ("GET /api/orders/o1/overview", lambda c: c.orders.overview("o1")),
    ("GET /api/orders/o1/timeline", lambda c: c.orders.timeline("o1")),
    ("GET /api/storefront?q=red+mug&sort=relevance&limit=20", lambda c: c.storefront.read("red mug")),
    ("GET /payment-service/api/payments/o1", lambda c: c.payments.read("o1")),
    ("GET /payment-service/api/payments?limit=20", lambda c: c.payments.list()),
    ("GET /payment-service/api/payment-methods", lambda c: c.payments.methods()),
    (f"GET {INBOX}?unread=true&limit=20", lambda c: c.notifications.list(unread=True)),
    (f"POST {INBOX}/n1/read", lambda c: c.notifications.mark_read("n1")),
    (f"POST {INBOX}/read-all", lambda c: c.notifications.mark_all_read()),
    ("GET /notification-service/api/preferences", lambda c: c.notifications.preferences()),
    (
        "PUT /notification-service/api/preferences",
        lambda c: c.notifications.change_preferences(delivery=["email"], sales=[], stock=[]),
    ),
    ("POST /notification-service/api/admin/bounces", lambda c: c.admin.report_bounce("a@example.org", "full")),
    ("GET /product-service/api/seller/products?sort=newest&limit=20", lambda c: c.seller.products()),
    (
        "GET /product-service/api/seller/products?q=mug&category=Kitchen&status=BLOCKED&inStock=false"
        "&sort=name&limit=5",
        lambda c: c.seller.products(
            "mug", category="Kitchen", status=ProductStatus.BLOCKED, in_stock=False, sort="name", limit=5
        ),
    ),
    (
        f"POST {PRODUCTS}",
        lambda c: c.seller.create_product("Mug", category="Kitchen", price=Decimal("19.90"), quantity=3),
    ),
    (f"PATCH {PRODUCTS}/p1", lambda c: c.seller.change_product("p1", quantity=4)),
    (
        f"POST {PRODUCTS}/bulk/prices",
        lambda c: c.seller.change_prices([PriceLine(product_id="p1", price=Decimal("2.00"))]),
    ),
    (
        f"POST {PRODUCTS}/bulk/stock",
        lambda c: c.seller.take_in_stock([IntakeLine(product_id="p1", units=3)], dry_run=True),
    ),
    (f"DELETE {PRODUCTS}/p1", lambda c: c.seller.delete_product("p1")),
    ("GET /order-service/api/seller/orders?limit=20", lambda c: c.seller.orders()),
    (f"POST {ORDERS}/o1/ship", lambda c: c.seller.ship("o1")),
    (f"POST {ORDERS}/o1/deliver", lambda c: c.seller.deliver("o1")),
    (f"POST {ORDERS}/o1/refund", lambda c: c.seller.refund("o1", "broken")),
    (f"POST {ORDERS}/o1/cancel", lambda c: c.admin.cancel("o1", "fraud", seller_id="s1")),
    (f"POST {ORDERS}/o1/refund", lambda c: c.admin.refund("o1", seller_id="s1")),
    (f"POST {ORDERS}/o1/ship", lambda c: c.admin.ship("o1", seller_id="s1")),
    (f"POST {ORDERS}/o1/deliver", lambda c: c.admin.deliver("o1")),
    ("GET /seller-service/api/dashboard?interval=day&limit=20", lambda c: c.seller.dashboard()),
    (
        "GET /seller-service/api/dashboard?placedFrom=2026-01-30T11%3A00%3A00.000000Z"
        "&placedTo=2026-01-31T11%3A00%3A00.000000Z&sellerId=s1&interval=hour&limit=5",
        lambda c: c.seller.dashboard(
            interval="hour",
            placed_from=datetime.fromisoformat("2026-01-30T12:00:00+01:00"),
            placed_to=datetime.fromisoformat("2026-01-31T11:00:00Z"),
            limit=5,
            seller_id="s1",
        ),
    ),
    (
        "GET /seller-service/api/sales?position=7&cursor=abc&limit=20",
        lambda c: c.seller.sales(position=7, cursor="abc"),
    ),
    ("GET /seller-service/api/notices?unread=true&limit=20", lambda c: c.seller.notices(unread=True)),
    ("POST /seller-service/api/notices/n1/read", lambda c: c.seller.mark_notice_read("n1")),
    ("POST /seller-service/api/notices/read-all", lambda c: c.seller.mark_all_notices_read()),
    ("GET /seller-service/api/settings", lambda c: c.seller.settings()),
    ("PUT /seller-service/api/settings", lambda c: c.seller.change_settings(low_stock_threshold=3)),
    ("GET /auth-service/api/admin/users?q=ada&role=seller&limit=20", lambda c: c.admin.users("ada", role="seller")),
    ("POST /auth-service/api/admin/block-seller/s1", lambda c: c.admin.block_seller("s1", "fraud")),
    ("POST /auth-service/api/admin/unblock-seller/s1", lambda c: c.admin.unblock_seller("s1")),
    (
        "GET /product-service/api/admin/products?status=BLOCKED&limit=20",
        lambda c: c.admin.products(status=ProductStatus.BLOCKED),
    ),
    ("POST /product-service/api/admin/block-product/p1", lambda c: c.admin.block_product("p1")),
    ("POST /product-service/api/admin/unblock-product/p1", lambda c: c.admin.unblock_product("p1")),
    ("GET /order-service/api/admin/orders?limit=20", lambda c: c.admin.orders()),
    (
        "GET /payment-service/api/admin/payments?status=CHARGED&limit=20",
        lambda c: c.admin.payments(status=PaymentStatus.CHARGED),
    ),
    (
        f"GET {DEAD_LETTERS}?topic=order-created&group=payment&state=open&cursor=abc&limit=5",
        lambda c: c.dead_letters.list(
            topic="order-created", group="payment", state=DeadLetterState.OPEN, cursor="abc", limit=5
        ),
    ),
    (f"GET {DEAD_LETTERS}/order-created.dlq%5B0%5D%4017", lambda c: c.dead_letters.read("order-created.dlq[0]@17")),
    (f"POST {DEAD_LETTERS}/send-again", lambda c: c.dead_letters.send_again(["order-created.dlq[0]@17"])),
    (f"POST {DEAD_LETTERS}/discard", lambda c: c.dead_letters.discard(["order-created.dlq[0]@17"], "a test")),
    ("GET /health/live", lambda c: c.health.live()),
    ("GET /", lambda c: c.documents.index()),
    ("GET /openapi.json", lambda c: c.documents.openapi()),
    ("GET /asyncapi.json", lambda c: c.documents.asyncapi()),
    ("GET /schemas/order-created.v1.json", lambda c: c.documents.schema("order-created.v1")),
]


@pytest.mark.parametrize(("route", "call"), ROUTES, ids=[route for route, _ in ROUTES])
def test_route(route: str, call: Call) -> None:
    shop = FakeMarketplace()
    with pytest.raises(NotFound):
        asyncio.run(awaited(call(shop.client())))
    assert shop.asked() == [route]


def test_bodies_hold_only_what_was_given() -> None:
    shop = FakeMarketplace()
    client = shop.client()

    async def scenario() -> None:
        for call in (
            client.seller.change_product("p1", price=Decimal("2.00"), version=7),
            client.seller.create_product("Mug", category="Kitchen", price=Decimal("19.90"), quantity=3),
            client.cart.add("p1", 2),
            client.admin.block_seller("s1", "fraud"),
        ):
            with pytest.raises(NotFound):
                await call

    asyncio.run(scenario())
    assert [msgspec.json.decode(request.content) for request in shop.requests] == [
        {"price": 2.0, "version": 7},
        {"name": "Mug", "category": "Kitchen", "price": 19.9, "quantity": 3, "description": ""},
        {"productId": "p1", "quantity": 2},
        {"reason": "fraud"},
    ]


def test_health_that_is_bad_is_an_answer_too() -> None:
    shop = FakeMarketplace()
    health = {"ready": False, "services": [{"name": "order", "ready": False, "detail": "away"}]}
    shop.on("GET", "/health/ready", json(health, 503))
    answer = asyncio.run(shop.client().health.ready())
    assert not answer.ready
    assert answer.services[0].detail == "away"
    shop.on("GET", "/health/ready", refusal(404, "not-found"))
    with pytest.raises(NotFound):
        asyncio.run(shop.client().health.ready())


def test_an_answer_without_a_body_is_fine_where_none_is_promised() -> None:
    shop = FakeMarketplace()
    shop.on("DELETE", f"{PRODUCTS}/p1", json("", 204))
    asyncio.run(shop.client().seller.delete_product("p1"))


async def awaited(call: Awaitable[Any]) -> Any:
    return await call


@pytest.mark.parametrize("expected", [expected for expected, _ in ROUTES if "?" in expected])
def test_every_parameter_that_is_sent_is_one_that_its_route_reads(expected: str) -> None:
    method, _, target = expected.partition(" ")
    path, _, query = target.partition("?")
    read = {one["name"] for one in OPENAPI["paths"][path][method.lower()]["parameters"] if one["in"] == "query"}
    assert {name for name, _ in parse_qsl(query)} <= read
