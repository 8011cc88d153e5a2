"""Texts, prices and times as they come from outside: equal ones are one, and none is read as Python would."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from services_stub.product.service import SERVICE
from tests.unit.product.test_api import KETTLE, SELLER, add
from tests.unit.serving import Serving, serving


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Serving]:
    with serving(SERVICE, tmp_path) as running:
        yield running


def test_categories_that_differ_in_white_space_around_them_are_one(shop: Serving) -> None:
    for category in ("Tea", "Tea ", "\u00a0Tea"):
        add(shop, category=category)
    assert shop.request("GET", "/api/categories").json() == [{"category": "Tea", "products": 3}]
    assert len(shop.request("GET", "/api/products", params={"category": " tea "}).json()["items"]) == 3


@pytest.mark.parametrize("price", ["1_000", " 7 ", "\u0667", "20"])
def test_a_price_is_a_number(shop: Serving, price: str) -> None:
    refused = shop.request("POST", "/api/products", by=SELLER, json=KETTLE | {"price": price})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "price")
    refused = shop.request("GET", "/api/products", params={"minPrice": price + "_0"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "minPrice")


@pytest.mark.parametrize(
    ("q", "count"), [("\U0001fadf", 1), ("\ue000", 0), ("\x85", 0), ("\u200b", 0), ("", 2), (" ", 2)]
)
def test_a_search_knows_every_character_and_finds_nothing_without_a_word(shop: Serving, q: str, count: int) -> None:
    add(shop, name="Tea \U0001fadf")
    add(shop)
    assert len(shop.request("GET", "/api/products", params={"q": q}).json()["items"]) == count


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("2026-01-31T02:00:00+02:00", "2026-01-31T00:30:00Z"),
        ("2026-01-31T00:00:00Z", "2026-01-31T00:00:00.5Z"),
        ("2026-01-31T00:00:00.500000Z", "2026-01-30T23:00:00.6-01:00"),
    ],
)
def test_the_later_of_two_changes_of_a_seller_counts_however_it_is_written(
    shop: Serving, earlier: str, later: str
) -> None:
    product_id = add(shop)
    for at, blocked in ((later, True), (earlier, False)):
        change = {"sellerId": "s1", "blocked": blocked, "at": at, "eventId": "e1"}
        assert shop.internal("POST", "/internal/blocked-sellers", json=change).status_code == 200
    assert shop.request("GET", f"/api/products/{product_id}").status_code == 404
