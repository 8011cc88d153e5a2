"""The clock of one service is ahead, also in the process that replaces it; the others go on as if nothing were."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from services_stub.client.control import NotPossible, UnknownTarget
from services_stub.contracts.control import KillService
from services_stub.contracts.control_faults import ClockSkew
from tests.system.accounts import GOOD_CARD, new_person, new_product, settled
from tests.system.marketplace import Marketplace, running_marketplace
from tests.waiting import eventually

AHEAD = timedelta(minutes=5)
MINUTE = timedelta(minutes=1)


async def ahead_by(marketplace: Marketplace) -> timedelta:
    """How far the time is ahead that auth writes into a new account, whose owner buys something with a new token."""
    shopper = await new_person(marketplace)
    account = await shopper.auth.me()
    product = await new_product(await new_person(marketplace, "seller"))
    await shopper.cart.add(product.product_id)
    order = await settled(shopper, (await shopper.orders.place(GOOD_CARD)).order_id)
    assert order.status == "PAID"
    assert abs(datetime.fromisoformat(order.created_at) - datetime.now(UTC)) < MINUTE
    return datetime.fromisoformat(account.created_at) - datetime.now(UTC)


@pytest.mark.slow
def test_a_clock_that_is_ahead_is_so_in_one_service_until_it_is_cleared(marketplace: Marketplace) -> None:
    control, skew = marketplace.control, ClockSkew(service="auth", milliseconds=round(AHEAD.total_seconds() * 1000))

    async def scenario() -> list[timedelta]:
        control.apply(skew)
        try:
            found = [await ahead_by(marketplace)]
            before = marketplace.service("auth").pid
            control.act(KillService(service="auth"))
            await eventually(lambda: asyncio.to_thread(is_back, before), what="auth is back")
            found.append(await ahead_by(marketplace))
        finally:
            control.clear(skew.id)
        return [*found, await ahead_by(marketplace)]

    def is_back(before: int) -> bool:
        service = marketplace.service("auth")
        return service.ready and service.pid != before

    first, second, third = asyncio.run(scenario())
    assert abs(first - AHEAD) < MINUTE
    assert abs(second - AHEAD) < MINUTE
    assert abs(third) < MINUTE


@pytest.mark.slow
def test_every_service_has_a_clock_that_can_be_shifted(marketplace: Marketplace) -> None:
    faults = [ClockSkew(service=service.name, milliseconds=-1) for service in marketplace.control.status().services]
    for fault in faults:
        marketplace.control.apply(fault)
    assert [active.fault for active in marketplace.control.faults()] == faults
    for fault in faults:
        marketplace.control.clear(fault.id)
    assert marketplace.control.faults() == []


@pytest.mark.slow
def test_there_is_one_clock_in_one_process_and_none_of_a_service_that_is_none(marketplace: Marketplace) -> None:
    with pytest.raises(UnknownTarget):
        marketplace.control.apply(ClockSkew(service="auht", milliseconds=1))
    with running_marketplace("--processes", "1") as together, pytest.raises(NotPossible, match="shares its process"):
        together.control.apply(ClockSkew(service="auth", milliseconds=1))
    assert marketplace.control.faults() == []
