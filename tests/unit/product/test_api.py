"""The product service over HTTP: access, refusals of bad input, and reservations that expire."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services_stub.contracts.envelope import new_traceparent
from services_stub.contracts.http.order import OrderIds
from services_stub.product.handlers.expiry import settle_overdue_at
from services_stub.product.service import SERVICE
from services_stub.runtime.errors import Unavailable
from services_stub.runtime.periodic import PeriodicWorker
from services_stub.runtime.sql.writer import Entry
from tests.unit.serving import Serving, serving

KETTLE = {"name": "Kettle", "category": "Kitchen", "price": 12.5, "quantity": 5}
SELLER, OTHER, ADMIN, USER = "seller:s1", "seller:s2", "admin:a1", "user:u1"
LATER = timedelta(minutes=5)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Serving]:
    with serving(SERVICE, tmp_path) as running:
        yield running


def add(shop: Serving, **fields: Any) -> str:
    response = shop.request("POST", "/api/products", by=SELLER, json=KETTLE | fields)
    assert response.status_code == 201, response.text
    return str(response.json()["productId"])


def reserve(shop: Serving, order_id: str, product_id: str, quantity: int = 2, price: float = 12.5) -> Any:
    """The result of one reservation."""
    (result,) = reserve_all(shop, wanted(order_id, product_id, quantity, price))
    return result


def reserve_all(shop: Serving, *reservations: Any) -> list[Any]:
    response = shop.internal("POST", "/internal/reservations", json=list(reservations))
    assert response.status_code == 200, response.text
    results: list[Any] = response.json()
    return results


def wanted(order_id: str, product_id: str, quantity: int = 2, price: float = 12.5) -> dict[str, Any]:
    lines = [{"productId": product_id, "quantity": quantity, "unitPrice": price}]
    return {"orderId": order_id, "lines": lines}


def quantity(shop: Serving, product_id: str) -> int:
    return int(shop.request("GET", f"/api/products/{product_id}").json()["quantity"])


def test_a_product_lives_and_ends(shop: Serving) -> None:
    product_id = add(shop)
    path = f"/api/products/{product_id}"
    assert shop.request("GET", path).json()["price"] == 12.5
    changed = shop.request("PATCH", path, by=SELLER, json={"price": 13, "version": 1})
    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    assert b'"price":13.00' in changed.content
    stale = shop.request("PATCH", path, by=SELLER, json={"price": 14, "version": 1})
    assert (stale.status_code, stale.json()["version"]) == (409, 2)
    assert shop.request("DELETE", path, by=OTHER).status_code == 403
    assert shop.request("DELETE", path, by=SELLER).status_code == 204
    assert shop.request("GET", path).status_code == 404
    assert [event.topic for event in shop.sender.events] == ["product-created", "product-updated", "product-deleted"]


def test_what_is_blocked_is_seen_by_its_seller_and_admins_alone(shop: Serving) -> None:
    product_id = add(shop)
    blocked = shop.request("POST", f"/api/admin/block-product/{product_id}", by=ADMIN, json={"reason": "unsafe"})
    assert (blocked.status_code, blocked.json()["status"]) == (200, "BLOCKED")
    seen = {by: shop.request("GET", f"/api/products/{product_id}", by=by).status_code for by in ("", USER, OTHER)}
    assert set(seen.values()) == {404}
    assert shop.request("GET", f"/api/products/{product_id}", by=SELLER).status_code == 200
    assert shop.request("GET", f"/api/products/{product_id}", by=ADMIN).status_code == 200
    assert shop.request("GET", "/api/products").json()["items"] == []
    assert len(shop.request("GET", "/api/seller/products", by=SELLER).json()["items"]) == 1
    assert shop.request("GET", "/api/seller/products", by=OTHER).json()["items"] == []
    assert len(shop.request("GET", "/api/admin/products?status=BLOCKED", by=ADMIN).json()["items"]) == 1
    unblocked = shop.request("POST", f"/api/admin/unblock-product/{product_id}", by=ADMIN)
    assert (unblocked.status_code, unblocked.json()["status"]) == (200, "ACTIVE")


def test_lists_page_by_cursor(shop: Serving) -> None:
    for number in range(3):
        add(shop, name=f"Kettle {number}")
    first = shop.request("GET", "/api/products?q=KETTLE&sort=name&limit=2&minPrice=12.50&inStock=true").json()
    assert [item["name"] for item in first["items"]] == ["Kettle 0", "Kettle 1"]
    second = shop.request("GET", f"/api/products?sort=name&limit=2&cursor={first['nextCursor']}").json()
    assert [item["name"] for item in second["items"]] == ["Kettle 2"]
    assert second["nextCursor"] is None
    assert shop.request("GET", "/api/categories").json() == [{"category": "Kitchen", "products": 3}]


def test_names_that_grow_when_they_are_folded_are_paged_like_others(shop: Serving) -> None:
    growing = "\ufdfa" * 200  # each is folded to 18 characters
    added = {add(shop, name=growing), add(shop, name=growing), add(shop, name="\U0001d573" * 200)}
    seen = set()
    cursor: str | None = ""
    while cursor is not None:
        page = shop.request("GET", f"/api/products?sort=name&limit=1&cursor={cursor}").json()
        seen |= {item["productId"] for item in page["items"]}
        cursor = page["nextCursor"]
    assert seen == added


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=many", "limit"),
        ("limit=99999999999999999999999", "limit"),
        ("sort=colour", "sort"),
        ("minPrice=cheap", "minPrice"),
        ("minPrice=NaN", "minPrice"),
        ("maxPrice=-1", "maxPrice"),
        ("maxPrice=1e999999", "maxPrice"),
        ("maxPrice=1e-999999", "maxPrice"),
        ("maxPrice=0.001", "maxPrice"),
        ("inStock=perhaps", "inStock"),
        ("cursor=nonsense", "cursor"),
        ("q=" + "x" * 201, "q"),
        ("category=" + "x" * 61, "category"),
        ("sellerId=" + "x" * 65, "sellerId"),
    ],
)
def test_a_bad_query_is_refused_by_the_name_of_its_field(shop: Serving, query: str, field: str) -> None:
    response = shop.request("GET", f"/api/products?{query}")
    assert response.status_code == 400, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert [error["field"] for error in response.json()["errors"]] == [field]


STRANGE = ["q=%F0%9F%AB%96", "q=" + "%25" * 200, "q=%ED%A0%80", "q=%FF", "q=a%00b", "category=%00", "sellerId=%00"]


@pytest.mark.parametrize("query", STRANGE)
def test_a_strange_query_finds_nothing(shop: Serving, query: str) -> None:
    add(shop)
    response = shop.request("GET", f"/api/products?{query}")
    assert (response.status_code, response.json()["items"]) == (200, [])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"price": -1}, "price"),
        ({"price": "cheap"}, "price"),
        ({"price": 0.001}, "price"),
        ({"price": 1e300}, "price"),
        ({"quantity": -1}, "quantity"),
        ({"quantity": 1.5}, "quantity"),
        ({"quantity": 10**30}, "quantity"),
        ({"name": ""}, "name"),
        ({"name": "  "}, "name"),
        ({"name": "a\u0000b"}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": None}, "name"),
        ({"colour": "red"}, "colour"),
        ({"description": "x" * 4001}, "description"),
    ],
)
def test_a_bad_body_is_refused_by_the_name_of_its_field(shop: Serving, change: dict[str, Any], field: str) -> None:
    created = shop.request("POST", "/api/products", by=SELLER, json=KETTLE | change)
    assert created.status_code == 400, created.text
    assert [error["field"] for error in created.json()["errors"]] == [field]
    path = f"/api/products/{add(shop)}"
    changed = shop.request("PATCH", path, by=SELLER, json=change)
    assert changed.status_code == 400, changed.text
    assert [error["field"] for error in changed.json()["errors"]] == [field]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff", b'{"name":"\\ud800"}'])
def test_a_body_that_is_no_object_is_refused(shop: Serving, content: bytes) -> None:
    response = shop.request("POST", "/api/products", by=SELLER, content=content)
    assert response.status_code == 400, response.text


def test_unicode_is_kept_as_it_was_sent(shop: Serving) -> None:
    name = "Чайник 🫖 ﷺ"
    product_id = add(shop, name=name)
    assert shop.request("GET", f"/api/products/{product_id}").json()["name"] == name
    assert len(shop.request("GET", "/api/products", params={"q": "ЧАЙНИК"}).json()["items"]) == 1


def test_a_reservation_is_made_once_and_released(shop: Serving) -> None:
    product_id = add(shop)
    first = reserve(shop, "o1", product_id)
    assert first["refused"] is None
    assert reserve(shop, "o1", product_id) == first
    assert quantity(shop, product_id) == 3
    for _ in range(2):
        assert shop.internal("DELETE", "/internal/reservations/o1").status_code == 204
    assert quantity(shop, product_id) == 5


def test_a_refused_reservation_says_which_line_and_why(shop: Serving) -> None:
    product_id = add(shop)
    refused = reserve(shop, "o1", product_id, quantity=6)["refused"]
    assert (refused["status"], refused["type"]) == (409, "/problems/out-of-stock")
    assert refused["lines"] == [
        {"productId": product_id, "problem": "out-of-stock", "available": 5, "oldPrice": None, "newPrice": None}
    ]
    assert reserve(shop, "o1", product_id, price=12)["refused"]["lines"][0]["newPrice"] == 12.5


def test_reservations_of_one_request_share_a_batch_and_fail_alone(
    shop: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    product_id = add(shop)
    batches: list[int] = []
    write = shop.context.writer.write

    def counted(entries: list[Entry]) -> None:
        batches.append(len(entries))
        write(entries)

    monkeypatch.setattr(shop.context.writer, "write", counted)
    cause = {"causationId": "request-2", "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
    results = reserve_all(
        shop, wanted("o1", product_id, 2), wanted("o2", product_id, 2) | cause, wanted("o3", product_id, 2)
    )
    assert [result["done"] and result["done"]["orderId"] for result in results] == ["o1", "o2", None]
    assert results[2]["refused"]["type"] == "/problems/out-of-stock"
    assert max(batches) == 3
    assert quantity(shop, product_id) == 1
    headers = shop.sender.headers[-1]
    assert (headers["ce_correlationid"], headers["ce_causationid"]) == (b"o2", b"request-2")
    assert headers["traceparent"].split(b"-")[1] == b"0af7651916cd43dd8448eb211c80319c"


def test_reservations_that_are_no_orders_expire(shop: Serving) -> None:
    product_id = add(shop)
    for order_id in ("o1", "o2"):
        reserve(shop, order_id, product_id, quantity=1)
    asked: list[list[str]] = []

    def known(question: OrderIds) -> OrderIds:
        asked.append(question.order_ids)
        return OrderIds(order_ids=["o1"])

    later = datetime.now(UTC) + LATER
    with pytest.raises(Unavailable):
        settle_overdue_at(shop.context, later)
    assert quantity(shop, product_id) == 3
    shop.peers.answers["POST order /internal/orders/known"] = known
    assert settle_overdue_at(shop.context, datetime.now(UTC)) is False
    assert asked == []
    settle_overdue_at(shop.context, later)
    assert asked == [["o1", "o2"]]
    assert quantity(shop, product_id) == 4
    settle_overdue_at(shop.context, later)
    assert len(asked) == 1


def test_the_worker_waits_while_the_order_service_is_away(tmp_path: Path) -> None:
    with serving(SERVICE, tmp_path, {"reservation_seconds": "-10"}) as shop:
        product_id = add(shop)
        reserve(shop, "o1", product_id)
        (worker,) = shop.workers
        assert isinstance(worker, PeriodicWorker)
        assert worker.step() is False
        assert quantity(shop, product_id) == 3
        shop.peers.answers["POST order /internal/orders/known"] = lambda _: OrderIds(order_ids=[])
        worker.step()
        assert quantity(shop, product_id) == 5


def test_other_services_read_products_at_one_moment_whatever_their_status(shop: Serving) -> None:
    kept, blocked, deleted = add(shop), add(shop), add(shop)
    shop.request("POST", f"/api/admin/block-product/{blocked}", by=ADMIN, json={"reason": "counterfeit"})
    shop.request("DELETE", f"/api/products/{deleted}", by=SELLER)
    asked = {"productIds": [kept, blocked, deleted, "unknown"]}
    found = shop.internal("POST", "/internal/products", json=asked).json()
    assert {product["productId"]: product["status"] for product in found} == {kept: "ACTIVE", blocked: "BLOCKED"}
    assert shop.internal("POST", "/internal/products", json={"productIds": ["p"] * 101}).status_code == 400


def test_each_order_of_a_shared_call_has_its_own_report(shop: Serving) -> None:
    product_id = add(shop)
    traced = [
        wanted(order, product_id)
        | {"causationId": f"request of {order}", "traceparent": new_traceparent(sampled=sampled)}
        for order, sampled in (("o1", True), ("o2", False), ("o3", True))
    ]
    reserve_all(shop, *traced)
    reported = shop.requests_reported()
    assert [(each.correlation_id, each.request_id, each.status) for each in reported] == [
        ("o1", "request of o1", 200),
        ("o3", "request of o3", 200),
    ]
    assert {(each.caller, each.callee, each.path) for each in reported} == {("", "product", "/internal/reservations")}
