"""The rules behind the seller's screens, without a screen."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from marketplace_tui.model.marketplace import Marketplace
from marketplace_tui.model.sales import STEPS, Interval, SalesModel, steps
from marketplace_tui.model.seller_products import ProductEdit, SellerProducts, state_of, typed_of, values_of
from marketplace_tui.model.tasks import Tasks
from marketplace_tui.text.chart import chart
from marketplace_tui.text.signs import BARS
from services_stub.client.errors import InvalidInput
from services_stub.contracts.events.order import OrderStatus
from services_stub.contracts.events.product import ProductStatus
from services_stub.contracts.http.page import Page
from services_stub.contracts.http.product import Product
from services_stub.contracts.http.seller import Dashboard, SalesPage, SalesPoint
from services_stub.contracts.times import rfc3339
from tests.tui.fake_marketplace import FakeMarketplace
from tests.tui.running import NOW
from tests.tui.seller.data import mara, market_of
from tests.tui.seller.samples import product, sale

Scenario = Callable[[Marketplace], Awaitable[None]]


def with_marketplace(fake: FakeMarketplace, scenario: Scenario) -> None:
    """Run a scenario with the model of a marketplace; a bug in the background fails it."""
    bugs: list[BaseException] = []

    async def run() -> None:
        marketplace = Marketplace(fake.client("seller"), Tasks(bugs.append), clock=lambda: 0.0, now=lambda: NOW)
        await scenario(marketplace)
        await marketplace.close()

    asyncio.run(run())
    assert bugs == []


def point(hours_ago: int, revenue: str, interval: Interval = "hour") -> SalesPoint:
    start = NOW - timedelta(hours=hours_ago)
    start = start.replace(hour=0) if interval == "day" else start
    return SalesPoint(start=rfc3339(start), sales=1, revenue=Decimal(revenue), units=1, refunded=Decimal(0))


def test_the_series_has_every_step_up_to_now() -> None:
    found = steps([point(30, "9.00"), point(2, "1.00"), point(0, "5.00")], "hour", NOW + timedelta(minutes=59))
    assert [step.revenue for step in found] == [*[Decimal(0)] * 21, Decimal(1), Decimal(0), Decimal(5)]
    assert (found[-1].start, len(found)) == (NOW, STEPS["hour"])


def test_a_day_begins_at_midnight_and_an_order_of_a_faster_clock_is_not_lost() -> None:
    assert steps([], "day", NOW)[-1].start == NOW.replace(hour=0)
    assert [step.revenue for step in steps([point(-30, "7.00", "day")], "day", NOW)][-1] == Decimal(7)


@settings(max_examples=40)
@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=40), st.integers(1, 120), st.integers(1, 5))
def test_a_chart_fits_and_its_largest_value_is_its_highest_bar(values: list[float], width: int, height: int) -> None:
    lines = chart(values, width, height)
    assert len(lines) == height
    assert {len(line) for line in lines} == {len(lines[0])}
    assert len(lines[0]) <= width
    drawn = values[-width:]
    each = max(width // len(values), 1)
    top = lines[0][drawn.index(max(drawn)) * each]
    assert top == BARS[-1] if max(drawn) > 0 else set("".join(lines)) <= {BARS[0], " "}


@pytest.mark.parametrize(
    ("quantity", "status", "state"),
    [
        (4, ProductStatus.ACTIVE, "on sale"),
        (3, ProductStatus.ACTIVE, "nearly sold out"),
        (0, ProductStatus.ACTIVE, "sold out"),
        (0, ProductStatus.BLOCKED, "blocked"),
        (9, ProductStatus.DISABLED, "disabled"),
    ],
)
def test_a_product_has_one_state(quantity: int, status: ProductStatus, state: str) -> None:
    assert state_of(product(1, "Bowl", "1.00", quantity, status), threshold=3) == state


TYPED = {"name": " Bowl ", "category": "Kitchen", "price": "18.50", "quantity": "12", "description": ""}


def test_what_was_typed_becomes_values() -> None:
    values = values_of(TYPED)
    assert (values.name, values.price, values.quantity) == ("Bowl", Decimal("18.50"), 12)


@pytest.mark.parametrize(
    ("field", "text"),
    [("price", ""), ("price", "NaN"), ("price", "1,5"), ("quantity", "-1"), ("quantity", "1.5"), ("quantity", "٣")],
)
def test_what_is_no_number_is_named(field: str, text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        values_of({**TYPED, field: text})
    assert [error.field for error in refused.value.problem.errors] == [field]


def test_an_edit_leaves_alone_what_the_person_left_alone() -> None:
    seller = mara()

    async def scenario(marketplace: Marketplace) -> None:
        opened = seller.products["p-1"]
        edit = ProductEdit(marketplace, opened)
        seller.edit("p-1", quantity=3)
        saved = await edit.save({**typed_of(opened), "name": "Large bowl"})
        assert (saved.name, saved.quantity, saved.version) == ("Large bowl", 3, 3)
        assert await ProductEdit(marketplace, saved).save(typed_of(saved)) is saved

    with_marketplace(market_of(seller), scenario)


def test_sales_that_wait_are_read_from_the_pages_of_one_moment() -> None:
    seller = mara()
    fake = market_of(seller)
    asked: list[str] = []
    older = [sale(90, OrderStatus.PAID, "Teapot", "47.00", 9000)]

    def dashboard(_request: object, _match: object) -> Dashboard:
        board = seller.dashboard("day")
        counts = replace(board.counts, to_ship=3)
        return replace(board, counts=counts, sales=replace(board.sales, next_cursor="next"))

    def page(request: Any, _match: object) -> SalesPage:
        asked.append(f"{request.url.params['position']} {request.url.params['cursor']}")
        return SalesPage(items=older, position=1)

    fake.on("GET", "/seller-service/api/dashboard", dashboard)
    fake.on("GET", "/seller-service/api/sales", page)

    async def scenario(marketplace: Marketplace) -> None:
        model = SalesModel(marketplace)
        model.sales.refresh()
        await marketplace.tasks.idle()
        assert model.sales.value is not None
        assert [one.order_id for one in model.sales.value.waiting] == ["o-2", "o-4", "o-90", "o-3"]
        assert (asked, model.sales.value.unseen) == (["1 next"], 0)

    with_marketplace(fake, scenario)


def test_a_search_goes_to_the_marketplace_and_pages_follow() -> None:
    fake = market_of(mara())
    asked: list[tuple[str, str]] = []

    def page(request: Any, _match: object) -> Page[Product]:
        cursor = request.url.params.get("cursor", "")
        asked.append((request.url.params.get("q", ""), cursor))
        items = [product(number, f"Bowl {number}", "1.00", 1) for number in range(50)]
        return Page(items=items, next_cursor=None if cursor else "next")

    fake.on("GET", "/product-service/api/seller/products", page)

    async def scenario(marketplace: Marketplace) -> None:
        model = SellerProducts(marketplace)
        model.search("bowl")
        await marketplace.tasks.idle()
        model.found.more()
        await marketplace.tasks.idle()
        assert len(model.found.items) == 100
        assert asked == [("bowl", ""), ("bowl", ""), ("bowl", "next")]

    with_marketplace(fake, scenario)
