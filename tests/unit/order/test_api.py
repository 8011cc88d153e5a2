"""The order service over HTTP: the checkout with its two peers, retries, races, and access."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from services_stub.order.domain import order_id_for
from services_stub.order.service import SERVICE
from services_stub.runtime.errors import Refused, Unavailable
from tests.builders import order_item
from tests.unit.order.shop import PAY, Shop
from tests.unit.serving import serving


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with serving(SERVICE, tmp_path) as service:
        yield Shop(service)


def code_of(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, str(response.json()["type"]).rsplit("/", 1)[1]


def test_a_cart_becomes_an_order(shop: Shop) -> None:
    response = shop.place()
    order = response.json()
    assert response.status_code == 201
    assert (order["orderId"], order["status"], order["amount"]) == (order_id_for("u1", "key"), "PENDING", 25.0)
    assert [step["status"] for step in order["history"]] == ["PENDING"]
    ((reserved,),) = shop.reserve_calls
    assert reserved.order_id == order["orderId"]
    assert reserved.lines[0].unit_price == Decimal("12.50")
    assert (shop.given_back, shop.released) == ([], [])
    assert shop.service.sender.headers[0]["ce_correlationid"].decode() == order["orderId"]
    assert shop.service.request("GET", f"/api/orders/{order['orderId']}", by="user:u1").json() == order


def test_a_repeated_request_finds_the_order_and_asks_no_other_service(shop: Shop) -> None:
    first = shop.place()
    again = shop.place()
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert len(shop.reserve_calls) == 1
    assert code_of(shop.place(json={"paymentMethod": "pm_card_slow"})) == (422, "idempotency-key-reused")


def at_once(requests: Iterable[Callable[[], httpx.Response]]) -> list[httpx.Response]:
    responses: list[httpx.Response] = []
    threads = [threading.Thread(target=lambda send=send: responses.append(send())) for send in requests]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return responses


def test_requests_that_race_with_one_key_make_one_order(shop: Shop) -> None:
    responses = at_once([shop.place] * 20)
    assert sorted(response.status_code for response in responses) == [200] * 19 + [201]
    assert len({response.json()["orderId"] for response in responses}) == 1
    assert (len(shop.created()), shop.given_back, shop.released) == (1, [], [])


def test_requests_that_race_with_many_keys_make_one_order(shop: Shop) -> None:
    responses = at_once([partial(shop.place, f"key-{number}") for number in range(20)])
    assert sorted(response.status_code for response in responses) == [201] + [409] * 19
    assert {code_of(response)[1] for response in responses if response.status_code == 409} == {"cart-empty"}
    assert len(shop.created()) == 1


def test_an_attempt_with_another_amount_takes_nothing_from_one_that_places_the_order(shop: Shop) -> None:
    first = shop.place()
    order_id = first.json()["orderId"]
    # As it was for a request that looked for the order before the first one wrote it.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("services_stub.order.api.checkout.placed_before", lambda *_: None)
        assert code_of(shop.place(json=PAY | {"expectedAmount": 24.99})) == (409, "price-changed")
        assert code_of(shop.place(json=PAY | {"expectedAmount": 25})) == (422, "idempotency-key-reused")
        assert shop.place().json() == first.json()
    assert (shop.given_back, shop.released) == ([], [])
    assert list(shop.reserved) == [order_id]


def test_an_empty_cart_orders_nothing(shop: Shop) -> None:
    shop.in_cart = False
    assert code_of(shop.place()) == (409, "cart-empty")
    assert shop.reserve_calls == []


def test_a_refusal_of_the_stock_is_handed_on_and_the_lines_go_back(shop: Shop) -> None:
    shop.refusal = Refused(409, "price-changed", "p1: price-changed", lines=[{"productId": "p1"}])
    response = shop.place()
    assert code_of(response) == (409, "price-changed")
    assert response.json()["lines"] == [{"productId": "p1"}]
    assert (shop.created(), shop.in_cart, shop.released) == ([], True, [])


def test_another_amount_than_expected_gives_lines_and_stock_back(shop: Shop) -> None:
    response = shop.place(json=PAY | {"expectedAmount": 24.99})
    assert code_of(response) == (409, "price-changed")
    assert response.json()["amount"] == 25.0
    assert shop.given_back == shop.released == [order_id_for("u1", "key")]
    assert shop.place("other", json=PAY | {"expectedAmount": 25}).status_code == 201


@pytest.mark.parametrize("deadline", ["seconds", "checkout_seconds"])
def test_a_deadline_that_has_passed_gives_lines_and_stock_back(shop: Shop, deadline: str) -> None:
    setattr(shop, deadline, -1)
    assert code_of(shop.place()) == (503, "reservation-expired")
    assert shop.given_back == shop.released == [order_id_for("u1", "key")]
    setattr(shop, deadline, 60)
    assert shop.place().status_code == 201


def test_a_reservation_for_the_lines_of_an_earlier_cart_is_not_ordered(shop: Shop) -> None:
    order_id = order_id_for("u1", "key")
    shop.reserved[order_id] = [order_item("p9")]
    assert code_of(shop.place()) == (503, "reservation-expired")
    assert shop.given_back == shop.released == [order_id]
    placed = shop.place()
    assert (placed.status_code, placed.json()["items"][0]["productId"]) == (201, "p1")


def test_an_away_cart_makes_no_order(shop: Shop) -> None:
    del shop.service.peers.answers["POST cart /internal/checkouts"]
    assert code_of(shop.place()) == (503, "unavailable")
    assert shop.created() == []


def test_an_away_product_service_makes_no_order_and_the_lines_go_back(shop: Shop) -> None:
    reserve = shop.service.peers.answers.pop("POST product /internal/reservations")
    assert code_of(shop.place()) == (503, "unavailable")
    assert (shop.created(), shop.in_cart) == ([], True)
    shop.service.peers.answers["POST product /internal/reservations"] = reserve
    assert shop.place().status_code == 201


def test_an_away_database_leaves_the_lines_with_the_order(shop: Shop) -> None:
    def away(*_: object) -> None:
        raise Unavailable("database: away")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shop.service.context, "write", away)
        assert code_of(shop.place()) == (503, "unavailable")
    assert (shop.in_cart, shop.given_back, shop.released) == (False, [], [])
    assert shop.place().status_code == 201


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 129])
def test_a_bad_key_is_named(shop: Shop, key: str) -> None:
    response = shop.place(key)
    assert code_of(response) == (400, "invalid-input")
    assert response.json()["errors"][0]["field"].lower() == "idempotency-key"


def test_a_missing_key_is_named(shop: Shop) -> None:
    response = shop.service.request("POST", "/api/orders", by="user:u1", json=PAY)
    assert response.status_code == 400
    assert response.json()["errors"][0]["field"].lower() == "idempotency-key"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"paymentMethod": ""}, "paymentMethod"),
        ({"paymentMethod": "a\x00b"}, "paymentMethod"),
        ({"paymentMethod": 1}, "paymentMethod"),
        (PAY | {"expectedAmount": -1}, "expectedAmount"),
        (PAY | {"expectedAmount": 0.001}, "expectedAmount"),
        (PAY | {"amount": 1}, "amount"),
        ({"x": 1}, "x"),
    ],
)
def test_a_bad_body_is_named(shop: Shop, body: Any, field: str) -> None:
    response = shop.place(json=body)
    assert code_of(response) == (400, "invalid-input")
    assert response.json()["errors"][0]["field"] == field


def test_orders_are_seen_and_moved_by_those_they_concern(shop: Shop) -> None:
    order_id = shop.place().json()["orderId"]
    path = f"/api/orders/{order_id}"

    def asked(method: str, url: str, by: str, json: Any = None) -> int:
        return shop.service.request(method, url, by=by, json=json).status_code

    assert [asked("GET", path, by) for by in ("user:u1", "seller:s1", "admin:a1")] == [200, 200, 200]
    assert [asked("GET", path, by) for by in ("user:u2", "seller:s2", "user:s1")] == [404, 404, 404]
    assert [asked("POST", f"{path}/cancel", by, {}) for by in ("user:u2", "seller:s1")] == [404, 403]
    assert [asked("POST", f"{path}/ship", by) for by in ("seller:s2", "user:u1", "seller:s1")] == [404, 403, 409]
    cancelled = shop.service.request("POST", f"{path}/cancel", by="user:u1", json={"reason": "wrong size"})
    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "CANCELLED")
    assert cancelled.json()["history"][-1]["reason"] == "cancelled-by-shopper: wrong size"


def test_lists_show_the_own_orders(shop: Shop) -> None:
    shop.place()

    def listed(url: str, by: str) -> list[str]:
        return [order["status"] for order in shop.service.request("GET", url, by=by).json()["items"]]

    assert [listed("/api/orders", by) for by in ("user:u1", "user:u2")] == [["PENDING"], []]
    assert [listed("/api/seller/orders", by) for by in ("seller:s1", "seller:s2")] == [["PENDING"], []]
    assert listed("/api/admin/orders?status=PENDING", "admin:a1") == ["PENDING"]
    assert listed("/api/admin/orders?status=PAID", "admin:a1") == []


@pytest.mark.parametrize(
    ("query", "field"), [("status=LOST", "status"), ("limit=0", "limit"), ("limit=x", "limit"), ("cursor=x", "cursor")]
)
def test_a_bad_query_is_named(shop: Shop, query: str, field: str) -> None:
    response = shop.service.request("GET", f"/api/orders?{query}", by="user:u1")
    assert code_of(response) == (400, "invalid-input")
    assert response.json()["errors"][0]["field"] == field


def test_the_known_orders_are_for_services_alone(shop: Shop) -> None:
    order_id = shop.place().json()["orderId"]
    body = {"orderIds": ["none", order_id]}
    answer = shop.service.internal("POST", "/internal/orders/known", json=body)
    assert (answer.status_code, answer.json()) == (200, {"orderIds": [order_id]})
    refused = shop.service.request("POST", "/internal/orders/known", by="admin:a1", json=body)
    assert refused.status_code == 404
