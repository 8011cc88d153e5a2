"""The search service over HTTP, fed by events."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

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
