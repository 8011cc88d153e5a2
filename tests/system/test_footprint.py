"""The memory of an idle marketplace, each shared page counted once, and of a gateway that was very busy."""

from __future__ import annotations

import asyncio
import resource
import sys
from contextlib import AsyncExitStack
from urllib.parse import urlsplit

import psutil
import pytest

from services_stub.contracts.control import PauseService, ResumeService
from services_stub.gateway.overload import IN_FLIGHT
from tests.bench.machine import memory_mib
from tests.system.marketplace import Marketplace, running_marketplace
from tests.waiting import eventually_true, wait_for

MOST_MIB = 450e6 / 2**20
"""Some 40 MB for each of ten services, and what runs around them."""

PAUSED = ("analytics", "auth", "cart", "notification", "order", "payment", "seller")
AT_SERVICES = len(PAUSED) * IN_FLIGHT
BURST = AT_SERVICES + AT_SERVICES // 2
"""Requests: as many as are in flight at these services, as the gateway bounds them, and half as many that wait."""

DESCRIPTORS = 4096
MOST_KEPT_MIB = 20

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the proportional set size")


@pytest.mark.slow
def test_an_idle_marketplace_is_small() -> None:
    with running_marketplace() as marketplace:
        supervisor = psutil.Process(marketplace.state.supervisor_pid)
        family = [supervisor, *supervisor.children(recursive=True)]
        memory = memory_mib({f"{process.name()} {process.pid}": process.pid for process in family})
        assert len(memory) >= len(marketplace.state.services) + len(marketplace.state.infrastructure) + 2
        assert sum(memory.values()) < MOST_MIB, memory


@pytest.mark.slow
def test_a_gateway_gives_back_what_a_burst_of_requests_took() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, DESCRIPTORS)), hard))
    with running_marketplace("--rate-limit", "off") as marketplace:
        gateway = psutil.Process(marketplace.service("gateway").pid)
        before = gateway.memory_info().rss / 2**20
        most = asyncio.run(burst(marketplace, gateway))
        assert most > before + MOST_KEPT_MIB
        wait_for(
            lambda: gateway.memory_info().rss / 2**20 < before + MOST_KEPT_MIB, seconds=40, what="a smaller gateway"
        )


async def burst(marketplace: Marketplace, gateway: psutil.Process) -> float:
    """Ask services that stand still, all at once, and let them answer; how many MiB the gateway had meanwhile."""
    async with AsyncExitStack() as stack:
        for name in PAUSED:
            marketplace.control.act(PauseService(service=name))
            stack.callback(marketplace.control.act, ResumeService(service=name))
        asking = [asyncio.create_task(ask(marketplace, PAUSED[each % len(PAUSED)])) for each in range(BURST)]
        await eventually_true(lambda: gateway.num_fds() > BURST + AT_SERVICES)
        waiting = gateway.memory_info().rss
    assert set(await asyncio.gather(*asking)) == {b"HTTP/1.1 404 Not Found"}
    return max(waiting, gateway.memory_info().rss) / 2**20


async def ask(marketplace: Marketplace, service: str) -> bytes:
    """The first line of the answer to a request that is in flight until the service goes on."""
    reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(marketplace.gateway).port)
    writer.write(f"GET /{service}-service/api/any HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    line = await reader.readline()
    writer.close()
    return line.rstrip()
