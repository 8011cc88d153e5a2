"""A purchase as `marketplace trace` sees it, on a real marketplace: the waterfall, where the order is, and live."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys

from services_stub.contracts.events import OrderStatus
from simulator.trace import Flow, findings_of, is_broken, live_flow
from simulator.trace.findings import Seen
from simulator.trace.kafka_source import KafkaSource
from tests.system.accounts import buy, new_person, new_product, until_status
from tests.system.marketplace import Marketplace


def trace(marketplace: Marketplace, *arguments: str) -> str:
    command = [sys.executable, "-m", "marketplace_tui", "trace", *arguments, "--data-dir", str(marketplace.directory)]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout


async def _buy_and_follow(marketplace: Marketplace) -> Flow:
    """A purchase, followed live from its first record until every consumer has reported it."""
    seller, shopper = await new_person(marketplace, "seller"), await new_person(marketplace)
    product = await new_product(seller, quantity=5, price="12.50")
    order = await buy(shopper, product.product_id)
    await until_status(shopper, order.order_id, OrderStatus.PAID)
    growing = live_flow(lambda: KafkaSource(marketplace.bootstrap_servers, None), order.order_id)
    async for flow in growing:
        if not findings_of(flow, Seen(flow.ended_at)):
            await growing.aclose()
            return flow
    raise AssertionError("the reader ended by itself")


def test_a_purchase_is_followed_live_and_shown_in_80_columns(marketplace: Marketplace) -> None:
    flow = asyncio.run(asyncio.wait_for(_buy_and_follow(marketplace), 60))
    assert not is_broken(findings_of(flow, Seen(flow.ended_at + 60_000_000)))
    assert {event.topic for event in flow.events} >= {"order-created", "payment-success", "order-updated"}
    shown = trace(marketplace, "show", flow.correlation_id).splitlines()
    assert shown[0].startswith(f"{flow.correlation_id[:8]}…  PAID in ")
    assert shown[0].endswith("as expected ✓")
    assert max(map(len, shown)) <= 80
    assert "has handled every event" in trace(marketplace, "where", flow.correlation_id)
    lines = trace(marketplace, "follow", "--once", "--json", "--key", flow.correlation_id).splitlines()
    assert {json.loads(line)["topic"] for line in lines} == {"order-created", "payment-success", "order-updated"}
