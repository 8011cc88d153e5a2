"""The operations that screens and commands share: finding by the end of an id, prices, lines, and buying."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any, TypeVar

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace_tui.operations import admin, seller, shop
from marketplace_tui.operations.finding import whole_id
from services_stub.client import Conflict, InvalidInput, MarketplaceClient, NotFound, TryLater
from services_stub.contracts.events.order import OrderItem, OrderStatus
from services_stub.contracts.http.order import Order
from services_stub.contracts.http.page import Page
from services_stub.contracts.http.product import Product
from tests.unit.client.marketplace import FakeMarketplace, cart, json, refusal

T = TypeVar("T")
PRICES = st.decimals(0, 10**9, places=2)
ORDER = "/order-service/api/orders/o1"
CART = "/cart-service/api/cart/public"


def run(shop_: FakeMarketplace, call: Callable[[MarketplaceClient], Awaitable[T]]) -> T:
    async def use() -> T:
        async with shop_.client() as client:
            return await call(client)

    return asyncio.run(use())


def product(product_id: str, *, price: str = "10.00", name: str = "Bowl") -> Product:
    return Product(
        product_id=product_id,
        seller_id="s",
        name=name,
        category="Kitchen",
        description="",
        price=Decimal(price),
        currency="USD",
        quantity=1,
        status="ACTIVE",  # type: ignore[arg-type] # encoded only
        version=1,
        created_at="",
    )


def order(status: OrderStatus) -> Order:
    items = [
        OrderItem(product_id=name, seller_id="s", name=name, quantity=2, unit_price=Decimal(1)) for name in ("a", "b")
    ]
    return Order(
        order_id="o1",
        user_id="u",
        status=status,
        reason="",
        items=items,
        amount=Decimal(4),
        currency="USD",
        payment_method="pm_card_visa",
        created_at="",
        updated_at="",
    )


def found_among(ids: list[list[str]], text: str) -> str:
    async def pages(cursor: str) -> Page[str]:
        place = int(cursor or 0)
        return Page(items=ids[place], next_cursor=str(place + 1) if place + 1 < len(ids) else None)

    return asyncio.run(whole_id(text, "thing", pages, lambda item: item))


@pytest.mark.parametrize("text", ["abc1", "…abc1", " abc1 ", "1"])
def test_the_end_of_an_id_finds_it_on_any_page(text: str) -> None:
    assert found_among([["x-abc2"], [], ["y-abc1"]], text) == "y-abc1"


def test_a_whole_id_is_not_looked_for() -> None:
    assert found_among([], "0190a7d2-0000-7000-8000-0000deadbeef") == "0190a7d2-0000-7000-8000-0000deadbeef"


@pytest.mark.parametrize(
    ("text", "error", "says"),
    [
        ("c", InvalidInput, "2 ids end with c"),
        ("d", NotFound, "no thing has an id that ends with d"),
        ("", InvalidInput, "empty"),
        ("…", InvalidInput, "empty"),
    ],
)
def test_an_end_that_fits_none_or_several_is_refused(text: str, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        found_among([["ac"], ["bc"]], text)


def test_a_search_without_end_is_given_up() -> None:
    with pytest.raises(NotFound, match="first 2,000"):
        found_among([["a"]] * 100, "b")


@pytest.mark.parametrize(
    ("old", "change", "expected"),
    [
        ("10.00", "12.50", "12.50"),
        ("10.00", "12", "12.00"),
        ("10.00", "+10%", "11.00"),
        ("10.00", "-5%", "9.50"),
        ("0.05", "-10%", "0.05"),
        ("0.05", "+10%", "0.06"),
        ("10.00", "-0.50", "9.50"),
        ("10.00", "+0.5", "10.50"),
        ("10.00", "-11", "0.00"),
        ("10.00", "-200%", "0.00"),
    ],
)
def test_a_price_changes_to_a_value_or_by_one(old: str, change: str, expected: str) -> None:
    assert str(seller.new_price(Decimal(old), change)) == expected


@pytest.mark.parametrize("change", ["", "cheap", "10%", "1.234", "--1", "+", "1e3", "NaN", "١٢", "12,50", "+10%%"])
def test_what_is_no_price_is_refused(change: str) -> None:
    with pytest.raises(ValueError, match="a price like"):
        seller.new_price(Decimal(10), change)


@given(PRICES, st.integers(0, 1000))
def test_a_price_is_never_negative_and_rises_or_falls_as_it_is_told(old: Decimal, percent: int) -> None:
    raised, lowered = seller.new_price(old, f"+{percent}%"), seller.new_price(old, f"-{percent}%")
    assert Decimal(0) <= lowered <= old <= raised
    assert raised.as_tuple().exponent == lowered.as_tuple().exponent == -2
    assert seller.new_price(old, "+0%") == old


def test_lines_name_products_and_values() -> None:
    lines = seller.read_lines(["a=1", "  ", "# old prices", " b = +5% "])
    assert lines == [seller.Line("a", "1"), seller.Line("b", "+5%")]


@pytest.mark.parametrize(
    ("texts", "says"),
    [
        (["a=1", "b", "=2", "c="], "b: expected PRODUCT=VALUE; =2.*; c=:"),
        ([], "no product"),
        (["a=1"] * 501, "501 lines"),
    ],
)
def test_lines_that_make_no_sense_are_named(texts: list[str], says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        seller.read_lines(texts)


def test_every_wrong_value_is_named_with_its_line() -> None:
    products = {"a": product("a"), "b": product("b")}
    lines = [seller.Line("a", "x"), seller.Line("b", "y")]
    for make in (seller.price_lines, seller.intake_lines):
        with pytest.raises(InvalidInput, match=r"a=x: expected .*; b=y: expected "):
            make(lines, products)


def test_own_products_are_found_by_the_ends_of_their_ids() -> None:
    shop_ = FakeMarketplace()
    pages = {"": Page(items=[product("x-1"), product("x-2")], next_cursor="2"), "2": Page(items=[product("y-1")])}
    shop_.on(
        "GET", "/product-service/api/seller/products", lambda request: json(pages[request.url.params.get("cursor", "")])
    )
    found = run(shop_, lambda client: seller.named_products(client, ["…y-1", "2"]))
    assert {name: one.product_id for name, one in found.items()} == {"…y-1": "y-1", "2": "x-2"}
    with pytest.raises(InvalidInput, match="several ids end with 1"):
        run(shop_, lambda client: seller.named_products(client, ["1"]))
    with pytest.raises(NotFound, match="3, 4"):
        run(shop_, lambda client: seller.named_products(client, ["4", "3", "2"]))


def test_own_products_are_searched_by_their_words() -> None:
    shop_ = FakeMarketplace()
    items = [product("1", name="Stoneware BOWL"), product("2", name="Cup")]
    shop_.on("GET", "/product-service/api/seller/products", json(Page(items=items)))
    found = run(shop_, lambda client: seller.search_products(client, "bowl kitchen", cursor="", limit=5))
    assert [one.product_id for one in found.items] == ["1"]


def test_an_empty_cart_is_not_bought() -> None:
    shop_ = FakeMarketplace()
    shop_.on("GET", CART, json(cart()))
    with pytest.raises(Conflict, match="nothing in the cart"):
        run(shop_, shop.cart_to_buy)


def test_what_cannot_be_had_again_is_left_out() -> None:
    shop_ = FakeMarketplace()
    shop_.on("GET", ORDER, json(order(OrderStatus.PAID)))
    shop_.on("POST", f"{CART}/add", refusal(404, "product-not-found"), json(cart()))
    shop_.on("GET", CART, json(cart()))
    done = run(shop_, lambda client: shop.buy_again(client, "o1"))
    assert [(one.item.product_id, one.reason) for one in done.left_out] == [("a", "product-not-found")]


@pytest.mark.parametrize("status", [OrderStatus.PAID, OrderStatus.FAILED])
def test_a_wait_ends_when_the_order_is_settled_though_its_service_was_away(
    status: OrderStatus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shop, "_LOOK_AGAIN", 0.01)
    shop_ = FakeMarketplace()
    shop_.on("GET", "/api/stream", refusal(401, "unauthenticated"))
    shop_.on("GET", ORDER, refusal(503, "unavailable"), httpx.ConnectError("away"), json(order(status)))
    assert run(shop_, lambda client: shop.until_settled(client, "o1", seconds=30)).status is status


def test_a_wait_ends_at_its_deadline() -> None:
    shop_ = FakeMarketplace()
    shop_.on("GET", "/api/stream", httpx.ConnectError("away"))
    shop_.on("GET", ORDER, json(order(OrderStatus.PENDING)))
    assert run(shop_, lambda client: shop.until_settled(client, "o1", seconds=0)).status is OrderStatus.PENDING
    shop_.on("GET", ORDER, refusal(503, "unavailable"))
    with pytest.raises(TryLater):
        run(shop_, lambda client: shop.until_settled(client, "o1", seconds=0))


def test_a_wait_ends_with_the_event_of_the_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the event it would outlast the test."""
    monkeypatch.setattr(shop, "_LOOK_AGAIN", 600.0)
    shop_ = FakeMarketplace()
    stream = b"id: 1.e\nevent: payment-success\ndata: " + b'{"orderId":"o1","paymentId":"p","amount":4}\n\n'
    shop_.on("GET", "/api/stream", httpx.Response(200, content=stream), httpx.ConnectError("away"))
    shop_.on("GET", ORDER, json(order(OrderStatus.PENDING)), json(order(OrderStatus.PAID)))
    assert run(shop_, lambda client: shop.until_settled(client, "o1", seconds=600)).status is OrderStatus.PAID


def test_actions_know_the_broker_from_a_service() -> None:
    assert [type(admin.action_on(verb, "kafka")).__name__ for verb in ("kill", "pause", "resume", "restart")] == [
        "KillBroker",
        "StopBroker",
        "StartBroker",
        "RestartBroker",
    ]
    assert admin.action_on("pause", "order").service == "order"  # type: ignore[union-attr] # a service's


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("slow-requests", {"milliseconds": 5}),
        ("payment-outage", {}),
        ("request-errors", {"apiKey": 0, "error": 7, "count": 2}),
        ("duplicated-records", {"topic": "order-created", "rate": 0.5}),
    ],
)
def test_a_fault_is_made_of_its_kind_and_fields(kind: str, fields: dict[str, Any]) -> None:
    assert isinstance(admin.fault_of(kind, fields), admin.FAULTS[kind])


def test_a_seller_is_found_by_the_address() -> None:
    shop_ = FakeMarketplace()
    shop_.on("GET", "/auth-service/api/admin/users", json(Page(items=[])))
    with pytest.raises(NotFound, match="no seller has the e-mail address mara"):
        run(shop_, lambda client: admin.find_seller(client, "mara@example.org"))
