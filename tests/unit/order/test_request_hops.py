"""The reports of order about the HTTP requests of a purchase: its own, and those to cart and product."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from services_stub.contracts.envelope import new_traceparent
from services_stub.order.domain import order_id_for
from services_stub.order.service import SERVICE
from services_stub.runtime.errors import Refused
from services_stub.runtime.request_hops import HOP_HEADER
from tests.unit.order.shop import PAY, Shop
from tests.unit.serving import serving

TRACED = {"traceparent": new_traceparent(sampled=True), "x-request-id": "r1"}
ORDER = order_id_for("u1", "key")


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with serving(SERVICE, tmp_path) as service:
        yield Shop(service)


def place(shop: Shop, **headers: str) -> str:
    """Place the order; the header of the answer that names its flow."""
    response = shop.service.request(
        "POST", "/api/orders", by="user:u1", json=PAY, headers={"Idempotency-Key": "key"} | TRACED | headers
    )
    named: str = response.headers.get(HOP_HEADER, "")
    return named


def told(shop: Shop) -> list[tuple[str, str, str, str, int]]:
    """The caller, callee, method, path and status of each report."""
    found = shop.service.requests_reported()
    assert {(each.correlation_id, each.request_id) for each in found} <= {(ORDER, "r1")}
    assert all(each.started_at <= each.answered_at for each in found)
    return [(each.caller, each.callee, each.method, each.path, each.status) for each in found]


def test_a_purchase_reports_its_calls_and_itself(shop: Shop) -> None:
    assert place(shop) == f"{ORDER} r1 /api/orders"
    assert told(shop) == [
        ("order", "cart", "POST", "/internal/checkouts", 200),
        ("order", "product", "POST", "/internal/reservations", 200),
        ("", "order", "POST", "/api/orders", 201),
    ]


def test_a_refusal_and_what_is_given_back_are_reported(shop: Shop) -> None:
    shop.refusal = Refused(409, "out-of-stock", "none left")
    place(shop)
    assert told(shop) == [
        ("order", "cart", "POST", "/internal/checkouts", 200),
        ("order", "product", "POST", "/internal/reservations", 409),
        ("order", "cart", "DELETE", "/internal/checkouts/{order_id}/attempts/{attempt_id}", 200),
        ("", "order", "POST", "/api/orders", 409),
    ]


def test_a_service_that_is_away_has_no_status(shop: Shop) -> None:
    del shop.service.peers.answers["POST cart /internal/checkouts"]
    place(shop)
    assert told(shop) == [
        ("order", "cart", "POST", "/internal/checkouts", 0),
        ("", "order", "POST", "/api/orders", 503),
    ]


def test_a_purchase_that_is_not_sampled_reports_nothing(shop: Shop) -> None:
    assert place(shop, traceparent=new_traceparent(sampled=False)) == ""
    assert told(shop) == []


def test_later_requests_of_an_order_belong_to_its_flow_and_those_of_no_order_to_none(shop: Shop) -> None:
    shop.place()
    for order_id, status in ((ORDER, 200), ("no-order", 404)):
        path = f"/api/orders/{order_id}/cancel"
        response = shop.service.request("POST", path, by="user:u1", json={"reason": "changed"}, headers=TRACED)
        assert response.status_code == status
    assert told(shop) == [("", "order", "POST", "/api/orders/{order_id}/cancel", 200)]
