"""The order service over HTTP: the checkout with its two peers, retries, races, and who may see what."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from services_stub.contracts.events.order import OrderCreated
from services_stub.contracts.http.cart import Cart, CartLine, Ordered
from services_stub.contracts.http.product import Reservation, Reserve, ReservedLine
from services_stub.order.domain import order_id_for
from services_stub.order.service import SERVICE
from services_stub.runtime.errors import Refused
from tests.unit.serving import Serving, serving

PAY = {"paymentMethod": "pm_card_visa"}


class Shop:
    """The order service with a cart and a stock beside it that keep what they were asked."""

    def __init__(self, service: Serving) -> None:
        self.service = service
        self.lines = 1
        self.seconds = 60.0
        self.reserved: list[Reserve] = []
        self.released: list[str] = []
        self.ordered: list[Ordered] = []
        self.refusal: Refused | None = None
        service.peers.answers = {
            "GET cart /internal/carts/u1": self._cart,
            "POST cart /internal/carts/u1/ordered": self._ordered,
            "POST product /internal/reservations": self._reserve,
        }

    def place(self, key: str = "key", *, by: str = "user:u1", json: Any = None, **options: Any) -> httpx.Response:
        order_id = order_id_for("u1", key)
        release = f"DELETE product /internal/reservations/{order_id}"
        self.service.peers.answers[release] = lambda _body: self.released.append(order_id)
        after = f"GET cart /internal/carts/u1/after/{order_id}"
        self.service.peers.answers[after] = lambda _body: self._cart_after(order_id)
        return self.service.request(
            "POST", "/api/orders", by=by, json=json or PAY, headers={"Idempotency-Key": key}, **options
        )

    def created(self) -> list[OrderCreated]:
        return [event for event in self.service.sender.events if isinstance(event, OrderCreated)]

    def _cart(self, _body: None) -> Cart:
        line = CartLine(
            product_id="p1",
            seller_id="s1",
            name="Lamp",
            quantity=2,
            unit_price=Decimal("12.50"),
            available=True,
            line_total=Decimal("25.00"),
        )
        return Cart(owner="u1", lines=[line] * self.lines, amount=Decimal("25.00"), currency="USD")

    def _cart_after(self, order_id: str) -> Cart:
        if order_id not in [body.order_id for body in self.ordered]:
            raise Refused(409, "order-not-taken-out", "still in the cart")
        return self._cart(None)

    def _reserve(self, body: Reserve) -> Reservation:
        self.reserved.append(body)
        if self.refusal is not None:
            raise self.refusal
        lines = [
            ReservedLine(
                product_id=line.product_id,
                seller_id="s1",
                name="Lamp",
                quantity=line.quantity,
                unit_price=line.unit_price,
            )
            for line in body.lines
        ]
        expires_at = datetime.now(UTC) + timedelta(seconds=self.seconds)
        return Reservation(order_id=body.order_id, expires_at=expires_at.isoformat(), lines=lines)

    def _ordered(self, body: Ordered) -> None:
        self.ordered.append(body)
        self.lines -= 1


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
    assert shop.reserved[0].order_id == order["orderId"]
    assert shop.reserved[0].lines[0].unit_price == Decimal("12.50")
    assert shop.ordered == []
    assert shop.service.sender.headers[0]["ce_correlationid"].decode() == order["orderId"]
    assert shop.service.request("GET", f"/api/orders/{order['orderId']}", by="user:u1").json() == order


def test_a_repeated_request_finds_the_order_and_asks_nobody(shop: Shop) -> None:
    first = shop.place()
    again = shop.place()
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert len(shop.reserved) == 1
    assert code_of(shop.place(json={"paymentMethod": "pm_card_slow"})) == (422, "idempotency-key-reused")


def test_requests_that_race_with_one_key_make_one_order(shop: Shop) -> None:
    responses: list[httpx.Response] = []
    threads = [threading.Thread(target=lambda: responses.append(shop.place())) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(response.status_code for response in responses) == [200] * 19 + [201]
    assert len({response.json()["orderId"] for response in responses}) == 1
    assert (len(shop.created()), len(shop.reserved), shop.released) == (1, 1, [])


def test_an_empty_cart_orders_nothing(shop: Shop) -> None:
    shop.lines = 0
    assert code_of(shop.place()) == (409, "cart-empty")
    assert shop.reserved == []


def test_what_cannot_be_reserved_is_said_as_product_says_it(shop: Shop) -> None:
    shop.refusal = Refused(409, "price-changed", "p1: price-changed", lines=[{"productId": "p1"}])
    response = shop.place()
    assert code_of(response) == (409, "price-changed")
    assert response.json()["lines"] == [{"productId": "p1"}]
    assert (shop.created(), shop.released) == ([], [])


def test_another_amount_than_expected_gives_the_stock_back(shop: Shop) -> None:
    response = shop.place(json=PAY | {"expectedAmount": 24.99})
    assert code_of(response) == (409, "price-changed")
    assert response.json()["amount"] == 25.0
    assert shop.released == [order_id_for("u1", "key")]
    assert shop.place("other", json=PAY | {"expectedAmount": 25}).status_code == 201


def test_an_expired_reservation_gives_the_stock_back(shop: Shop) -> None:
    shop.seconds = -1
    assert code_of(shop.place()) == (503, "reservation-expired")
    assert shop.released == [order_id_for("u1", "key")]
    shop.seconds = 60
    assert shop.place().status_code == 201


def test_who_orders_again_at_once_does_not_order_the_same_lines_twice(shop: Shop) -> None:
    first = shop.place("first").json()
    assert code_of(shop.place("second")) == (409, "cart-empty")
    assert [body.order_id for body in shop.ordered] == [first["orderId"]]
    shop.lines = 1
    assert shop.place("third").status_code == 201
    assert [body.order_id for body in shop.ordered] == [first["orderId"]]


@pytest.mark.parametrize("peer", ["GET cart /internal/carts/u1", "POST product /internal/reservations"])
def test_a_peer_that_is_away_makes_no_order(shop: Shop, peer: str) -> None:
    del shop.service.peers.answers[peer]
    assert code_of(shop.place()) == (503, "unavailable")
    assert shop.created() == []


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
    assert [asked("POST", f"{path}/cancel", by, {}) for by in ("user:u2", "seller:s1", "admin:a1")] == [404, 403, 403]
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
