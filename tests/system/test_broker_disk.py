"""The embedded broker's disk: full, and a power failure with what was not on it yet. The books are right afterwards.

Which records a topic has lost, its readers ask the owner for. No service of the marketplace reads `notification-sent`:
there a reader from outside misses what the power failure took.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from services_stub.contracts.control import LoseUnflushed
from services_stub.contracts.control_faults import FullDisk
from tests.system.marketplace import Marketplace, running_marketplace
from tests.system.purchases_under_faults import check_books, prepare, purchase_while
from tests.waiting import eventually

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
PURCHASES = 60
SEED = 11


async def fill_the_disk(marketplace: Marketplace) -> None:
    """Fill the broker's disk for a while; its process is the same afterwards."""
    pid = marketplace.control.status().pid_of("kafka")
    fault = await asyncio.to_thread(marketplace.control.apply, FullDisk(service="kafka"))
    await asyncio.sleep(4.0)
    await asyncio.to_thread(marketplace.control.clear, fault.id)
    assert marketplace.control.status().pid_of("kafka") == pid


async def lose_the_tail(marketplace: Marketplace) -> None:
    """Let the broker lose what its disk did not have, twice."""
    for _ in range(2):
        await asyncio.sleep(3.0)
        pid = marketplace.control.status().pid_of("kafka")
        await asyncio.to_thread(marketplace.control.act, LoseUnflushed())

        async def is_back(killed: int = pid) -> bool:
            return marketplace.control.status().pid_of("kafka") not in (0, killed)

        await eventually(is_back, seconds=10, what="the broker is back")


@pytest.mark.parametrize(("disturb", "whole"), [(fill_the_disk, True), (lose_the_tail, False)])
def test_no_purchase_is_lost(disturb: Callable[[Marketplace], Coroutine[Any, Any, None]], whole: bool) -> None:
    async def scenario(marketplace: Marketplace) -> None:
        run = await prepare(marketplace)
        await purchase_while(run, lambda: disturb(marketplace), purchases=PURCHASES, seed=SEED)
        ends = await check_books(run, messages_in_log=whole)
        assert ends["PAID"] > 0

    with running_marketplace() as marketplace:
        asyncio.run(scenario(marketplace))
