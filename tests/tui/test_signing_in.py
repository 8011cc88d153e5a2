"""Signing in and out, and becoming a shopper: the cart stays, the place stays, errors stand beside their fields."""

from __future__ import annotations

import asyncio

import pytest

from services_stub.contracts.problem import FieldError, problem
from tests.tui.fake_marketplace import Refused, user_of
from tests.tui.running import assert_golden, running
from tests.tui.shopping import Shopping


def test_a_guest_who_checks_out_signs_in_and_goes_on_with_the_cart() -> None:
    async def scenario() -> None:
        shopping = Shopping()
        async with running(shopping.fake) as client:
            await client.press("a", "c", "b")
            assert_golden(client.text, "sign-in-choice-80x24")
            await client.press("enter")
            await client.type("ana@example.org")
            await client.press("enter")
            await client.type("a-long-password")
            assert_golden(client.text, "sign-in-form-80x24")
            await client.press("enter")
            title = client.text.splitlines()[0]
            assert "Checkout" in title
            assert "ana (shopper)" in title
            assert shopping.cart.quantities == {"p-1": 1}
            assert ("POST", "/cart-service/api/cart/merge") in shopping.fake.requests

    asyncio.run(scenario())


def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays() -> None:
    async def scenario() -> None:
        shopping = Shopping()
        taken = [FieldError(field="email", message="an account with this address exists")]

        def refuse(_request: object, _match: object) -> None:
            raise Refused(problem(409, "email-taken", "an account with this address exists", errors=taken))

        shopping.fake.on("POST", "/auth-service/api/auth/register", refuse)
        async with running(shopping.fake) as client:
            await client.press("L")
            await client.type("shopper")
            await client.press("enter")
            await client.type("Ana")
            await client.press("enter")
            await client.type("nobody")
            await client.press("enter")
            await client.type("a-long-password")
            await client.press("enter")
            assert "is not an e-mail address" in client.text
            await client.press("end")
            await client.type("@example.org")
            await client.press("ctrl+s")
            assert_golden(client.text, "register-refused-80x24")
            shopping.fake.on("POST", "/auth-service/api/auth/register", lambda _request, _match: user_of("user"))
            await client.press("ctrl+s")
            assert "Signed in as ana" in client.text

    asyncio.run(scenario())


def test_a_forgotten_password_is_set_by_the_token_of_a_mail() -> None:
    async def scenario() -> None:
        shopping = Shopping()
        for path in ("forgot-password", "reset-password"):
            shopping.fake.on("POST", f"/auth-service/api/auth/{path}", lambda _request, _match: None)
        async with running(shopping.fake) as client:
            await client.press("L")
            await client.type("forgot")
            await client.press("enter")
            await client.type("ana@example.org")
            await client.press("enter")
            assert "on its way to it by mail" in " ".join(client.text.replace("│", " ").split())
            await client.type("the-token")
            await client.press("enter")
            await client.type("a-longer-password")
            assert "the-token" not in client.text
            await client.press("enter")
            assert "The password is set." in client.text
            posted = [path.rpartition("/")[2] for method, path in shopping.fake.requests if method == "POST"]
            assert posted == ["forgot-password", "reset-password"]

    asyncio.run(scenario())


def test_signing_out_leaves_a_guest_on_a_screen_of_guests() -> None:
    async def scenario() -> None:
        async with running(Shopping().fake, "user") as client:
            await client.press("o", "L")
            title = client.text.splitlines()[0]
            assert "Shop" in title
            assert "guest" in title

    asyncio.run(scenario())


@pytest.mark.slow
def test_wrong_credentials_are_said_in_the_form() -> None:
    async def scenario() -> None:
        shopping = Shopping()

        def refuse(_request: object, _match: object) -> None:
            raise Refused(problem(401, "wrong-credentials", "there is no account with this address and password"))

        shopping.fake.on("POST", "/auth-service/api/auth/login", refuse)
        async with running(shopping.fake) as client:
            await client.press("L", "enter")
            await client.type("a@b.org")
            await client.press("enter", "x", "enter")
            assert "Wrong credentials: there is no account" in client.text
            await client.press("escape")
            assert "guest" in client.text.splitlines()[0]

    asyncio.run(scenario())


def test_a_session_that_ends_by_itself_is_told() -> None:
    async def scenario() -> None:
        shopping = Shopping()

        def refuse(_request: object, _match: object) -> None:
            raise Refused(problem(401, "unauthenticated", "the session is over"))

        async with running(shopping.fake, "user") as client:
            shopping.fake.on("GET", "/order-service/api/orders", refuse)
            shopping.fake.on("POST", "/auth-service/api/auth/refresh", refuse)
            await client.press("o")
            assert "Your session is over: L signs in again." in client.text
            assert "guest" in client.text.splitlines()[0]

    asyncio.run(scenario())
