"""The order service over HTTP, with a cart and a stock beside it that keep their books."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx

from services_stub.contracts.events.order import OrderCreated, OrderItem
from services_stub.contracts.http.cart import CartLine, Checkout, GivenBack, TakeCart
from services_stub.contracts.http.items import ItemResult
from services_stub.contracts.http.product import Reservation, Reserve
from services_stub.contracts.problem import problem
from services_stub.runtime.errors import Refused
from tests.builders import order_item
from tests.unit.serving import Serving

PAY = {"paymentMethod": "pm_card_visa"}


class Shop:
    """The order service with a cart and a stock beside it that keep their books."""

    def __init__(self, service: Serving) -> None:
        self.service = service
        self.in_cart = True
        self.quantity = 2
        self.seconds = 60.0
        self.checkout_seconds = 60.0
        self.taken: dict[str, set[str]] = {}
        self.given_back: list[str] = []
        self.reserved: dict[str, list[OrderItem]] = {}
        self.reserve_calls: list[list[Reserve]] = []
        self.released: list[str] = []
        self.refusal: Refused | None = None
        service.peers.answers = {
            "POST cart /internal/checkouts": self._take_all,
            "POST product /internal/reservations": self._reserve_all,
        }

    def place(self, key: str = "key", *, by: str = "user:u1", json: Any = None, **options: Any) -> httpx.Response:
        return self.service.request(
            "POST", "/api/orders", by=by, json=json or PAY, headers={"Idempotency-Key": key}, **options
        )

    def created(self) -> list[OrderCreated]:
        return [event for event in self.service.sender.events if isinstance(event, OrderCreated)]

    def _take_all(self, body: list[TakeCart]) -> list[ItemResult[Checkout]]:
        return [self._take(command) for command in body]

    def _take(self, command: TakeCart) -> ItemResult[Checkout]:
        if command.order_id not in self.taken:
            if not self.in_cart:
                return ItemResult(refused=problem(409, "cart-empty", "the cart is empty").document())
            self.in_cart = False
            self.taken[command.order_id] = set()
        attempts = self.taken[command.order_id]
        attempts.add(command.attempt_id)
        path = f"/internal/checkouts/{command.order_id}/attempts/{command.attempt_id}"
        self.service.peers.answers[f"DELETE cart {path}"] = lambda _body: self._give_back(
            command.order_id, command.attempt_id
        )
        line = CartLine(
            product_id="p1",
            seller_id="s1",
            name="Lamp",
            quantity=self.quantity,
            unit_price=Decimal("12.50"),
            available=True,
            line_total=Decimal("12.50") * self.quantity,
        )
        expires_at = (datetime.now(UTC) + timedelta(seconds=self.checkout_seconds)).isoformat()
        done = Checkout(order_id=command.order_id, lines=[line], currency="USD", expires_at=expires_at)
        return ItemResult(done=done)

    def _give_back(self, order_id: str, attempt_id: str) -> GivenBack:
        attempts = self.taken[order_id]
        attempts.discard(attempt_id)
        if attempts:
            return GivenBack(returned=False)
        del self.taken[order_id]
        self.in_cart = True
        self.given_back.append(order_id)
        return GivenBack(returned=True)

    def _reserve_all(self, body: list[Reserve]) -> list[ItemResult[Reservation]]:
        self.reserve_calls.append(body)
        return [self._reserve(command) for command in body]

    def _reserve(self, command: Reserve) -> ItemResult[Reservation]:
        if self.refusal is not None:
            return ItemResult(refused=self.refusal.problem.document())
        lines = [
            order_item(line.product_id, quantity=line.quantity, unit_price=str(line.unit_price))
            for line in command.lines
        ]
        release = f"DELETE product /internal/reservations/{command.order_id}"
        self.service.peers.answers[release] = lambda _body: self._release(command.order_id)
        lines = self.reserved.setdefault(command.order_id, lines)
        expires_at = (datetime.now(UTC) + timedelta(seconds=self.seconds)).isoformat()
        return ItemResult(done=Reservation(order_id=command.order_id, expires_at=expires_at, lines=lines))

    def _release(self, order_id: str) -> None:
        del self.reserved[order_id]
        self.released.append(order_id)
