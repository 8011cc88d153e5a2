"""An admin in the terminal client against a real marketplace: a seller blocked, a fault applied and cleared."""

from __future__ import annotations

import asyncio

from services_stub.contracts.control import DelayedPayments
from services_stub.runtime.identifiers import new_id
from tests.system.accounts import admin
from tests.system.marketplace import PASSWORD, Marketplace
from tests.system.terminal import terminal_of


def test_an_admin_blocks_a_seller_and_disturbs_the_payments(marketplace: Marketplace) -> None:
    email = f"{new_id()[-8:]}@example.com"

    async def scenario() -> None:
        async with marketplace.client() as seller:
            await seller.auth.register(email, PASSWORD, role="seller")
        async with terminal_of(await admin(marketplace), marketplace.state) as terminal:
            await terminal.sees("Services, 10 of 10 ready", "Consumer groups")
            terminal.app.open_user(email)
            await terminal.sees("Marketplace › Users", f"▸                    {email}")
            await terminal.press("b")
            await terminal.sees("Reason")
            await terminal.fill("copies")
            await terminal.sees("is blocked, 0 orders cancelled", "Blocked because: copies")

            await terminal.press("8")
            await terminal.sees("▸ Declined payments")
            await terminal.press("j", "a")
            await terminal.sees("so many milliseconds later", "Milliseconds")
            await terminal.press("ctrl+u")
            await terminal.fill("250")
            await terminal.sees("⚠ milliseconds 250")
            assert [one.fault for one in marketplace.control.faults()] == [DelayedPayments(milliseconds=250)]
            await terminal.press("1")
            await terminal.sees("⚠ delayed payments", "✗ fault in force: delayed payments")
            await terminal.press("8")
            await terminal.sees("▸ Declined payments", "⚠ milliseconds 250")
            await terminal.press("X")
            await terminal.sees("Delayed payments cleared.")
        assert marketplace.control.faults() == []
        async with await admin(marketplace) as client:
            (account,) = (await client.admin.users(email)).items
        assert (account.blocked, account.blocked_reason) == (True, "copies")

    try:
        asyncio.run(scenario())
    finally:
        for active in marketplace.control.faults():
            marketplace.control.clear(active.id)
