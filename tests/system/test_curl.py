"""The paths that never change answer as promised, asked with curl."""

from __future__ import annotations

import base64
import json
from functools import partial
from typing import Any
from uuid import uuid4

import pytest

from tests.system.marketplace import PASSWORD, Marketplace
from tests.system.tools import Answer, curl, needs_curl
from tests.waiting import wait_for

pytestmark = [needs_curl, pytest.mark.timeout(240)]

REGISTER = "/auth-service/api/auth/register"
LOGIN = "/auth-service/api/auth/login"
BLOCK = "/auth-service/api/admin/block-seller"
PRODUCTS = "/product-service/api/products"
ADD = "/cart-service/api/cart/public/add"
ORDERS = "/order-service/api/orders"
PROBLEM = "application/problem+json"


def post(marketplace: Marketplace, path: str, body: dict[str, Any], **headers: str) -> Answer:
    return curl("POST", marketplace.gateway + path, body, **headers)


def get(marketplace: Marketplace, path: str, **headers: str) -> Answer:
    return curl("GET", marketplace.gateway + path, None, **headers)


def sign_up(marketplace: Marketplace, role: str) -> tuple[str, str]:
    """A new account: its id and a token."""
    email = f"{uuid4()}@example.com"
    registered = post(marketplace, REGISTER, {"email": email, "password": PASSWORD, "role": role})
    assert (registered.status, registered.content_type) == (201, "application/json")
    assert (registered.body["email"], registered.body["role"]) == (email, role)
    return registered.body["userId"], sign_in(marketplace, email, PASSWORD)


def sign_in(marketplace: Marketplace, email: str, password: str) -> str:
    signed = post(marketplace, LOGIN, {"email": email, "password": password})
    assert signed.status // 100 == 2
    token: str = signed.body["accessToken"]
    return token


def a_product(marketplace: Marketplace, token: str) -> str:
    body = {"name": f"Thing {uuid4()}", "category": "test", "price": 9.99, "quantity": 10}
    created = post(marketplace, PRODUCTS, body, token=token)
    assert created.status == 201
    product_id: str = created.body["productId"]
    return product_id


def test_an_account_is_registered_used_and_renewed(any_kafka: Marketplace) -> None:
    user_id, token = sign_up(any_kafka, "user")
    payload = token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert claims.keys() >= {"userId", "role", "email", "sub", "iat", "exp", "jti"}
    assert (claims["userId"], claims["sub"], claims["role"]) == (user_id, user_id, "user")
    refused = post(any_kafka, REGISTER, {"email": "boss@example.com", "password": PASSWORD, "role": "admin"})
    assert (refused.status // 100, refused.content_type) == (4, PROBLEM)
    wrong = post(any_kafka, LOGIN, {"email": claims["email"], "password": "not the password"})
    assert (wrong.status, wrong.content_type) == (401, PROBLEM)


def test_the_catalogue_is_filled_by_a_seller_and_read_by_all(any_kafka: Marketplace) -> None:
    seller_id, seller = sign_up(any_kafka, "seller")
    _, shopper = sign_up(any_kafka, "user")
    product_id = a_product(any_kafka, seller)
    page = get(any_kafka, f"{PRODUCTS}?sellerId={seller_id}")
    assert (page.status, [product["productId"] for product in page.body["items"]]) == (200, [product_id])
    assert (page.body["items"][0]["price"], page.body["items"][0]["status"]) == (9.99, "ACTIVE")
    body = {"name": "Thing", "category": "test", "price": 9.99, "quantity": 10}
    assert post(any_kafka, PRODUCTS, body).status == 401
    assert post(any_kafka, PRODUCTS, body, token=shopper).status == 403


def test_the_public_cart_goes_by_session_or_by_token(any_kafka: Marketplace) -> None:
    _, seller = sign_up(any_kafka, "seller")
    user_id, shopper = sign_up(any_kafka, "user")
    line = {"productId": a_product(any_kafka, seller), "quantity": 2}
    session = str(uuid4())
    guest = put_in(any_kafka, line, x_session_id=session)
    mine = put_in(any_kafka, line, token=shopper)
    assert (guest.body["owner"] == mine.body["owner"], user_id in mine.body["owner"]) == (False, True)
    for cart in (guest, mine):
        assert [(found["productId"], found["quantity"]) for found in cart.body["lines"]] == [(line["productId"], 2)]
    anonymous = post(any_kafka, ADD, line)
    assert (anonymous.status // 100, anonymous.content_type) == (4, PROBLEM)


def put_in(marketplace: Marketplace, line: dict[str, Any], **headers: str) -> Answer:
    """The cart with the line in it, once the cart service has heard of the product."""
    answers: list[Answer] = []

    def answered() -> bool:
        answers.append(post(marketplace, ADD, line, **headers))
        return answers[-1].status != 404

    wait_for(answered, what="the cart knows the product")
    assert answers[-1].status // 100 == 2, answers[-1]
    return answers[-1]


def test_an_order_is_placed_once_and_read_by_its_owner_alone(any_kafka: Marketplace) -> None:
    _, seller = sign_up(any_kafka, "seller")
    _, shopper = sign_up(any_kafka, "user")
    _, stranger = sign_up(any_kafka, "user")
    put_in(any_kafka, {"productId": a_product(any_kafka, seller)}, token=shopper)
    place = partial(post, any_kafka, ORDERS, {"paymentMethod": "pm_card_visa"}, token=shopper)
    without = place()
    assert (without.status, without.content_type) == (400, PROBLEM)
    key = str(uuid4())
    placed, again = place(idempotency_key=key), place(idempotency_key=key)
    assert (placed.status, placed.body["status"], placed.body["amount"]) == (201, "PENDING", 9.99)
    assert (again.status, again.body["orderId"]) == (200, placed.body["orderId"])
    path = f"{ORDERS}/{placed.body['orderId']}"
    wait_for(lambda: get(any_kafka, path, token=shopper).body["status"] == "PAID", what="the order is paid")
    assert get(any_kafka, path).status == 401
    assert get(any_kafka, path, token=stranger).status in (403, 404)


def test_an_admin_blocks_a_seller(any_kafka: Marketplace) -> None:
    seller_id, seller = sign_up(any_kafka, "seller")
    admin = sign_in(any_kafka, *any_kafka.credentials("admin"))
    assert post(any_kafka, f"{BLOCK}/{seller_id}", {"reason": "fake"}, token=seller).status == 403
    blocked = post(any_kafka, f"{BLOCK}/{seller_id}", {"reason": "fake"}, token=admin)
    assert (blocked.status // 100, blocked.body["blocked"], blocked.body["blockedReason"]) == (2, True, "fake")
    body = {"name": "Thing", "category": "test", "price": 9.99, "quantity": 10}
    wait_for(lambda: post(any_kafka, PRODUCTS, body, token=seller).status == 403, what="the token stops working")
