"""A block holds from its acknowledgement, whatever is away or full in that moment."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services_stub.client import MarketplaceClient
from services_stub.contracts.control import Action, PauseService, ResumeService, StartBroker, StopBroker
from services_stub.contracts.http.reason import LONGEST_REASON
from services_stub.runtime.identifiers import new_id
from tests.system.accounts import admin, new_person, new_product
from tests.system.marketplace import Marketplace, running_marketplace
from tests.system.rush import STOCK, Rush, check_books
from tests.waiting import eventually

SHOPPERS = 6
AWAY_SECONDS, ATTEMPTS = 2.5, 300
"""The least that the broker is away after the acknowledgement, and the least that is tried meanwhile."""

QUEUE_BYTES = 64 * 1024
SELLING = ("order", "product")


async def act(marketplace: Marketplace, *actions: Action) -> None:
    for action in actions:
        await asyncio.to_thread(marketplace.control.act, action)


async def block_during_a_rush(
    marketplace: Marketplace, *, not_reached: Sequence[str] = (), full_queues: bool = False
) -> None:
    """Block a seller whose product is bought all the time, with the broker stopped before and auth paused after.

    The services `not_reached` are paused while auth tells them, and sell again before the event comes. With
    `full_queues` the event waits in the outbox, because auth's producer has no room for it.
    """
    boss, seller = await admin(marketplace), await new_person(marketplace, "seller")
    product = await new_product(seller, quantity=STOCK, name=f"Rush {new_id()}")
    rush = Rush([await new_person(marketplace) for _ in range(SHOPPERS)], product)
    buying = [asyncio.create_task(rush.buy_all_the_time(shopper)) for shopper in rush.shoppers]
    await rush.goes_on(5 * SHOPPERS)
    await act(marketplace, StopBroker())
    if full_queues:
        await fill_the_queue_of_auth(marketplace, boss)
    await act(marketplace, *(PauseService(service=name) for name in not_reached))
    answer = await boss.admin.block_seller(product.seller_id, "fraud")
    acknowledged, since = datetime.now(UTC), time.monotonic()
    # On a busy machine others may not have answered in time either: their event comes later.
    assert set(answer.not_reached) >= set(not_reached)
    await act(marketplace, PauseService(service="auth"), *(ResumeService(service=name) for name in not_reached))
    await rush.goes_on(ATTEMPTS, until=since + AWAY_SECONDS)
    if full_queues:
        await eventually(lambda: overflows(marketplace, "order"), what="order's producer has no room either")
    await act(marketplace, StartBroker())
    if not_reached:
        await eventually(lambda: rush.has_sold_since(acknowledged), what="a sale after the block")
    await act(marketplace, ResumeService(service="auth"))
    await rush.goes_on(5 * SHOPPERS)
    rush.over.set()
    await asyncio.gather(*buying)
    await check_books(rush, acknowledged, boss)


async def fill_the_queue_of_auth(marketplace: Marketplace, boss: MarketplaceClient) -> None:
    """Block another seller and take it back, with long reasons, until more events wait than the producer takes."""
    other = (await new_product(await new_person(marketplace, "seller"))).seller_id
    while not await overflows(marketplace, "auth"):
        await boss.admin.block_seller(other, LONGEST_REASON * "\N{SHOPPING TROLLEY}")
        await boss.admin.unblock_seller(other, LONGEST_REASON * "\N{SHOPPING TROLLEY}")


async def overflows(marketplace: Marketplace, service: str) -> bool:
    """Whether more bytes of events wait for the broker than the queue of a producer takes."""
    path = Path(marketplace.state.data_dir) / service / f"{service}.db"
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
        waiting = "SELECT sum(length(value)) FROM outbox WHERE seq > (SELECT acknowledged FROM outbox_state)"
        ((count,),) = database.execute(waiting).fetchall()
    return (count or 0) > QUEUE_BYTES


def test_nothing_sold_after_the_acknowledgement_stays_sold_while_the_broker_is_away(any_kafka: Marketplace) -> None:
    asyncio.run(block_during_a_rush(any_kafka))


def test_nor_where_those_who_sell_hear_of_the_block_after_its_orders_are_paid(any_kafka: Marketplace) -> None:
    asyncio.run(block_during_a_rush(any_kafka, not_reached=SELLING))


@pytest.mark.slow
@pytest.mark.parametrize("kafka", ["embedded", "apache"])
def test_nor_where_the_queue_of_every_producer_is_full(kafka: str, tmp_path: Path) -> None:
    """The queue that librdkafka keeps for a producer; here it takes 64 KiB, as a user may choose, not 50,000 events."""
    properties = tmp_path / "kafka.properties"
    properties.write_text(f"queue.buffering.max.kbytes={QUEUE_BYTES // 1024}\n")
    with running_marketplace("--kafka", kafka, "--kafka-config", str(properties)) as marketplace:
        asyncio.run(block_during_a_rush(marketplace, not_reached=SELLING, full_queues=True))
