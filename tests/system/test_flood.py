"""Floods of every kind that costs an attacker little, beside purchases: every purchase is PAID.

`FLOOD_SECONDS` says for how long each floods.
"""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from collections.abc import Callable
from contextlib import suppress

import pytest

from services_stub.contracts.events.order import OrderStatus
from tests.system.accounts import buy, new_person, new_product
from tests.system.marketplace import Marketplace, running_marketplace

SECONDS = float(os.environ.get("FLOOD_SECONDS", "4"))
FLOODERS = 4
HOST = b"Host: localhost\r\n"
WRONG_LOGIN = b'{"email": "user@example.com", "password": "not the password"}'

Flood = Callable[[int, threading.Event], int]
"""Floods a port until it is told to stop; how often it did."""


def connections(port: int, first: bytes, drop: bytes, stopping: threading.Event) -> int:
    """Open ever more connections that send `first`, and then `drop` again and again."""
    held: list[socket.socket] = []
    opened = 0
    while not stopping.is_set():
        with suppress(OSError):
            held.append(socket.create_connection(("127.0.0.1", port), timeout=2))
            held[-1].sendall(first)
            opened += 1
        for each in held[-20:]:
            with suppress(OSError):
                each.sendall(drop)
        if len(held) > 1500:
            held.pop(0).close()
    for each in held:
        each.close()
    return opened


def idle(port: int, stopping: threading.Event) -> int:
    """Connections that never send anything."""
    return connections(port, b"", b"", stopping)


def slow(port: int, stopping: threading.Event) -> int:
    """Requests that come by drops."""
    return connections(port, b"POST /order-service/api/orders HTTP/1.1\r\n" + HOST, b"a", stopping)


def again_and_again(port: int, request: bytes, stopping: threading.Event) -> int:
    """The same request, one connection after the other."""
    sent = 0
    while not stopping.is_set():
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            connection.sendall(request)
            connection.recv(4096)
            sent += 1
    return sent


def huge_headers(port: int, stopping: threading.Event) -> int:
    """A megabyte of headers."""
    return again_and_again(port, b"GET / HTTP/1.1\r\n" + HOST + b"a: " + b"x" * 2**20, stopping)


def options(port: int, stopping: threading.Event) -> int:
    """OPTIONS, on a path and on none."""
    return again_and_again(port, b"OPTIONS /order-service/api/orders HTTP/1.1\r\n" + HOST + b"\r\n", stopping)


def wrong_logins(port: int, stopping: threading.Event) -> int:
    """Guesses of one account's password."""
    head = (
        b"POST /auth-service/api/auth/login HTTP/1.1\r\n%sContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    )
    return again_and_again(port, head % (HOST, len(WRONG_LOGIN)) + WRONG_LOGIN, stopping)


async def purchases(marketplace: Marketplace, flood: Flood) -> int:
    """A purchase a second beside a flood; how often it flooded."""
    seller = await new_person(marketplace, "seller")
    product = await new_product(seller)
    shoppers = [await new_person(marketplace) for _ in range(int(SECONDS))]
    port, stopping = int(marketplace.gateway.rpartition(":")[2]), threading.Event()
    flooding = [asyncio.create_task(asyncio.to_thread(flood, port, stopping)) for _ in range(FLOODERS)]
    buying = []
    try:
        for shopper in shoppers:
            buying.append(asyncio.create_task(buy(shopper, product.product_id)))
            await asyncio.wait(flooding, timeout=1.0)
        orders = await asyncio.gather(*buying)
    finally:
        stopping.set()
    assert [order.status for order in orders] == [OrderStatus.PAID] * len(shoppers), flood.__name__
    return sum(await asyncio.gather(*flooding))


@pytest.mark.slow
def test_every_purchase_is_paid_beside_floods() -> None:
    with running_marketplace() as marketplace:
        for flood in (idle, slow, huge_headers, options, wrong_logins):
            assert asyncio.run(purchases(marketplace, flood)) > 10, flood.__name__
        assert sum(log.stat().st_size for log in (marketplace.directory / "logs").iterdir()) < 2**20
        assert all(marketplace.service(name).restarts == 0 for name in ("gateway", "auth", "order"))
