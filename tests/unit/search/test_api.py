"""The search service over HTTP, fed by events."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from services_stub.contracts.events.product import ProductDeleted
from services_stub.search.service import SERVICE
from tests.unit.search.conftest import created
from tests.unit.serving import Serving, serving


@pytest.fixture
def search(tmp_path: Path) -> Iterator[Serving]:
    with serving(SERVICE, tmp_path) as running:
        yield running


def test_a_product_is_found_until_it_is_deleted(search: Serving) -> None:
    search.consume(created("p1", "Kettle", price="12.50", quantity=3, description="boils"))
    found = search.request("GET", "/api/search?q=ketle").json()
    assert found["items"] == [
        {
            "productId": "p1",
            "sellerId": "s1",
            "name": "Kettle",
            "category": "Things",
            "description": "boils",
            "price": 12.5,
            "currency": "USD",
            "quantity": 3,
            "version": 1,
            "highlights": {"name": [{"start": 0, "end": 6}], "description": []},
        }
    ]
    assert found["facets"]["prices"] == [{"minPrice": 10.0, "maxPrice": 24.99, "products": 1}]
    assert found["nextCursor"] is None
    search.consume(ProductDeleted(product_id="p1", seller_id="s1", version=2))
    assert search.request("GET", "/api/search?q=kettle").json()["items"] == []


def test_filters_and_pages_go_by_the_query_string(search: Serving) -> None:
    search.consume(*(created(f"p{number}", f"Cup {number}", price=f"{number}.00") for number in range(1, 5)))
    path = "/api/search?q=cup&sort=-price&minPrice=2.00&maxPrice=4&inStock=true&sellerId=s1&category=things&limit=2"
    first = search.request("GET", path).json()
    second = search.request("GET", f"{path}&cursor={first['nextCursor']}").json()
    assert [item["name"] for item in first["items"] + second["items"]] == ["Cup 4", "Cup 3", "Cup 2"]


@pytest.mark.parametrize(
    ("parameters", "field"),
    [("minPrice=-1", "minPrice"), ("maxPrice=1.001", "maxPrice"), ("maxPrice=NaN", "maxPrice"), ("cursor=x", "cursor")],
)
def test_input_that_is_none_is_refused_by_name(search: Serving, parameters: str, field: str) -> None:
    refused = search.request("GET", f"/api/search?{parameters}")
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, field)


@pytest.mark.parametrize("parameters", ["limit=0", "limit=101", "sort=best", f"q={'x' * 201}"])
def test_input_outside_its_bounds_is_refused(search: Serving, parameters: str) -> None:
    assert search.request("GET", f"/api/search?{parameters}").status_code == 400


@pytest.mark.parametrize(
    "place", [["relevance", 0, -5], ["relevance", 1, 2**40], ["relevance", 2**63 - 1, 2**63 - 1], ["relevance", -1, 0]]
)
def test_a_place_that_was_made_up_is_no_bug(search: Serving, place: list[object]) -> None:
    search.consume(created("p1", "Tea"))
    cursor = base64.urlsafe_b64encode(msgspec.json.encode(place)).decode()
    assert search.request("GET", "/api/search", params={"q": "tea", "cursor": cursor}).status_code == 200


@pytest.mark.parametrize(
    ("q", "found"), [("\U0001fadf", ["p1"]), ("\ue000", ["p2"]), ("❤", ["p3"]), ("❤\ufe0f", ["p3"])]
)
def test_symbols_are_words_whether_python_knows_them_or_not(search: Serving, q: str, found: list[str]) -> None:
    search.consume(created("p1", "Tea\U0001fadf"), created("p2", "\ue000 of mine"), created("p3", "I❤\ufe0fTea"))
    assert [
        item["productId"] for item in search.request("GET", "/api/search", params={"q": q}).json()["items"]
    ] == found


@pytest.mark.parametrize(("q", "count"), [("\x85", 0), ("\u200b", 0), ("!?", 0), ("", 1), (" ", 1)])
def test_a_query_without_a_word_finds_nothing(search: Serving, q: str, count: int) -> None:
    search.consume(created("p1", "Tea"))
    assert len(search.request("GET", "/api/search", params={"q": q}).json()["items"]) == count
