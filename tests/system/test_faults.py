"""Services are killed and stopped while people buy: nothing is lost, doubled or stuck."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from services_stub.contracts.control import KillBroker
from services_stub.infra.config.services import SERVICES
from tests.system.marketplace import Marketplace, running_marketplace
from tests.system.purchases_under_faults import check_books, prepare, purchase_while
from tests.waiting import eventually

PURCHASES = 200
BACK_WITHIN = 10.0
SEED = 20


async def kill_each(marketplace: Marketplace, back_within: float) -> None:
    """Kill (-9) each service in turn, at random moments, and wait until it works again."""
    chance = random.Random(SEED)
    for name in chance.sample(SERVICES, len(SERVICES)):
        await asyncio.sleep(chance.uniform(0.2, 1.0))
        killed = await asyncio.to_thread(marketplace.signal, name, signal.SIGKILL)
        await back(marketplace, name, killed, back_within)


async def back(marketplace: Marketplace, name: str, killed: int, seconds: float) -> None:
    """Wait until a service has another pid and is ready."""

    def is_back() -> bool:
        service = marketplace.service(name)
        return service.ready and service.pid != killed

    await eventually(lambda: asyncio.to_thread(is_back), seconds=seconds, what=f"{name} is back")


async def stop_each(marketplace: Marketplace) -> None:
    """Stop (-STOP) each service in turn for five seconds."""
    for name in SERVICES:
        pid = await asyncio.to_thread(marketplace.signal, name, signal.SIGSTOP)
        await asyncio.sleep(5.0)
        os.kill(pid, signal.SIGCONT)


async def kill_broker(marketplace: Marketplace) -> None:
    """Kill the broker in the middle; the supervisor starts it again."""
    await asyncio.sleep(2.0)
    await asyncio.to_thread(marketplace.control.act, KillBroker())
    await asyncio.sleep(8.0)


async def buy_while(marketplace: Marketplace, disturb: Callable[[], Coroutine[Any, Any, None]]) -> Counter[str]:
    """Shoppers buy while the marketplace is disturbed, and the books are checked: how many orders ended how."""
    run = await prepare(marketplace)
    await purchase_while(run, disturb, purchases=PURCHASES, seed=SEED)
    return await check_books(run)


async def kill_supervisor(marketplace: Marketplace) -> None:
    """Kill the supervisor three times, and start the marketplace at once, beside what is still ending."""
    for _ in range(3):
        await asyncio.sleep(1.0)
        marketplace.kill_supervisor()
        await asyncio.to_thread(marketplace.start_again)


@pytest.mark.slow
def test_the_supervisor_may_be_killed_and_the_marketplace_started_at_once() -> None:
    with running_marketplace() as marketplace:
        asyncio.run(buy_while(marketplace, lambda: kill_supervisor(marketplace)))


@pytest.mark.slow
def test_every_service_may_be_killed_at_any_moment(marketplace: Marketplace) -> None:
    ends = asyncio.run(buy_while(marketplace, lambda: kill_each(marketplace, BACK_WITHIN)))
    assert ends["PAID"] > 0
    assert ends["FAILED"] > 0


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_every_service_may_stop_for_five_seconds() -> None:
    with running_marketplace() as marketplace:
        asyncio.run(buy_while(marketplace, lambda: stop_each(marketplace)))


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_same_on_apache_kafka_and_the_broker_too() -> None:
    async def scenario(marketplace: Marketplace) -> None:
        run = await prepare(marketplace)
        await purchase_while(run, lambda: kill_each(marketplace, 20.0), purchases=PURCHASES, seed=SEED)
        await purchase_while(run, lambda: stop_each(marketplace), purchases=2 * PURCHASES, seed=SEED + 1)
        await purchase_while(run, lambda: kill_broker(marketplace), purchases=3 * PURCHASES, seed=SEED + 2)
        await check_books(run)

    with running_marketplace("--kafka", "apache") as marketplace:
        asyncio.run(scenario(marketplace))
