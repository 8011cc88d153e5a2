"""Signing in, renewing tokens, and carrying a guest's cart over."""

from __future__ import annotations

import asyncio

import httpx
import msgspec
import pytest

from services_stub.client import MarketplaceClient, Session, SignInAgain, TryLater
from tests.unit.client.marketplace import LOGIN, REFRESH, FakeMarketplace, cart, json, refusal, tokens, user

ME = "/auth-service/api/auth/me"
MERGE = "/cart-service/api/cart/merge"
CART = "/cart-service/api/cart/public"


def only_with(token: str) -> object:
    def answer(request: httpx.Request) -> httpx.Response:
        fresh = request.headers.get("authorization") == f"Bearer {token}"
        return json(user()) if fresh else refusal(401, "token-expired")

    return answer


async def signed_in(shop: FakeMarketplace) -> MarketplaceClient:
    shop.sign_in()
    client = shop.client()
    await client.auth.login("ada@example.org", "correct horse")
    return client


def test_login_sends_no_token_and_later_requests_do() -> None:
    async def scenario() -> None:
        shop = FakeMarketplace()
        shop.on("GET", ME, json(user()))
        client = await signed_in(shop)
        assert (await client.auth.me()).email == "ada@example.org"
        login, me = shop.requests
        assert "authorization" not in login.headers
        assert me.headers["authorization"] == "Bearer token-1"

    asyncio.run(scenario())


def test_many_requests_that_meet_an_expired_token_renew_it_once() -> None:
    async def scenario() -> None:
        shop = FakeMarketplace()
        client = await signed_in(shop)
        shop.on("GET", ME, only_with("token-2"))  # type: ignore[arg-type]
        shop.on("POST", REFRESH, json(tokens("token-2")), refusal(401, "refresh-token-used"))
        users = await asyncio.gather(*(client.auth.me() for _ in range(20)))
        assert len(users) == 20
        assert shop.asked().count(f"POST {REFRESH}") == 1
        renewal = next(request for request in shop.requests if request.url.path == REFRESH)
        assert msgspec.json.decode(renewal.content) == {"refreshToken": "refresh-token-1"}
        assert client.session.access_token == "token-2"

    asyncio.run(scenario())


def test_a_request_is_sent_again_only_once() -> None:
    async def scenario() -> None:
        shop = FakeMarketplace()
        client = await signed_in(shop)
        shop.on("GET", ME, refusal(401, "token-expired"))
        shop.on("POST", REFRESH, json(tokens("token-2")))
        with pytest.raises(SignInAgain):
            await client.auth.me()
        assert shop.asked().count(f"GET {ME}") == 2

    asyncio.run(scenario())


def test_a_refused_renewal_ends_the_session() -> None:
    async def scenario() -> None:
        shop = FakeMarketplace()
        client = await signed_in(shop)
        shop.on("GET", ME, refusal(401, "token-expired"))
        shop.on("POST", REFRESH, refusal(401, "refresh-token-used"))
        with pytest.raises(SignInAgain):
            await client.auth.me()
        assert client.session.user is None
        with pytest.raises(SignInAgain):
            await client.auth.me()
        assert shop.asked().count(f"POST {REFRESH}") == 1

    asyncio.run(scenario())


def test_a_renewal_that_fails_for_now_keeps_the_session() -> None:
    async def scenario() -> None:
        shop = FakeMarketplace()
        client = await signed_in(shop)
        shop.on("GET", ME, refusal(401, "token-expired"))
        shop.on("POST", REFRESH, refusal(503, "unavailable"))
        with pytest.raises(TryLater):
            await client.auth.me()
        assert client.session.access_token == "token-1"

    asyncio.run(scenario())


def test_a_guest_keeps_one_session_id_until_the_login_merges_the_cart() -> None:
    async def scenario() -> None:
        shop = FakeMarketplace()
        shop.sign_in()
        shop.on("GET", CART, json(cart()))
        shop.on("POST", f"{CART}/add", json(cart()))
        shop.on("POST", MERGE, json(cart()))
        client = shop.client()
        await client.cart.add("p1")
        await client.cart.read()
        await client.auth.login("ada@example.org", "correct horse")
        await client.cart.read()
        added, read, _login, merged, read_later = shop.requests
        guest_id = added.headers["x-session-id"]
        assert read.headers["x-session-id"] == guest_id
        assert merged.headers["x-session-id"] == guest_id
        assert merged.headers["authorization"] == "Bearer token-1"
        assert "x-session-id" not in read_later.headers

    asyncio.run(scenario())


def test_a_guest_cart_that_cannot_be_merged_now_is_merged_by_the_next_request() -> None:
    async def scenario() -> None:
        shop = FakeMarketplace()
        shop.sign_in()
        shop.on("GET", CART, json(cart()))
        shop.on("POST", MERGE, refusal(503, "unavailable"))
        client = shop.client()
        await client.cart.read()
        guest_id = client.session.guest_id
        await client.auth.login("ada@example.org", "correct horse")
        assert client.session.guest_id == guest_id
        await client.cart.read()
        assert "x-session-id" not in shop.requests[-1].headers
        assert client.session.guest_id == guest_id
        shop.on("POST", MERGE, json(cart()))
        await client.cart.read()
        assert shop.requests[-1].headers["x-session-id"] == guest_id
        assert client.session.guest_id == ""

    asyncio.run(scenario())


def test_a_seller_keeps_the_guest_cart_to_themselves() -> None:
    async def scenario() -> None:
        shop = FakeMarketplace()
        shop.sign_in(role="seller")
        shop.on("GET", CART, json(cart()))
        client = shop.client()
        await client.cart.read()
        await client.auth.login("ada@example.org", "correct horse")
        assert f"POST {MERGE}" not in shop.asked()

    asyncio.run(scenario())


def test_logout_forgets_the_tokens_even_when_the_service_is_away() -> None:
    async def scenario() -> None:
        shop = FakeMarketplace()
        client = await signed_in(shop)
        shop.on("POST", "/auth-service/api/auth/logout", refusal(503, "unavailable"))
        with pytest.raises(TryLater):
            await client.auth.logout()
        assert client.session.user is None
        await client.auth.logout()
        assert len(shop.requests) == 2

    asyncio.run(scenario())


def test_refresh_renews_on_demand_and_needs_a_session() -> None:
    async def scenario() -> None:
        shop = FakeMarketplace()
        with pytest.raises(SignInAgain):
            await shop.client().auth.refresh()
        client = await signed_in(shop)
        shop.on("POST", REFRESH, json(tokens("token-2")))
        await client.auth.refresh()
        assert client.session.access_token == "token-2"

    asyncio.run(scenario())


def test_a_kept_session_goes_on_in_another_client() -> None:
    async def scenario() -> None:
        shop = FakeMarketplace()
        shop.on("GET", ME, json(user()))
        await shop.client(session=Session(tokens=tokens("kept"))).auth.me()
        assert shop.requests[0].headers["authorization"] == "Bearer kept"
        assert shop.asked() == [f"GET {ME}"]
        assert LOGIN not in shop.asked()

    asyncio.run(scenario())
