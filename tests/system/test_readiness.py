"""Ready means that a purchase would go through: each part says what it waits for, and since when."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator

import pytest

from services_stub.client.control import ControlClient
from services_stub.contracts.control import ServiceState, StartBroker, StopBroker
from services_stub.contracts.control_faults import PaymentOutage
from tests.system.accounts import buy, new_person, new_product
from tests.system.marketplace import Marketplace, running_marketplace
from tests.waiting import wait_for

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def shop() -> Iterator[Marketplace]:
    """A marketplace of its own: its parts are frozen."""
    with running_marketplace() as running:
        yield running


def services(shop: Marketplace) -> list[ServiceState]:
    return ControlClient.of(shop.state).status().services


def all_ready(shop: Marketplace) -> bool:
    return all(service.ready for service in services(shop))


def test_nothing_is_ready_without_the_broker(shop: Marketplace) -> None:
    control = ControlClient.of(shop.state)
    control.act(StopBroker())
    wait_for(lambda: not any(service.ready for service in services(shop)), seconds=30, what="nothing is ready")
    told = {service.name: service.detail for service in services(shop)}
    assert "waits for Kafka since 20" in told["order"]
    assert "order" in told["gateway"]
    control.act(StartBroker())
    wait_for(lambda: all_ready(shop), seconds=30, what="all is ready again")


def test_the_cart_is_not_ready_while_its_store_is_frozen(shop: Marketplace) -> None:
    store = ControlClient.of(shop.state).status().pid_of("valkey")
    os.kill(store, signal.SIGSTOP)
    try:
        wait_for(lambda: not shop.service("cart").ready, seconds=30, what="cart is not ready")
        told = {service.name: service.detail for service in services(shop) if not service.ready}
        assert set(told) == {"cart", "gateway"}
        assert "waits for the cart store since 20" in told["cart"]
    finally:
        os.kill(store, signal.SIGCONT)
    wait_for(lambda: all_ready(shop), seconds=30, what="all is ready again")


def test_payment_is_not_ready_from_the_first_purchase_of_an_outage_on(shop: Marketplace) -> None:
    async def purchase() -> str:
        seller, shopper = await new_person(shop, "seller"), await new_person(shop)
        return (await buy(shopper, (await new_product(seller)).product_id)).status

    control = ControlClient.of(shop.state)
    active = control.apply(PaymentOutage())
    try:
        assert asyncio.run(purchase()) == "FAILED"
        wait_for(lambda: not shop.service("payment").ready, seconds=30, what="payment is not ready")
        told = {service.name: service.detail for service in services(shop) if not service.ready}
        assert set(told) <= {"payment", "gateway"}
        assert "waits for the payment provider since 20" in told["payment"]
    finally:
        control.clear(active.fault.id)
    wait_for(lambda: all_ready(shop), seconds=30, what="all is ready again")
    assert asyncio.run(purchase()) == "PAID"
