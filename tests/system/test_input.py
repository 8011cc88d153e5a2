"""Bad input gets a 4xx problem document that names the field; nothing is a 500."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.system.accounts import new_person
from tests.system.marketplace import Marketplace

PRODUCT = {"name": "Lamp", "category": "home", "price": 12.5, "quantity": 3}
REGISTER = {"email": "somebody@example.com", "password": "long enough", "role": "user"}
PRODUCTS = "/product-service/api/products"
ADD = "/cart-service/api/cart/public/add"
ORDERS = "/order-service/api/orders"

BAD_BODIES: list[tuple[str, str, Any, str]] = [
    ("seller", PRODUCTS, PRODUCT | {"price": "12.5 dollars"}, "price"),
    ("seller", PRODUCTS, PRODUCT | {"price": -1}, "price"),
    ("seller", PRODUCTS, PRODUCT | {"price": 0.001}, "price"),
    ("seller", PRODUCTS, PRODUCT | {"price": 1e300}, "price"),
    ("seller", PRODUCTS, PRODUCT | {"price": None}, "price"),
    ("seller", PRODUCTS, PRODUCT | {"quantity": -3}, "quantity"),
    ("seller", PRODUCTS, PRODUCT | {"quantity": 2.5}, "quantity"),
    ("seller", PRODUCTS, PRODUCT | {"quantity": 10**30}, "quantity"),
    ("seller", PRODUCTS, PRODUCT | {"name": ""}, "name"),
    ("seller", PRODUCTS, PRODUCT | {"name": "x" * 10_000}, "name"),
    ("seller", PRODUCTS, PRODUCT | {"name": "a\u0000b"}, "name"),
    ("seller", PRODUCTS, PRODUCT | {"name": ["list"]}, "name"),
    ("seller", PRODUCTS, PRODUCT | {"colour": "red"}, "colour"),
    ("seller", PRODUCTS, {"name": "Lamp"}, "category"),
    ("seller", PRODUCTS, [], "body"),
    ("", "/auth-service/api/auth/register", REGISTER | {"role": "admin"}, "role"),
    ("", "/auth-service/api/auth/register", REGISTER | {"email": "nobody"}, "email"),
    ("", "/auth-service/api/auth/register", REGISTER | {"email": "a@b.c\r\nBcc: x@y.z"}, "email"),
    ("", "/auth-service/api/auth/register", REGISTER | {"password": "short"}, "password"),
    ("", "/auth-service/api/auth/register", REGISTER | {"password": 12345678}, "password"),
    ("", "/auth-service/api/auth/login", {"email": "a@b.cd"}, "password"),
    ("user", ADD, {"productId": "x", "quantity": 0}, "quantity"),
    ("user", ADD, {"productId": "x", "quantity": "1"}, "quantity"),
    ("user", ADD, {"productId": 7}, "productId"),
    ("user", ADD, {"quantity": 1}, "productId"),
    ("user", ORDERS, {"paymentMethod": ""}, "paymentMethod"),
    ("user", ORDERS, {"paymentMethod": "pm_card_visa", "expectedAmount": -1}, "expectedAmount"),
    ("user", ORDERS, {"paymentMethod": "pm_card_visa", "amount": 1}, "amount"),
]


@pytest.fixture(scope="module")
def tokens(marketplace: Marketplace) -> dict[str, str]:
    """An access token for each role that a stranger can get, and none."""

    async def log_in() -> dict[str, str]:
        user, seller = await new_person(marketplace), await new_person(marketplace, "seller")
        return {"user": user.session.access_token, "seller": seller.session.access_token, "": ""}

    return asyncio.run(log_in())


@pytest.fixture(scope="module")
def http(marketplace: Marketplace) -> httpx.Client:
    """A plain HTTP client of the gateway."""
    return httpx.Client(base_url=marketplace.gateway, timeout=20)


def with_token(token: str) -> dict[str, str]:
    headers = {"idempotency-key": "key", "content-type": "application/json"}
    return headers | ({"authorization": f"Bearer {token}"} if token else {})


def assert_problem(response: httpx.Response, *statuses: int) -> dict[str, Any]:
    assert response.status_code in statuses, response.text
    assert response.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = response.json()
    assert document["status"] == response.status_code
    assert document["type"].startswith("/problems/")
    assert document["title"]
    return document


@pytest.mark.parametrize(("role", "path", "body", "field"), BAD_BODIES)
def test_a_bad_field_is_named(
    http: httpx.Client, tokens: dict[str, str], role: str, path: str, body: Any, field: str
) -> None:
    response = http.post(path, content=json.dumps(body), headers=with_token(tokens[role]))
    document = assert_problem(response, 400, 422)
    assert [error["field"] for error in document["errors"]] == [field], document


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"null", b"12", b"[" * 100_000])
def test_broken_json_is_refused(http: httpx.Client, tokens: dict[str, str], content: bytes) -> None:
    document = assert_problem(http.post(PRODUCTS, content=content, headers=with_token(tokens["seller"])), 400)
    assert document["errors"][0]["field"] == "body"


def test_a_huge_body_is_refused(http: httpx.Client, tokens: dict[str, str]) -> None:
    huge = json.dumps(PRODUCT | {"description": "x" * 1_000_000})
    assert_problem(http.post(PRODUCTS, content=huge, headers=with_token(tokens["seller"])), 413)

    def chunks() -> Any:
        for _ in range(1000):
            yield b"x" * 1000

    assert_problem(http.post(PRODUCTS, content=chunks(), headers=with_token(tokens["seller"])), 413)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=many", "limit"),
        ("sort=luck", "sort"),
        ("minPrice=cheap", "minPrice"),
        ("minPrice=-1", "minPrice"),
        ("minPrice=NaN", "minPrice"),
        ("cursor=%00", "cursor"),
        ("cursor=AAAA", "cursor"),
        ("inStock=maybe", "inStock"),
    ],
)
def test_a_bad_query_is_named(http: httpx.Client, query: str, field: str) -> None:
    document = assert_problem(http.get(f"{PRODUCTS}?{query}"), 400)
    assert document["errors"][0]["field"] == field, document


def test_a_missing_idempotency_key_is_named(http: httpx.Client, tokens: dict[str, str]) -> None:
    headers = {"authorization": f"Bearer {tokens['user']}"}
    document = assert_problem(http.post(ORDERS, json={"paymentMethod": "pm_card_visa"}, headers=headers), 400)
    assert document["errors"][0]["field"].lower() == "idempotency-key"


def test_expired_and_forged_tokens_are_refused(http: httpx.Client, tokens: dict[str, str]) -> None:
    good = jwt.decode(tokens["user"], options={"verify_signature": False})
    header = jwt.get_unverified_header(tokens["user"])
    stranger = Ed25519PrivateKey.generate()
    payload = base64.urlsafe_b64encode(json.dumps(good | {"role": "admin"}).encode()).rstrip(b"=").decode()
    head, _, signature = tokens["user"].split(".")
    forged = [
        jwt.encode(good, stranger, algorithm="EdDSA", headers={"kid": header["kid"]}),
        jwt.encode(good, stranger, algorithm="EdDSA", headers={"kid": "unknown"}),
        jwt.encode(good | {"exp": int(time.time()) - 60}, stranger, algorithm="EdDSA", headers=header),
        jwt.encode(good, "secret" * 8, algorithm="HS256", headers={"kid": header["kid"]}),
        jwt.encode(good, "", algorithm="none"),
        f"{head}.{payload}.{signature}",
        "not-a-token",
        "a.b.c",
        "x" * 5000,
    ]
    for token in forged:
        document = assert_problem(http.get("/auth-service/api/auth/me", headers=with_token(token)), 401)
        assert document["type"] in {"/problems/token-invalid", "/problems/token-missing"}


def test_unicode_comes_back_as_it_was(http: httpx.Client, tokens: dict[str, str]) -> None:
    body = PRODUCT | {"name": "Lämpchen 💡 ランプ [bold]", "description": "שלום, right to left \n and lines"}
    created = http.post(PRODUCTS, json=body, headers=with_token(tokens["seller"]))
    assert created.status_code == 201, created.text
    read = http.get(f"{PRODUCTS}/{created.json()['productId']}").json()
    assert (read["name"], read["description"]) == (body["name"], body["description"])
    found = http.get(PRODUCTS, params={"q": "LÄMPCHEN"}).json()["items"]
    assert created.json()["productId"] in [product["productId"] for product in found]


@pytest.mark.parametrize(
    "path",
    [
        "/product-service/internal/reservations",
        "/product-service/api/../internal/reservations",
        "/product-service/api/%2e%2e/internal/reservations",
        "/product-service/api%2F..%2Finternal/reservations",
        "/product-service//internal/reservations",
        "/order-service/internal/orders/known",
        "/auth-service/internal/blocked-sellers",
        "/notification-service/internal/mail",
        "/cart-service/health/ready",
        "/nothing-service/api/x",
        "/internal/openapi.json",
    ],
)
def test_internal_routes_are_closed(marketplace: Marketplace, http: httpx.Client, path: str) -> None:
    url = httpx.URL(marketplace.gateway).copy_with(raw_path=path.encode())
    headers = {"x-internal-token": marketplace.state.internal_token}
    for method in ("GET", "POST"):
        assert_problem(http.send(http.build_request(method, url, headers=headers)), 404, 405)


@given(
    st.dictionaries(
        st.sampled_from([*PRODUCT, "x"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
            max_leaves=5,
        ),
    )
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_body_is_a_500(http: httpx.Client, tokens: dict[str, str], body: dict[str, Any]) -> None:
    response = http.post(PRODUCTS, content=json.dumps(body), headers=with_token(tokens["seller"]))
    assert response.status_code in {201, 400, 422}, response.text
