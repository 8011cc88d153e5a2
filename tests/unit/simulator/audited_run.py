"""A sound run as the auditor sees it: a log with two products of one seller, and orders of both."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec

from services_stub.contracts.base import Event
from services_stub.contracts.events import (
    OrderCreated,
    OrderItem,
    OrderPart,
    OrderStatus,
    OrderUpdated,
    PaymentFailed,
    PaymentRefunded,
    PaymentSuccess,
    ProductCreated,
    ProductDeleted,
    ProductStatus,
    ProductUpdated,
)
from services_stub.contracts.http.product import Product
from simulator.auditor.log import EventLog, LoggedEvent
from tests.contracts.samples import envelope_of

S = OrderStatus
PRICES = {"p1": "2.00", "p2": "3.00"}


class Run:
    """The log of a run: two products of one seller, and orders of both."""

    def __init__(self) -> None:
        self.events: list[LoggedEvent] = []
        self.numbers = 0
        self.versions: dict[str, int] = {}
        self.prices = dict(PRICES)
        for product_id in PRICES:
            self.change(product_id, PRICES[product_id], kind=ProductCreated)

    def put(self, event: Event, flow: str = "") -> None:
        number = len(self.events)
        envelope = msgspec.structs.replace(envelope_of(event), id=f"e{number}", correlation_id=flow)
        self.events.append(LoggedEvent(event, envelope, 0, number))

    def change(self, product_id: str, price: str, *, kind: Callable[..., Event] = ProductUpdated) -> None:
        self.numbers += 1
        self.prices[product_id] = price
        self.put(kind(**self.state(product_id), seller_sequence=self.numbers))

    def state(self, product_id: str) -> dict[str, Any]:
        self.versions[product_id] = self.versions.get(product_id, 0) + 1
        return {
            "product_id": product_id,
            "seller_id": "s1",
            "name": "Thing",
            "category": "test",
            "price": Decimal(self.prices[product_id]),
            "quantity": 10,
            "status": ProductStatus.ACTIVE,
            "version": self.versions[product_id],
        }

    def delete(self, product_id: str) -> None:
        self.numbers += 1
        version = self.versions[product_id] + 1
        self.put(ProductDeleted(product_id=product_id, seller_id="s1", version=version, seller_sequence=self.numbers))

    def place(self, order_id: str, *, reserve: bool = True) -> None:
        """One of each product, at today's prices."""
        if reserve:
            for product_id in PRICES:
                self.put(ProductUpdated(**self.state(product_id), seller_sequence=self.numbers), order_id)
        self.put(
            OrderCreated(
                order_id=order_id,
                user_id="u1",
                items=self.items(),
                status=S.PENDING,
                amount=self.amount(),
                currency="USD",
                payment_method="pm_card_visa",
            )
        )

    def items(self) -> list[OrderItem]:
        return [
            OrderItem(product_id=product_id, seller_id="s1", name="Thing", quantity=1, unit_price=Decimal(price))
            for product_id, price in self.prices.items()
        ]

    def amount(self) -> Decimal:
        return sum((Decimal(price) for price in self.prices.values()), Decimal(0))

    def move(self, order_id: str, before: OrderStatus, after: OrderStatus) -> None:
        self.put(
            OrderUpdated(
                order_id=order_id,
                user_id="u1",
                status=after,
                previous_status=before,
                reason="",
                amount=self.amount(),
                items=self.items(),
                parts=[OrderPart(seller_id="s1", status=after, amount=self.amount())],
            )
        )

    def pay(self, order_id: str) -> None:
        self.put(
            PaymentSuccess(
                order_id=order_id, payment_id=f"pay-{order_id}", amount=self.amount(), user_id="u1", currency="USD"
            )
        )

    def refuse(self, order_id: str) -> None:
        self.put(PaymentFailed(order_id=order_id, reason="card declined", user_id="u1"))

    def refund(self, order_id: str) -> None:
        self.put(
            PaymentRefunded(
                order_id=order_id,
                payment_id=f"pay-{order_id}",
                amount=self.amount(),
                reason="cancelled",
                user_id="u1",
                currency="USD",
            )
        )

    def log(self) -> EventLog:
        return EventLog(self.events)


def sound_run() -> Run:
    """A paid order, a refused one, and one that was cancelled after it was paid."""
    run = Run()
    for order_id in ("paid", "refused", "cancelled"):
        run.place(order_id)
    run.pay("paid")
    run.move("paid", S.PENDING, S.PAID)
    run.move("paid", S.PAID, S.SHIPPED)
    run.refuse("refused")
    run.move("refused", S.PENDING, S.FAILED)
    run.pay("cancelled")
    run.move("cancelled", S.PENDING, S.CANCELLED)
    run.refund("cancelled")
    run.move("cancelled", S.CANCELLED, S.REFUNDED)
    return run


def stock(quantity: int = 9, reserved: int = 0) -> list[Product]:
    """The products after a sound run: one of each was sold."""
    return [
        Product(
            product_id=product_id,
            seller_id="s1",
            name="Thing",
            category="test",
            description="",
            price=Decimal(price),
            currency="USD",
            quantity=quantity,
            status=ProductStatus.ACTIVE,
            version=1,
            created_at="",
            reserved=reserved,
        )
        for product_id, price in PRICES.items()
    ]


BEFORE = dict.fromkeys(PRICES, 10)
