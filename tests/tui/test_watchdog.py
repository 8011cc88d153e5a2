"""The watchdog sees a loop that stands still, and says where."""

from __future__ import annotations

import asyncio
import time

from marketplace_tui.watchdog import STALL_SECONDS, Watchdog


def stand_still(seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        pass


def test_a_stall_is_logged_with_its_stack_and_its_context() -> None:
    logged: list[str] = []

    async def scenario() -> None:
        await asyncio.sleep(2 * STALL_SECONDS)
        assert not logged, "waiting is no stall"
        deadline = time.monotonic() + 30
        while not any("stand_still" in one for one in logged):
            # A machine that gives the whole process no time for as long leaves the watching thread none to look in.
            assert time.monotonic() < deadline, logged
            stand_still(4 * STALL_SECONDS)
            await asyncio.sleep(0)

    with asyncio.Runner(loop_factory=Watchdog(logged.append, lambda: "on storefront").new_loop) as runner:
        runner.run(scenario())
    assert all("on storefront" in one for one in logged)
