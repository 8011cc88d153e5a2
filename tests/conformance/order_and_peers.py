"""Order, payment, product and the sandbox around one order of two sellers, as one and without threads."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from services_stub.contracts.base import Event
from services_stub.contracts.envelope import Cause
from services_stub.contracts.events.order import OrderCreated, OrderStatus, OrderUpdated
from services_stub.contracts.events.payment import PaymentFailed, PaymentRefunded, PaymentSuccess
from services_stub.contracts.http.order import Order
from services_stub.contracts.http.product import CreateProduct, ReservationLine, Reserve
from services_stub.contracts.times import to_microseconds
from services_stub.order.domain import total
from services_stub.order.handlers import commands
from services_stub.order.handlers.placing import Place, place
from services_stub.order.handlers.sellers import SetSellerBlock, set_seller_block
from services_stub.order.service import SERVICE as ORDER
from services_stub.order.store import orders as order_store
from services_stub.payment.handlers import handlers as payment_handlers
from services_stub.payment.handlers.charging import LARGEST_ROUND, ChargeWorker
from services_stub.payment.handlers.jobs import Jobs
from services_stub.payment.service import SERVICE as PAYMENT
from services_stub.payment.store import payments, refunds
from services_stub.payment.store.sandbox import Sandbox
from services_stub.product.handlers import products
from services_stub.product.handlers.reservations import ReserveStock, reserve
from services_stub.product.service import SERVICE as PRODUCT
from services_stub.runtime.errors import Refused
from tests.fakes import FakeTransaction, received

S = OrderStatus
CENTS = {"s1": 500, "s2": 1250}
STOCK, UNITS = 10, 1
NOW = datetime.now(UTC)
OF_ORDER, OF_PAYMENT = (OrderCreated, OrderUpdated), (PaymentSuccess, PaymentFailed, PaymentRefunded)
CLOSED = {S.FAILED, S.CANCELLED, S.REFUNDED}


class Shop:
    """The services around one order. Messages wait, by topic, until the walk or `drain` delivers them."""

    def __init__(self, connections: dict[str, Connection], sandbox: Sandbox, card: str) -> None:
        self.connections, self.sandbox = connections, sandbox
        self.waiting: tuple[Event, ...] = ()
        self.for_product: tuple[Event, ...] = ()
        self.blocked = ""
        self.shipped: frozenset[str] = frozenset()
        self.product_ids = dict(zip(CENTS, self._reserve(), strict=True))
        command = Place(
            order_id="o1",
            user_id="u1",
            items=self.items,
            amount=total((item.quantity, item.unit_price) for item in self.items),
            currency="USD",
            payment_method=card,
            fingerprint="f",
            expires_at=datetime.now(UTC) + timedelta(seconds=60),
        )
        self.do("order", place, command)

    def _reserve(self) -> list[str]:
        made = [
            self.do(
                "product",
                products.create,
                products.Create(
                    seller, CreateProduct(name=seller, category="c", price=Decimal(cents) / 100, quantity=10)
                ),
            )
            for seller, cents in CENTS.items()
        ]
        lines = [ReservationLine(product_id=p.product_id, quantity=UNITS, unit_price=p.price) for p in made]
        held = self.do("product", reserve, ReserveStock(Reserve(order_id="o1", lines=lines), 60))
        self.items = held.lines
        return [product.product_id for product in made]

    def do(self, service: str, handler: Callable[[Any, Any], Any], command: Any) -> Any:
        """Have a command or event handled as the writer would, and keep what it publishes for those who consume it."""
        tx = FakeTransaction(self.connections[service], service, NOW)
        tx.begin_item(Cause("o1", "", ""))
        savepoint = tx.connection.begin_nested()
        try:
            result = handler(tx, command)
        except Refused:
            savepoint.rollback()
            raise
        savepoint.commit()
        tx.commit()
        for event, _ in tx.published:
            if service == "payment" or isinstance(event, OrderCreated | OrderUpdated):
                self.waiting += (event,)
            if isinstance(event, OrderUpdated):
                self.for_product += (event,)
        return result

    def hear(self, event: Event) -> None:
        """Deliver a message that waits."""
        left = list(self.waiting)
        left.remove(event)
        self.waiting = tuple(left)
        with suppress(Refused):
            if isinstance(event, OrderCreated | OrderUpdated):
                if not PAYMENT.filters_out(event):
                    self.do("payment", payment_handlers(Jobs())[type(event)], received(event))
            else:
                self.do("order", ORDER.handlers[type(event)], received(event))

    def hear_all(self, events: list[Event], first: str) -> None:
        """Deliver messages, those of one topic before the others."""
        for event in sorted(events, key=lambda event: event.topic != first):
            self.hear(event)

    def work(self) -> int:
        """The payment service starts anew, asks the provider for all that is open, and writes the answers."""
        jobs = Jobs()

        def write(handler: Any, command: Any, _cause: Cause) -> Any:
            return self.do("payment", handler, command)

        worker = ChargeWorker(jobs, self.sandbox, write, random.Random(1))
        worker.recover()
        due = jobs.take(LARGEST_ROUND, 0)
        worker.settle(worker.ask(due))
        return len(due)

    def request(self, kind: str, role: str, user_id: str, seller_id: str = "") -> None:
        """A user asks for something about the order; a refusal changes nothing."""
        handler, command = {
            "cancel": (commands.cancel, commands.Cancel),
            "refund": (commands.refund, commands.Refund),
            "ship": (commands.ship, commands.Ship),
            "deliver": (commands.deliver, commands.Deliver),
        }[kind]
        with suppress(Refused):
            self.do("order", handler, command("o1", role, user_id, seller_id))  # type: ignore[arg-type]
        self.shipped |= {seller for seller, status in self.parts().items() if status is S.SHIPPED}

    def block(self, seconds: int) -> None:
        """The second seller was blocked so many seconds after the order was placed."""
        self.blocked = "s2"
        at = to_microseconds(NOW + timedelta(seconds=seconds))
        self.do("order", set_seller_block, SetSellerBlock("s2", True, at, "e1"))

    def order(self) -> Order:
        found = order_store.find_order(self.connections["order"], "o1")
        assert found is not None
        return order_store.with_history(self.connections["order"], found)

    def parts(self) -> dict[str, OrderStatus]:
        return {part.seller_id: part.status for part in self.order().parts}

    def drain(self) -> None:
        """Deliver and do all that waits, until nothing does."""
        for _ in range(20):
            while self.waiting:
                self.hear(self.waiting[0])
            if not self.work() and not self.waiting:
                break
        for event in self.for_product:
            if not PRODUCT.filters_out(event):
                self.do("product", PRODUCT.handlers[OrderUpdated], received(event))
        self.for_product = ()

    def balance(self) -> int:
        """The cents that the provider has taken and not given back."""
        (taken,) = self.sandbox._connection.execute(
            "SELECT coalesce(sum(amount_cents), 0) FROM charges WHERE state = 'charged'"
        ).fetchone()
        (given,) = self.sandbox._connection.execute("SELECT coalesce(sum(amount_cents), 0) FROM refunds").fetchone()
        return int(taken) - int(given)

    def key(self) -> object:
        """The state, apart from what every visit has in common."""
        row = payments.find_payment(self.connections["payment"], "o1")
        asked = refunds.of_order(self.connections["payment"], "o1")
        # Of several updates that come together the last decides, and that one has the parts as they are.
        messages = sorted({(event.topic, getattr(event, "seller_id", "")) for event in self.waiting})
        return (
            str(self.parts()),
            self.blocked,
            row and row.status,
            tuple((refund.seller_id, refund.refunded_at is None) for refund in asked),
            tuple(messages),
            self.balance(),
            self.shipped,
        )

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Undo afterwards all that is done inside."""
        kept = self.waiting, self.for_product, self.blocked, self.shipped
        savepoints = [connection.begin_nested() for connection in self.connections.values()]
        self.sandbox._connection.execute("SAVEPOINT walk")
        try:
            yield
        finally:
            for savepoint in savepoints:
                savepoint.rollback()
            self.sandbox._connection.execute("ROLLBACK TO walk")
            self.sandbox._connection.execute("RELEASE walk")
            self.waiting, self.for_product, self.blocked, self.shipped = kept
