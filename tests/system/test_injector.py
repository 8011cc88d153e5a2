"""Faults of a run on a real marketplace: carried out while people buy, cleared, and everything is well afterwards."""

from __future__ import annotations

import asyncio
import time

import pytest

from services_stub.contracts.control import PauseService
from services_stub.contracts.control_faults import FullDisk
from simulator.faults.commands import ControlInThreads
from simulator.faults.healing import disturbances, heal
from simulator.faults.injector import Activity, Injector
from simulator.faults.planned import planned
from simulator.faults.target import Target, problems
from simulator.history import FaultRecord
from tests.system.marketplace import Marketplace
from tests.system.purchases_under_faults import PurchaseRun, check_books, prepare, purchase_while
from tests.waiting import eventually

FAULTS = [
    "kill:payment@500ms+1s",
    "pause:order@4s+2s",
    "reorder:payment-success=50%@4500ms+2s",
    "skew:order=-1s500ms@6500ms+2s",
    "full-disk:payment@7s+1s",
]
LAST_US = 10_000_000
SEED = 10


def activity_of(run: PurchaseRun) -> Activity:
    """Every shopper has one saga or one request at any time."""
    return Activity(len(run.shoppers), len(run.shoppers), sagas_begun=len(run.orders))


@pytest.mark.slow
def test_the_faults_of_a_run_are_carried_out_and_the_books_balance(marketplace: Marketplace) -> None:
    faults = [planned(fault) for fault in FAULTS]
    control, records = ControlInThreads(marketplace.control), list[FaultRecord]()

    async def scenario() -> None:
        assert problems(faults, Target.of(await control.status()), LAST_US) == []
        before = marketplace.service("payment").pid
        run = await prepare(marketplace)
        injector = Injector(control, clock=now, activity=lambda: activity_of(run), record=records.append)
        await purchase_while(run, lambda: injector.run(faults, now()), purchases=20, seed=SEED)
        await heal(control)
        assert marketplace.service("payment").pid != before
        assert disturbances(await control.status(), await control.faults()) == []
        await check_books(run)

    asyncio.run(scenario())
    assert [(record.kind, record.target, record.note) for record in records] == [
        ("kill", "payment", ""),
        ("pause", "order", ""),
        ("reorder", "payment-success", "50%"),
        ("full-disk", "payment", ""),
        ("skew", "order", "-1s500ms"),
    ]
    assert all(not record.missed and record.begun_at < record.ended_at for record in records)


@pytest.mark.slow
def test_an_interrupted_run_leaves_a_marketplace_that_works(marketplace: Marketplace) -> None:
    control, records = ControlInThreads(marketplace.control), list[FaultRecord]()

    def paused() -> bool:
        return marketplace.service("order").paused and bool(marketplace.control.faults())

    async def scenario() -> None:
        faults = [planned(fault) for fault in ("pause:order@0s+9m", "full-disk:cart@0s+9m", "kill:search@8m")]
        injector = Injector(control, clock=now, activity=lambda: Activity(0, 0), record=records.append)
        running = asyncio.create_task(injector.run(faults, now()))
        await eventually(lambda: asyncio.to_thread(paused), what="the faults")
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert disturbances(await control.status(), await control.faults()) == []
        await control.act(PauseService(service="order"))
        await control.apply(FullDisk(service="cart"))
        await heal(control)
        assert disturbances(await control.status(), await control.faults()) == []

    asyncio.run(scenario())
    assert {record.kind: bool(record.ended_at) for record in records} == {
        "pause": True,
        "full-disk": True,
        "kill": False,
    }


def now() -> int:
    """Microseconds of Unix time."""
    return time.time_ns() // 1000
