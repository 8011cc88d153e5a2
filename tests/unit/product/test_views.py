"""Whose reads of a product are told as views."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from services_stub.contracts.events import ProductViewed
from services_stub.product.service import SERVICE
from tests.unit.serving import Serving, serving

KETTLE = {"name": "Kettle", "category": "Kitchen", "price": 12.5, "quantity": 5}


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Serving]:
    with serving(SERVICE, tmp_path, sampling=1.0) as running:
        yield running


def test_a_view_of_a_shopper_or_guest_is_told_and_no_other_read(shop: Serving) -> None:
    product_id = shop.request("POST", "/api/products", by="seller:s1", json=KETTLE).json()["productId"]
    path = f"/api/products/{product_id}"
    for caller in ("", "user:u1", "seller:s1", "seller:s2", "admin:a1"):
        assert shop.request("GET", path, by=caller).status_code == 200
    assert shop.internal("GET", path).status_code == 200
    assert shop.request("GET", "/api/products/unknown").status_code == 404
    assert shop.request("GET", "/api/products").status_code == 200
    shop.request("POST", f"/api/admin/block-product/{product_id}", by="admin:a1")
    assert shop.request("GET", path, by="user:u1").status_code == 404
    views = [event for event in shop.sender.events if isinstance(event, ProductViewed)]
    assert [view.user_id for view in views] == ["", "u1"]
    assert {(v.product_id, v.seller_id, v.category, v.weight) for v in views} == {(product_id, "s1", "Kitchen", 1.0)}
