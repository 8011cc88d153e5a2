"""How stale each service's data is: read from health and from `marketplace status --lag`."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess

import pytest

from services_stub.infra.config.services import SERVICES
from tests.system.accounts import new_person, new_product
from tests.system.marketplace import COMMAND, Marketplace
from tests.unit.every_service import declared
from tests.waiting import wait_for

Lag = dict[tuple[str, str], tuple[int, float]]


def printed(shop: Marketplace, *options: str) -> str:
    command = [*COMMAND, "status", "--lag", "--data-dir", str(shop.directory), *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stdout


def lag(shop: Marketplace) -> Lag:
    found = json.loads(printed(shop, "--json"))
    assert [service["service"] for service in found] == list(SERVICES)
    return {
        (service["service"], topic["topic"]): (topic["lagRecords"], topic["stalenessSeconds"])
        for service in found
        for topic in service["topics"]
    }


@pytest.mark.slow
def test_a_consumer_that_is_held_up_grows_stale_and_catches_up(any_kafka: Marketplace) -> None:
    """The cart cannot apply events while its store is frozen; search can."""
    shop = any_kafka

    async def change() -> None:
        seller = await new_person(shop, "seller")
        product = await new_product(seller, quantity=5)
        await seller.seller.change_product(product.product_id, name="Renamed")

    store = shop.control.status().pid_of("valkey")
    os.kill(store, signal.SIGSTOP)
    try:
        asyncio.run(change())
        wait_for(lambda: is_stale(lag(shop)["cart", "product-updated"]), what="a stale cart")
        wait_for(lambda: lag(shop)["search", "product-updated"] == (0, 0.0), what="search without lag")
    finally:
        os.kill(store, signal.SIGCONT)
    every = {(name, event.topic) for name in SERVICES for event in declared(name).events()}
    wait_for(lambda: lag(shop) == dict.fromkeys(every, (0, 0.0)), what="no lag anywhere")
    rows = [line.split() for line in printed(shop).splitlines()]
    assert rows[0] == ["SERVICE", "TOPIC", "LAG", "STALENESS", "NEWEST", "EVENT"]
    assert ["cart", "product-updated", "0", "0.0", "s"] in [row[:5] for row in rows]


def is_stale(found: tuple[int, float]) -> bool:
    records, seconds = found
    return records > 0 and seconds > 0.5
