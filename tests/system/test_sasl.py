"""A marketplace whose broker has a password: its processes know it, and others are let in by the files it writes."""

from __future__ import annotations

import asyncio
import stat
import subprocess
import sys
from collections.abc import Iterator

import pytest

from services_stub.contracts.events.order import OrderStatus
from tests.system.accounts import buy, new_person, new_product, until_status
from tests.system.foreign.clients import CLIENTS
from tests.system.marketplace import Marketplace, running_marketplace
from tests.system.tools import needs_kcat

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
KCAT_FILE, JAVA_FILE = "kafka-client.properties", "kafka-java.properties"


@pytest.fixture(scope="module")
def closed() -> Iterator[Marketplace]:
    with running_marketplace("--kafka-sasl") as marketplace:
        yield marketplace


def said(*command: str) -> str:
    """The output of a command, however it ends."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return done.stdout + done.stderr


async def _purchase(marketplace: Marketplace) -> str:
    seller, shopper = await new_person(marketplace, "seller"), await new_person(marketplace)
    order = await buy(shopper, (await new_product(seller)).product_id)
    await until_status(shopper, order.order_id, OrderStatus.PAID)
    return order.order_id


@needs_kcat
def test_a_purchase_is_paid_and_kcat_reads_it_with_the_file_and_not_without(closed: Marketplace) -> None:
    order_id = asyncio.run(_purchase(closed))
    file = closed.directory / KCAT_FILE
    assert stat.S_IMODE(file.stat().st_mode) == stat.S_IMODE((closed.directory / JAVA_FILE).stat().st_mode) == 0o600
    read = ["-C", "-e", "-q", "-t", "order-created", "-f", "%k\n"]
    assert order_id in said("kcat", "-F", str(file), *read).splitlines()
    stranger = ["kcat", "-b", closed.bootstrap_servers, "-m", "3"]
    assert order_id not in said(*stranger, *read)
    login = ["-X", "security.protocol=SASL_PLAINTEXT", "-X", "sasl.mechanism=PLAIN", "-X", "sasl.username=marketplace"]
    assert "wrong" in said(*stranger, *login, "-X", "sasl.password=guessed", "-L")


def test_the_trace_needs_no_more_than_the_data_directory(closed: Marketplace) -> None:
    order_id = asyncio.run(_purchase(closed))
    trace = [sys.executable, "-m", "marketplace_tui", "trace", "show", order_id, "--data-dir", str(closed.directory)]
    assert "PAID in " in said(*trace)


def test_the_java_tools_are_let_in_with_their_file(closed: Marketplace) -> None:
    client = next(client for client in CLIENTS if client.name == "kafka-topics")
    command = client.command("list", closed.bootstrap_servers, "", "")
    assert "order-created" in said(*command, "--command-config", str(closed.directory / JAVA_FILE)).splitlines()
