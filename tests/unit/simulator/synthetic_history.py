"""A sound history as a run leaves it: a synthetic log with orders, the operations, and the last answers.

A test breaks one thing in it (`records` is a plain list), and the auditor must say which.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from services_stub.contracts.encoding import encode_json
from services_stub.contracts.events import (
    OrderCreated,
    OrderItem,
    OrderPart,
    OrderStatus,
    OrderUpdated,
    PaymentFailed,
    PaymentRefunded,
    PaymentSuccess,
)
from services_stub.contracts.http.product import Product
from simulator.auditor.audit import Auditor, Judgement
from simulator.history.directory import RunDirectory, RunRecord, Target
from simulator.history.final import Final, FinalOrder, ShownProduct
from simulator.history.operations import FaultRecord, Operation, OperationLog
from simulator.measure.outcomes import Outcome
from simulator.trace.recording import Recorder
from tests.unit.simulator.synthetic_log import START, SyntheticLog

S = OrderStatus
_PRECEDENCE = (S.PENDING, S.PAID, S.SHIPPED, S.DELIVERED, S.REFUNDING, S.CANCELLED, S.REFUNDED, S.FAILED)
_LATER = 100_000_000
"""Microseconds by which `settle` lets time pass: every reservation has expired by then."""


class SyntheticHistory(SyntheticLog):
    """A marketplace in a few dictionaries, which tells of all that happens as the services do."""

    def __init__(self) -> None:
        super().__init__()
        self.operations: list[Operation] = []
        self.faults: list[FaultRecord] = []
        self.orders: dict[str, OrderUpdated] = {}
        self.last_event: dict[str, str] = {}

    def place(self, order_id: str, user_id: str, lines: dict[str, int], *, reserve: bool = True) -> None:
        """A checkout that succeeds: the operation, the reservation and the order."""
        request = f"run-{order_id}"
        sent_at = self.now
        if reserve:
            for product_id, units in lines.items():
                self.move(order_id, product_id, units, request)
        items = [
            OrderItem(
                product_id=product_id,
                seller_id=self.products[product_id].seller_id,
                name=self.products[product_id].name,
                quantity=units,
                unit_price=self.products[product_id].price,
            )
            for product_id, units in lines.items()
        ]
        amount = sum((item.unit_price * item.quantity for item in items), Decimal("0.00"))
        sellers = sorted({item.seller_id for item in items})
        created = OrderCreated(
            order_id=order_id,
            user_id=user_id,
            items=items,
            status=S.PENDING,
            amount=amount,
            currency="USD",
            payment_method="pm_card_visa",
        )
        created_id = self.put(created, order_id, request)
        parts = [
            OrderPart(
                seller_id=seller,
                status=S.PENDING,
                amount=sum((i.unit_price * i.quantity for i in items if i.seller_id == seller), Decimal("0.00")),
            )
            for seller in sellers
        ]
        self.orders[order_id] = OrderUpdated(
            order_id=order_id,
            user_id=user_id,
            status=S.PENDING,
            previous_status=S.PENDING,
            reason="placed",
            amount=amount,
            items=items,
            parts=parts,
        )
        self.last_event[order_id] = created_id
        self.tell(user_id, "order-placed", order_id, cause=created_id)
        self.operate("place-order", user_id, order_id, sent_at=sent_at, request=request, key=f"key-{order_id}")

    def operate(
        self, operation: str, user_id: str, order_id: str, *, sent_at: int = 0, request: str = "", key: str = "",
        outcome: Outcome = Outcome.OK, status: int = 200, seen: tuple[str, ...] = (), role: str = "shopper",
    ) -> None:  # fmt: skip
        """Keep an operation."""
        total = str(self.orders[order_id].amount) if key and order_id else ""
        number = len(self.operations)
        self.operations.append(
            Operation(
                session=number,
                step=0,
                operation=operation,
                planned_at=sent_at or self.now,
                sent_at=sent_at or self.now,
                done_at=self.now + 5000,
                outcome=outcome,
                status=status,
                user_id=user_id,
                role=role,
                idempotency_key=key,
                order_id=order_id,
                total=total,
                request_id=request or f"run-{number}-0",
                seen=seen,
            )
        )

    def step(self, order_id: str, status: OrderStatus, reason: str, cause: str, *sellers: str) -> str:
        """Parts of an order come to a status: those of some sellers, or all; the id of the event."""
        before = self.orders[order_id]
        parts = [
            replace(part, status=status, reason=reason) if not sellers or part.seller_id in sellers else part
            for part in before.parts
        ]
        whole = min((part.status for part in parts), key=_PRECEDENCE.index)
        after = replace(before, status=whole, previous_status=before.status, reason=reason, parts=parts)
        self.orders[order_id] = after
        event_id = self.last_event[order_id] = self.put(after, order_id, cause)
        chosen = [part.seller_id for part in parts if not sellers or part.seller_id in sellers]
        paid = {part.seller_id for part in before.parts if part.status is S.PAID}
        self._tell(order_id, status, chosen, event_id, paid)
        return event_id

    def _tell(self, order_id: str, status: OrderStatus, sellers: list[str], event_id: str, paid: set[str]) -> None:
        shopper = self.orders[order_id].user_id
        if status is S.PAID:
            self.tell(shopper, "receipt", order_id, cause=event_id)
        for seller in sellers:
            if status is S.PAID:
                self.tell(seller, "sale", order_id, cause=event_id)
            if status is S.CANCELLED and seller in paid:
                self.tell(seller, "sale-cancelled", order_id, cause=event_id)
            template = {S.SHIPPED: "order-shipped", S.DELIVERED: "order-delivered", S.CANCELLED: "order-cancelled"}
            if status in template:
                self.tell(shopper, template[status], order_id, cause=event_id)

    def charge(self, order_id: str) -> str:
        order = self.orders[order_id]
        paid = PaymentSuccess(
            order_id=order_id, payment_id=f"pay-{order_id}", amount=order.amount, user_id=order.user_id
        )
        return self.put(paid, order_id, self.last_event[order_id])

    def pay(self, order_id: str) -> None:
        """The order is charged, and its stock is sold."""
        self.step(order_id, S.PAID, "paid", self.charge(order_id))
        for item in self.orders[order_id].items:
            self.reserved[item.product_id] -= item.quantity

    def decline(self, order_id: str) -> None:
        """The card is declined, and the stock goes back."""
        order = self.orders[order_id]
        failed = PaymentFailed(order_id=order_id, reason="card_declined", user_id=order.user_id)
        declined = self.put(failed, order_id, self.last_event[order_id])
        self.tell(order.user_id, "payment-failed", order_id, cause=declined)
        self.give_back(order_id, self.step(order_id, S.FAILED, "payment-failed", declined))

    def cancel(self, order_id: str, reason: str = "cancelled-by-shopper", cause: str = "", *sellers: str) -> None:
        """Parts are cancelled, their stock goes back, and so does their money if it was taken."""
        paid = self.orders[order_id].status is S.PAID
        event_id = self.step(order_id, S.CANCELLED, reason, cause or "run-cancel", *sellers)
        self.give_back(order_id, event_id, *sellers, sold=paid)

    def give_back(self, order_id: str, cause: str, *sellers: str, sold: bool = False) -> None:
        for item in self.orders[order_id].items:
            if not sellers or item.seller_id in sellers:
                if sold:
                    self.reserved[item.product_id] += item.quantity
                self.move(order_id, item.product_id, -item.quantity, cause)

    def refund(self, order_id: str, *sellers: str) -> None:
        """The money of ended parts goes back, part by part."""
        order = self.orders[order_id]
        for part in order.parts:
            if (sellers and part.seller_id not in sellers) or part.status not in (S.CANCELLED, S.REFUNDING):
                continue
            refunded = PaymentRefunded(
                order_id=order_id,
                payment_id=f"pay-{order_id}",
                amount=part.amount,
                reason="cancelled",
                user_id=order.user_id,
                seller_id=part.seller_id,
            )
            event_id = self.put(refunded, order_id, self.last_event[order_id])
            self.tell(order.user_id, "refund", order_id, cause=event_id)
            self.step(order_id, S.REFUNDED, "refunded", event_id, part.seller_id)

    def expire(self, order_id: str, product_id: str, units: int) -> None:
        """A reservation that becomes no order."""
        self.move(order_id, product_id, units, "run-lost")
        self.move(order_id, product_id, -units)

    def final(self) -> Final:
        """The answers of all services once everything was consumed."""
        products = [
            Product(
                product_id=each.product_id,
                seller_id=each.seller_id,
                name=each.name,
                category=each.category,
                description=each.description,
                price=each.price,
                currency=each.currency,
                quantity=each.quantity,
                status=each.status,
                version=each.version,
                created_at="",
                reserved=self.reserved[each.product_id],
            )
            for each in self.products.values()
            if each.product_id not in self.deleted
        ]
        shown = [
            ShownProduct(
                product_id=each.product_id,
                version=each.version,
                name=each.name,
                price=each.price,
                quantity=each.quantity,
            )
            for each in products
        ]
        orders = [FinalOrder(order.order_id, order.status) for order in self.orders.values()]
        return Final(products=products, orders=orders, replicas={"search": shown})

    def settle(self) -> None:
        """Time passes, and something happens that concerns no order."""
        self.now += _LATER
        self.user("late")

    def write(self, directory: RunDirectory, **run: object) -> None:
        """Write all of it into a run directory."""
        with Recorder(directory.records) as recorder:
            recorder.write(self.records)
        self.write_rest(directory, **run)

    def write_rest(self, directory: RunDirectory, **run: object) -> None:
        """Write all but the records."""
        with OperationLog(directory.operations) as log:
            for operation in self.operations:
                log.write(operation)
        directory.final.write_bytes(encode_json(self.final()))
        target = Target(gateway="http://127.0.0.1:8080", bootstrap_servers="127.0.0.1:9092", fresh=True)
        times = {"begun_at": START, "started_at": START, "load_ended_at": self.now, "drained_at": self.now}
        whole: dict[str, Any] = {"drained": True, "ended_at": self.now, **times, **run}
        directory.write(RunRecord(run_id="run", seed=7, scenario={}, target=target, versions={}, workers=1, **whole))

    def judge(self, final: Callable[[Final], Final] = lambda final: final) -> Judgement:
        """The findings of the auditor."""
        auditor = Auditor()
        auditor.take(self.records)
        auditor.take_operations(self.operations)
        return auditor.end(final(self.final()), self.faults, exclusive=True)
