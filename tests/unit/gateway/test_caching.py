"""Conditional reads of the catalogue, and that nothing else may be cached."""

from __future__ import annotations

import asyncio

import pytest

from tests.unit.gateway.callers import token
from tests.unit.gateway.test_passthrough import front

PRODUCTS = "/product-service/api/products"
CATALOGUE = [PRODUCTS, f"{PRODUCTS}/p1", "/product-service/api/categories", "/search-service/api/search?q=mug"]
OTHERS = [
    "/order-service/api/orders",
    "/cart-service/api/cart/public",
    "/product-service/api/seller/products",
    "/product-service/api/admin/products",
    f"{PRODUCTS}/p1/more",
    "/unknown",
]


@pytest.mark.parametrize("path", CATALOGUE)
def test_a_catalogue_read_that_the_client_has_is_not_sent_again(path: str) -> None:
    async def scenario() -> None:
        async with front() as it:
            first = await it.http.get(path)
            tag = first.headers["etag"]
            assert (first.headers["cache-control"], first.headers["vary"]) == ("public, no-cache", "Authorization")
            for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
                again = await it.http.get(path, headers={"if-none-match": known})
                assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
                assert (again.headers["cache-control"], again.headers["vary"]) == ("public, no-cache", "Authorization")
                assert "content-length" not in again.headers
            for unknown in ('"other"', tag.strip('"'), ""):
                assert (await it.http.get(path, headers={"if-none-match": unknown})).status_code == 200
            it.service.body = b'{"answer": 43}'
            changed = await it.http.get(path, headers={"if-none-match": tag})
            assert (changed.status_code, changed.headers["etag"] != tag) == (200, True)

    asyncio.run(scenario())


def test_an_answer_to_a_token_is_for_its_sender_alone() -> None:
    async def scenario() -> None:
        async with front() as it:
            answer = await it.http.get(PRODUCTS, headers={"authorization": token("u1")})
            assert answer.headers["cache-control"] == "private, no-cache"

    asyncio.run(scenario())


@pytest.mark.parametrize("path", OTHERS)
def test_all_else_is_not_stored(path: str) -> None:
    async def scenario() -> None:
        async with front() as it:
            for headers in ({}, {"if-none-match": "*"}):
                answer = await it.http.get(path, headers=headers)
                assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
                assert "etag" not in answer.headers

    asyncio.run(scenario())


def test_a_refusal_and_a_change_are_not_stored() -> None:
    async def scenario() -> None:
        async with front(status=404) as it:
            assert (await it.http.get(PRODUCTS)).headers["cache-control"] == "no-store"
        async with front() as it:
            assert (await it.http.post(PRODUCTS, json={})).headers["cache-control"] == "no-store"
            assert (await it.http.get("/product-service/other")).headers["cache-control"] == "no-store"

    asyncio.run(scenario())


def test_a_service_that_says_how_it_may_be_cached_is_believed() -> None:
    async def scenario() -> None:
        async with front(headers=[(b"cache-control", b"max-age=60")]) as it:
            assert (await it.http.get("/order-service/api/orders")).headers["cache-control"] == "max-age=60"

    asyncio.run(scenario())
