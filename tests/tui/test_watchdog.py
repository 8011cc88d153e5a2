"""The watchdog sees a loop that stands still, and says where."""

from __future__ import annotations

import asyncio
import time

from marketplace_tui.watchdog import STALL_SECONDS, Watchdog
from tests.waiting import eventually_true


def stand_still(seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        pass


def test_a_stall_is_logged_with_its_stack_and_its_context() -> None:
    logged: list[str] = []

    async def scenario() -> None:
        watching = asyncio.create_task(Watchdog(logged.append, lambda: "on storefront").run())
        await asyncio.sleep(0)
        stand_still(4 * STALL_SECONDS)
        await eventually_true(lambda: logged)
        watching.cancel()

    asyncio.run(scenario())
    assert "on storefront" in logged[0]
    assert "stand_still" in logged[0]
