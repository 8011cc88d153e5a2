"""The order service is killed between two steps of a checkout: one order comes of it, or the lines go back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from services_stub.cart.handlers.checkouts import take as take_cart
from services_stub.cart.handlers.expiry import settle_overdue
from services_stub.contracts.events.order import OrderCreated
from services_stub.contracts.http.cart import Checkout, GivenBack, TakeCart
from services_stub.contracts.http.items import ItemResult
from services_stub.contracts.http.order import OrderIds
from services_stub.contracts.http.product import Reservation, Reserve
from services_stub.order.service import SERVICE
from services_stub.runtime.batching import answer_items
from services_stub.runtime.errors import Unavailable
from services_stub.runtime.peers import Peers
from services_stub.runtime.sql.transaction import NO_CAUSE
from tests.builders import order_item
from tests.unit.cart.checkouts import hear, in_cart, put
from tests.unit.cart.conftest import Shop
from tests.unit.serving import Serving, serving

LATER = timedelta(minutes=5)


class Neighbours(Peers):
    """The real cart and a scripted stock as the order service asks them, until it is killed after some step."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.killed_after = ""
        self.killed = False

    async def call(self, service: str, method: str, path: str, *, body: Any = None, **_options: Any) -> Any:
        if self.killed:
            raise Unavailable("a dead process asks no other service")
        if service == "cart" and method == "POST":
            return await self._take(body)
        if service == "cart":
            order_id, _, attempt_id = path.removeprefix("/internal/checkouts/").split("/")
            return GivenBack(returned=await self.shop.resources.checkouts.give_back(order_id, attempt_id))
        assert (service, method, path) == ("product", "POST", "/internal/reservations")
        return [self._reserve(command) for command in body]

    async def _take(self, body: list[TakeCart]) -> list[ItemResult[Checkout]]:
        results = await answer_items(take_cart(self.shop.resources, command, NO_CAUSE) for command in body)
        self.killed = self.killed_after == "take"
        return results

    def _reserve(self, command: Reserve) -> ItemResult[Reservation]:
        lines = [
            order_item(line.product_id, quantity=line.quantity, unit_price=str(line.unit_price))
            for line in command.lines
        ]
        expires_at = (datetime.now(UTC) + timedelta(minutes=1)).isoformat()
        return ItemResult(done=Reservation(order_id=command.order_id, expires_at=expires_at, lines=lines))


class Purchase:
    """A cart, the order service, and a way to kill that after a step."""

    def __init__(self, shop: Shop, orders: Serving, neighbours: Neighbours) -> None:
        self.shop, self.orders, self.neighbours = shop, orders, neighbours

    def place(self, key: str) -> httpx.Response:
        headers = {"Idempotency-Key": key}
        return self.orders.request(
            "POST", "/api/orders", by="user:u1", json={"paymentMethod": "pm_card_visa"}, headers=headers
        )

    def place_and_kill(self, key: str, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """Place an order; the process is dead after `step`, so that the shopper gets no answer."""
        self.neighbours.killed_after = step
        with monkeypatch.context() as patch:
            if step == "reserve":
                patch.setattr(self.orders.context, "write", self._dies)
            answer = self.place(key)
        assert answer.status_code == (201 if step == "place" else 503)
        self.neighbours.killed_after, self.neighbours.killed = "", False

    def created(self) -> list[OrderCreated]:
        return [event for event in self.orders.sender.events if isinstance(event, OrderCreated)]

    def sweep(self) -> None:
        """Let the worker of the cart look long after."""
        work = settle_overdue(self.shop.resources.checkouts, AskedOverHttp(self.orders), datetime.now(UTC) + LATER)
        self.shop.do(work)

    async def _dies(self, *_: object) -> None:
        self.neighbours.killed = True
        raise Unavailable("killed before the order was written")


class AskedOverHttp(Peers):
    """The order service as the cart's worker asks it."""

    def __init__(self, orders: Serving) -> None:
        self.orders = orders

    async def call(self, service: str, method: str, path: str, *, body: Any = None, **_options: Any) -> Any:
        assert service == "order"
        answer = self.orders.internal(method, path, json={"orderIds": body.order_ids}).json()
        return OrderIds(order_ids=answer["orderIds"])


@pytest.fixture
def purchase(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Purchase]:
    neighbours = Neighbours(shop)
    monkeypatch.setattr("tests.unit.serving.ScriptedPeers", lambda _declared: neighbours)
    with serving(SERVICE, tmp_path) as orders:
        shop.product("p1")
        put(shop, "p1", 2)
        yield Purchase(shop, orders, neighbours)


STEPS = ("take", "reserve", "place")


@pytest.mark.parametrize("step", STEPS)
def test_a_repeated_request_makes_the_one_order(purchase: Purchase, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    purchase.place_and_kill("key", step, monkeypatch)
    assert in_cart(purchase.shop) == {}
    assert purchase.place("other").status_code == 409
    put(purchase.shop, "p1", 5)
    again = purchase.place("key")
    assert again.status_code == (200 if step == "place" else 201)
    assert [item["quantity"] for item in again.json()["items"]] == [2]
    purchase.sweep()
    assert (len(purchase.created()), in_cart(purchase.shop)) == (1, {"p1": 5})


@pytest.mark.parametrize("step", STEPS)
def test_without_another_request_the_lines_go_back_unless_they_were_ordered(
    purchase: Purchase, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    purchase.place_and_kill("key", step, monkeypatch)
    purchase.sweep()
    purchase.sweep()
    ordered = len(purchase.created())
    assert (ordered, in_cart(purchase.shop)) == ((1, {}) if step == "place" else (0, {"p1": 2}))
    for event in purchase.created():
        hear(purchase.shop, event.order_id, {"p1": 2})
    assert purchase.place("other").status_code == (409 if ordered else 201)
    assert len(purchase.created()) == 1
