"""The admin's screens as they look: full, empty, loading, and with an error, in two sizes."""

from __future__ import annotations

import asyncio
import threading

import pytest

from marketplace_tui.actions.places import SECTIONS
from services_stub.client.control import ControlClient
from services_stub.contracts.control_faults import DeclinedPayments
from tests.tui.admin.data import STATE
from tests.tui.admin.fakes import AdminMarketplace, FakeControl
from tests.tui.fake_marketplace import FakeMarketplace
from tests.tui.running import LARGE, SMALL, assert_golden, running

SCREENS = ("overview", "users", "catalogue", "all-orders", "payments", "services", "dead-letters", "faults")
SIZES = {"80x24": SMALL, "120x40": LARGE}

in_both_sizes = pytest.mark.parametrize("size", SIZES)
rarely_in_both_sizes = pytest.mark.parametrize("size", ["80x24", pytest.param("120x40", marks=pytest.mark.slow)])
"""There is little to see where there is nothing to show: the large size of these is left to the slow tests."""


async def go_through(
    fake: FakeMarketplace, control: ControlClient, state: str, size: str, *, settled: bool = True
) -> None:
    """Look at every screen in one client: starting one for each would take longer than all the rest."""
    async with running(
        fake, "admin", size=SIZES[size], state=STATE, connect=lambda: control, settled=settled
    ) as client:
        for screen in SCREENS:
            await client.pilot.press(str(SECTIONS["admin"].index(screen) + 1))
            await (client.settle() if settled else client.pilot.pause())
            assert_golden(client.text, f"admin/{screen}-{state}-{size}")


@in_both_sizes
def test_full_screens_look_as_they_did(size: str) -> None:
    control = FakeControl()
    control.apply(DeclinedPayments(rate=0.5))
    asyncio.run(go_through(AdminMarketplace().fake, control, "full", size))


@rarely_in_both_sizes
def test_empty_screens_look_as_they_did(size: str) -> None:
    asyncio.run(go_through(AdminMarketplace(is_empty=True).fake, FakeControl(), "empty", size))


@rarely_in_both_sizes
def test_screens_of_a_marketplace_that_is_away_look_as_they_did(size: str) -> None:
    fake, control = AdminMarketplace().fake, FakeControl()
    fake.away = control.away = True
    asyncio.run(go_through(fake, control, "error", size))


@rarely_in_both_sizes
def test_screens_that_are_loading_look_as_they_did(size: str) -> None:
    fake, control = AdminMarketplace().fake, FakeControl()

    async def scenario() -> None:
        fake.held, control.held = asyncio.Event(), threading.Event()
        try:
            await go_through(fake, control, "loading", size, settled=False)
        finally:
            control.held.set()

    asyncio.run(scenario())


@pytest.mark.parametrize("screen", ["services", "faults"])
def test_a_marketplace_elsewhere_says_what_to_do(screen: str) -> None:
    async def scenario() -> None:
        async with running(AdminMarketplace().fake, "admin") as client:
            await client.press(str(SECTIONS["admin"].index(screen) + 1))
            assert_golden(client.text, f"admin/{screen}-elsewhere-80x24")

    asyncio.run(scenario())


def test_they_can_be_read_without_layout() -> None:
    async def scenario() -> None:
        async with running(AdminMarketplace().fake, "admin", flat=True, ascii_only=True) as client:
            assert_golden(client.text, "admin/overview-flat-80x24")
            assert client.text.isascii()

    asyncio.run(scenario())
