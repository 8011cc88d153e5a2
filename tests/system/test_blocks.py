"""A block holds from its acknowledgement, whatever is away or full in that moment."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sqlite3
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from services_stub.contracts.control import Action, PauseService, ResumeService, StartBroker, StopBroker
from services_stub.runtime.identifiers import new_id
from tests.system.accounts import admin, new_person, new_product
from tests.system.marketplace import PASSWORD, Marketplace, running_marketplace
from tests.system.rush import STOCK, Rush, check_books
from tests.waiting import eventually

SHOPPERS = 6
A_FEW, ATTEMPTS = 30, 300
AWAY_SECONDS = 2.5
"""The least that the broker is away after the acknowledgement; meanwhile at least `ATTEMPTS` are made to buy."""

SELLING = ("order", "product")
QUEUE_BYTES = 64 * 1024
LONG_NAME = 100 * "\N{SHOPPING TROLLEY}"


async def act(marketplace: Marketplace, *actions: Action) -> None:
    for action in actions:
        await asyncio.to_thread(marketplace.control.act, action)


async def block_during_a_rush(marketplace: Marketplace, *, unheard: bool = False, full_queues: bool = False) -> None:
    """Block a seller whose product is bought all the time, with the broker stopped before and auth paused after.

    With `unheard` those who sell are out of reach while auth tells them, and sell on until auth goes on and the event
    comes. With `full_queues` their producers and that of auth take no event any more when the block comes.
    """
    boss, seller = await admin(marketplace), await new_person(marketplace, "seller")
    product = await new_product(seller, quantity=STOCK, name=f"Rush {new_id()}")
    rush = Rush([await new_person(marketplace) for _ in range(SHOPPERS)], product)
    buying = [asyncio.create_task(rush.buy_all_the_time(shopper)) for shopper in rush.shoppers]
    await rush.goes_on(A_FEW)
    await act(marketplace, StopBroker())
    if full_queues:
        await fill_producers(marketplace)
    for name in SELLING if unheard else ():
        await act(marketplace, PauseService(service=name))
        await asyncio.to_thread(fill_listening_queue, marketplace.service(name).port)
    answer = await boss.admin.block_seller(product.seller_id, "fraud")
    acknowledged, since = datetime.now(UTC), time.monotonic()
    # On a busy machine they may not have answered in time either when they are in reach.
    assert set(answer.not_reached) == set(SELLING) or not unheard
    await act(marketplace, PauseService(service="auth"))
    await act(marketplace, *(ResumeService(service=name) for name in SELLING if unheard))
    await rush.goes_on(ATTEMPTS, until=since + AWAY_SECONDS)
    await act(marketplace, StartBroker())
    if unheard:
        await eventually(partial(rush.has_sold_since, acknowledged), seconds=60, what="a sale after the block")
    await act(marketplace, ResumeService(service="auth"))
    await rush.goes_on(A_FEW)
    rush.over.set()
    await asyncio.gather(*buying)
    await check_books(rush, acknowledged, boss)


def fill_listening_queue(port: int) -> None:
    """Connect to a paused process until no connection is taken any more: what it does not accept, it cannot hear."""
    with contextlib.suppress(TimeoutError):
        while True:
            socket.create_connection(("127.0.0.1", port), timeout=0.2).close()


async def fill_producers(marketplace: Marketplace) -> None:
    """Register people with long names until auth's producer is full, and wait until sales have filled the others."""
    while not await overflows(marketplace, "auth"):
        await marketplace.client().auth.register(f"{new_id()}@example.com", PASSWORD, name=LONG_NAME)
    for name in SELLING:
        await eventually(partial(overflows, marketplace, name), seconds=60, what=f"a full producer of {name}")


async def overflows(marketplace: Marketplace, service: str) -> bool:
    """Whether more bytes of events wait for the broker than the queue of a producer takes."""
    path = Path(marketplace.state.data_dir) / service / f"{service}.db"
    with sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True) as database:
        waiting = "SELECT total(length(value)) FROM outbox WHERE seq > (SELECT acknowledged FROM outbox_state)"
        ((count,),) = database.execute(waiting).fetchall()
    return bool(count > QUEUE_BYTES)


@pytest.fixture
def shop(any_kafka: Marketplace) -> Iterator[Marketplace]:
    """The shared marketplace: all of it runs again afterwards, whatever became of the test."""
    yield any_kafka
    asyncio.run(act(any_kafka, StartBroker(), *(ResumeService(service=name) for name in ("auth", *SELLING))))


# The first of the two: on a connection that another block has left open, auth would be heard later.
@pytest.mark.slow
def test_nothing_sold_after_a_block_stays_sold_though_it_was_paid_before_the_event(shop: Marketplace) -> None:
    asyncio.run(block_during_a_rush(shop, unheard=True))


@pytest.mark.slow
def test_nothing_is_sold_while_the_broker_is_away(shop: Marketplace) -> None:
    asyncio.run(block_during_a_rush(shop))


@pytest.mark.slow
@pytest.mark.parametrize("kafka", ["embedded", "apache"])
def test_a_block_holds_where_no_producer_takes_an_event_any_more(kafka: str, tmp_path: Path) -> None:
    """The queues in which librdkafka keeps events for the broker are full; they take 64 KiB here, as a user may set."""
    properties = tmp_path / "kafka.properties"
    properties.write_text(f"queue.buffering.max.kbytes={QUEUE_BYTES // 1024}\n")
    with running_marketplace("--kafka", kafka, "--kafka-config", str(properties)) as marketplace:
        asyncio.run(block_during_a_rush(marketplace, unheard=True, full_queues=True))
