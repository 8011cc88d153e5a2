"""A purchase as `marketplace trace` sees it, on a real marketplace: the waterfall, where the order is, and live."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections import Counter
from decimal import Decimal

import pytest

from services_stub.contracts.control import KillService
from services_stub.contracts.control_faults import DuplicatedRecords, PoisonRecords, RecordFault
from services_stub.contracts.events import OrderStatus
from services_stub.contracts.topics import BUSINESS_TOPICS, dead_letter_topic
from simulator.trace import Flow, findings_of, is_broken, live_flow
from simulator.trace.findings import Seen
from simulator.trace.kafka_source import KafkaSource
from tests.system.accounts import buy, new_person, new_product, until_status
from tests.system.log import Entry, read_topics
from tests.system.marketplace import Marketplace, running_marketplace
from tests.system.purchases_under_faults import prepare, purchase_while
from tests.system.test_records import consumed_everything
from tests.waiting import wait_for

OF_A_PURCHASE = {"order-created", "payment-success", "order-updated"}
ASKED = [("gateway", "order", 201), ("order", "cart", 200), ("order", "product", 200)]


def trace(marketplace: Marketplace, *arguments: str) -> str:
    command = [sys.executable, "-m", "marketplace_tui", "trace", *arguments, "--data-dir", str(marketplace.directory)]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout


async def _buy_and_follow(marketplace: Marketplace) -> Flow:
    """A purchase, followed live from its first record until every consumer and both sides of each request reported."""
    seller, shopper = await new_person(marketplace, "seller"), await new_person(marketplace)
    product = await new_product(seller, quantity=5, price="12.50")
    order = await buy(shopper, product.product_id)
    await until_status(shopper, order.order_id, OrderStatus.PAID)
    growing = live_flow(lambda: KafkaSource(marketplace.bootstrap_servers, None), order.order_id)
    async for flow in growing:
        # Partitions are read one after the other: the first pieces of a flow need not be its beginning.
        asked = [(each.caller, each.callee, each.status) for each in flow.requests if each.handled_from is not None]
        whole = asked == ASKED and {event.topic for event in flow.events} >= OF_A_PURCHASE
        if whole and not findings_of(flow, Seen(flow.ended_at)):
            await growing.aclose()
            return flow
    raise AssertionError("the reader ended by itself")


@pytest.mark.slow
def test_a_purchase_is_followed_live_and_shown_in_80_columns(marketplace: Marketplace) -> None:
    flow = asyncio.run(asyncio.wait_for(_buy_and_follow(marketplace), 60))
    assert not is_broken(findings_of(flow, Seen(flow.ended_at + 60_000_000)))
    shown = trace(marketplace, "show", flow.correlation_id).splitlines()
    assert shown[0].startswith(f"{flow.correlation_id[:8]}…  PAID in ")
    assert shown[0].endswith("as expected ✓")
    assert max(map(len, shown)) <= 80
    rows = "\n".join(line[:23].rstrip() for line in shown)
    assert "›gateway▶order /orders\n›order▶cart /checkouts\n›order▶product /reserv" in rows
    assert "has handled every event" in trace(marketplace, "where", flow.correlation_id)
    links = json.loads(trace(marketplace, "topology", "--format", "json"))
    (payment,) = [each for each in links if (each["service"], each["topic"]) == ("payment", "order-created")]
    assert (payment["publishes"], payment["records"] > 0, payment["lag"] is not None) == (False, True, True)
    lines = trace(marketplace, "follow", "--once", "--json", "--key", flow.correlation_id).splitlines()
    assert {json.loads(line)["topic"] for line in lines} == OF_A_PURCHASE


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_the_broken_flows_are_those_that_an_independent_reading_of_the_topics_finds() -> None:
    faults: list[RecordFault] = [
        DuplicatedRecords(topic="payment-success", rate=0.2),
        DuplicatedRecords(topic="order-updated", rate=0.1),
        PoisonRecords(topic="order-created", milliseconds=400),
    ]
    with running_marketplace() as shop:

        async def disturb() -> None:
            for fault in faults:
                await asyncio.to_thread(shop.control.apply, fault)
            for service in ("payment", "order", "notification"):
                await asyncio.to_thread(kill, shop, service)

        async def scenario() -> None:
            await purchase_while(await prepare(shop), disturb, purchases=60, seed=9)

        asyncio.run(scenario())
        for fault in faults:
            shop.control.clear(fault.id)
        wait_for(lambda: consumed_everything(shop), what="everything consumed")
        found = json.loads(trace(shop, "list", "--broken", "--json", "--limit", "100000"))
        expected = broken_flows(shop.bootstrap_servers)
        assert {row["correlationId"]: row["verdict"] for row in found}.keys() == expected.keys()
        assert {cause for causes in expected.values() for cause in causes} >= {"duplicate", "dead letter"}
        for flow_id, causes in list(expected.items())[:10]:
            shown = trace(shop, "show", flow_id)
            assert all(f"✗ {cause}:" in shown for cause in causes), shown


def kill(shop: Marketplace, service: str) -> None:
    """Kill the process of a service, and wait until the next one is ready."""
    killed = shop.service(service).pid
    shop.control.act(KillService(service=service))
    wait_for(lambda: shop.service(service).pid not in (0, killed) and shop.service(service).ready, what=service)


def broken_flows(bootstrap_servers: str) -> dict[str, set[str]]:
    """The flows in which something is wrong, with the causes, by a reading of the topics that knows no trace."""
    found: dict[str, set[str]] = {}
    topics = [topic.name for topic in BUSINESS_TOPICS]
    events = read_topics(bootstrap_servers, *topics)
    copies = Counter((entry.topic, entry.headers["ce_id"]) for entry in events)
    for entry in events:
        if copies[entry.topic, entry.headers["ce_id"]] > 1:
            found.setdefault(entry.headers["ce_correlationid"], set()).add("duplicate")
    for entry in read_topics(bootstrap_servers, *(dead_letter_topic(topic) for topic in topics)):
        found.setdefault(entry.headers["ce_correlationid"], set()).add("dead letter")
    for report in read_topics(bootstrap_servers, "trace-hops"):
        for hop in report.value["hops"]:
            if hop["outcome"] == "duplicate":
                found.setdefault(hop["correlationId"], set()).add("duplicate")
    for order_id in unbalanced(events):
        found.setdefault(order_id, set()).add("unbalanced")
    return found


def unbalanced(events: list[Entry]) -> set[str]:
    """The orders whose money is not that of their last status."""
    money: dict[str, dict[str, Decimal]] = {"payment-success": {}, "payment-refunded": {}}
    last: dict[str, Entry] = {}
    for entry in sorted(events, key=lambda each: each.offset):
        if entry.topic in money:
            money[entry.topic][entry.key] = Decimal(str(entry.value["amount"]))
        elif entry.topic == "order-updated":
            last[entry.key] = entry
    kept = {
        key: money["payment-success"].get(key, Decimal(0)) - money["payment-refunded"].get(key, Decimal(0))
        for key in last
    }
    due = {
        key: Decimal(str(entry.value["amount"])) if entry.value["status"] == "PAID" else Decimal(0)
        for key, entry in last.items()
    }
    return {key for key in last if kept[key] != due[key]}
