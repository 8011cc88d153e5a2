"""Sessions of a whole marketplace: one is ended alone, and a forgotten password ends all."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Awaitable, Callable

import httpx
import pytest

from services_stub.client import MarketplaceClient, SignInAgain
from services_stub.contracts.http.auth import Tokens
from services_stub.runtime.identifiers import new_id
from tests.system.accounts import new_person
from tests.system.marketplace import PASSWORD, Marketplace
from tests.waiting import eventually, wait_for

pytestmark = pytest.mark.slow

NEW = "another-long-password"


def tokens_of(client: MarketplaceClient) -> Tokens:
    assert client.session.tokens is not None
    return client.session.tokens


async def registered(marketplace: Marketplace) -> Tokens:
    return tokens_of(await new_person(marketplace))


def me(http: httpx.AsyncClient, tokens: Tokens) -> Callable[[], Awaitable[bool]]:
    """Whether an access token is refused."""

    async def is_refused() -> bool:
        headers = {"authorization": f"Bearer {tokens.access_token}"}
        return (await http.get("/auth-service/api/auth/me", headers=headers)).status_code == 401

    return is_refused


def test_logging_out_ends_one_session_with_its_stream_and_no_other(marketplace: Marketplace) -> None:
    async def scenario() -> None:
        person, elsewhere = await new_person(marketplace), marketplace.client()
        tokens = tokens_of(person)
        await elsewhere.auth.login(tokens.user.email, PASSWORD)
        async with httpx.AsyncClient(base_url=marketplace.gateway, timeout=30) as http:
            headers = {"authorization": f"Bearer {tokens.access_token}"}
            async with http.stream("GET", "/api/stream", headers=headers) as stream:
                chunks = stream.aiter_bytes()
                assert await anext(chunks)
                await person.auth.logout()
                async with asyncio.timeout(10):
                    async for _ in chunks:
                        pass
            await eventually(me(http, tokens), seconds=10, what="the refusal of the access token")
            assert not await me(http, tokens_of(elsewhere))()

    asyncio.run(scenario())


def typed(marketplace: Marketplace, *arguments: str, given: str = "", **environment: str) -> str:
    """The output of a command, with something on its standard input."""
    command = [sys.executable, "-m", "marketplace_tui", *arguments, "--data-dir", str(marketplace.directory)]
    done = subprocess.run(
        command,
        input=given,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout + done.stderr


def test_a_forgotten_password_is_set_by_the_token_of_a_mail_by_commands_alone(marketplace: Marketplace) -> None:
    tokens = asyncio.run(registered(marketplace))
    known, unknown = (
        typed(marketplace, "shop", "forgot-password", email) for email in (tokens.user.email, f"{new_id()}@example.com")
    )
    assert known == unknown
    token = wait_for(lambda: _token_mailed_to(marketplace, tokens.user.email), what="the mail with a token")
    said = typed(marketplace, "shop", "reset-password", given=f"{token}\n", MARKETPLACE_PASSWORD=NEW)
    assert "is set" in said

    async def afterwards() -> None:
        client = marketplace.client()
        client.session.tokens = tokens
        with pytest.raises(SignInAgain):
            await client.auth.refresh()
        await client.auth.login(tokens.user.email, NEW)

    asyncio.run(afterwards())
    logs = "".join(path.read_text(errors="replace") for path in marketplace.directory.rglob("*.log*"))
    assert logs
    assert token not in logs


def _token_mailed_to(marketplace: Marketplace, email: str) -> str:
    listing = typed(marketplace, "mail")
    for line in listing.splitlines():
        if email in line and "new password" in line:
            mail = typed(marketplace, "mail", line.split()[0])
            found = re.search(r"^([A-Za-z0-9_-]{43})\r?$", mail, re.MULTILINE)
            return found[1] if found else ""
    return ""
