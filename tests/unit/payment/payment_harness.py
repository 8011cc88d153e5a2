"""The payment service without threads: events go in, the worker is stepped, the writer's batches are real."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from services_stub.contracts.base import Event
from services_stub.contracts.envelope import Cause
from services_stub.contracts.events.order import OrderCreated, OrderStatus, OrderUpdated
from services_stub.contracts.http.payment import Payment
from services_stub.payment.domain import Provider
from services_stub.payment.handlers import handlers
from services_stub.payment.handlers.charging import LARGEST_ROUND, ChargeWorker
from services_stub.payment.handlers.jobs import Jobs
from services_stub.payment.handlers.settling import Answer
from services_stub.payment.service import SERVICE
from services_stub.payment.store import TABLES
from services_stub.payment.store import payments as store
from services_stub.payment.store.sandbox import Sandbox
from services_stub.runtime.errors import Unavailable
from services_stub.runtime.sql.transaction import Transaction
from tests.databases import empty_database
from tests.fakes import FakeTransaction, received

AMOUNT = Decimal("25.00")
GOOD, DECLINED, POOR = "pm_card_visa", "pm_card_chargeDeclined", "pm_card_chargeDeclinedInsufficientFunds"
SLOW, UNREACHABLE = "pm_card_slow", "pm_card_unreachable"


def created(order_id: str = "o1", card: str = GOOD, *, amount: Decimal = AMOUNT, user_id: str = "u1") -> OrderCreated:
    return OrderCreated(
        order_id=order_id,
        user_id=user_id,
        items=[],
        status=OrderStatus.PENDING,
        amount=amount,
        currency="USD",
        payment_method=card,
    )


def updated(order_id: str = "o1", status: OrderStatus = OrderStatus.CANCELLED) -> OrderUpdated:
    return OrderUpdated(
        order_id=order_id,
        user_id="u1",
        status=status,
        previous_status=OrderStatus.PENDING,
        reason="cancelled-by-shopper",
        amount=AMOUNT,
        items=[],
    )


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class PaymentHarness:
    """`unwritten` are the answers of each round that are not written yet; while `away`, the database takes nothing."""

    def __init__(self, connection: Connection, provider: Provider | None = None) -> None:
        self.connection = connection
        self.clock = Clock()
        self.provider = provider or Sandbox(":memory:", self.clock)
        self.published: list[Event] = []
        self.correlation_ids: set[str | None] = set()
        self.headers: list[dict[str, bytes]] = []
        self.unwritten: list[list[Answer]] = []
        self.away = False
        self._begin()

    def _begin(self) -> None:
        self.jobs = Jobs(self.clock)
        self.worker = ChargeWorker(self.jobs, self.provider, self._write, random.Random(1))
        self.handlers = handlers(self.jobs)

    def hear(self, event: Event) -> None:
        """Handle an event in a batch of its own, unless the service's filters leave it out."""
        if SERVICE.filters_out(event):
            return
        tx = FakeTransaction(self.connection, "payment")
        whole = received(event, event_id=f"event-{event.subject}")
        tx.begin_item(whole.envelope.cause())
        self.handlers[type(event)](tx, whole)
        self._keep(tx)
        tx.commit()

    def step(self) -> int:
        """One round of questions to the provider; its answers wait for `write`."""
        due = self.jobs.take(LARGEST_ROUND, 0)
        answers = self.worker.ask(due)
        if answers:
            self.unwritten.append(answers)
        return len(due)

    def write(self) -> None:
        """The answers of the oldest round are written."""
        if self.unwritten:
            self.worker.settle(self.unwritten.pop(0))

    def lose(self) -> None:
        """The answers of the oldest round cannot be written: the database is away."""
        self.away = True
        self.write()
        self.away = False

    def crash(self) -> None:
        """Forget everything that is in memory only, and start again."""
        self.unwritten.clear()
        self._begin()
        self.worker.recover()

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.clock.now += seconds

    def settle(self) -> None:
        """Go on until there is nothing left to do, however long it takes."""
        for _ in range(60):
            self.step()
            while self.unwritten:
                self.write()
            self.wait(1.0)

    def payment(self, order_id: str = "o1") -> Payment:
        row = store.find_payment(self.connection, order_id)
        assert row is not None
        return store.read_payment(self.connection, row)

    def topics(self) -> list[str]:
        return [event.topic for event in self.published]

    def _write(self, handler: Callable[[Transaction, Any], Any], command: Any, cause: Cause) -> Any:
        if self.away:
            raise Unavailable("database: full")
        tx = FakeTransaction(self.connection, "payment")
        tx.begin_item(cause)
        result = handler(tx, command)
        self._keep(tx)
        tx.commit()
        return result

    def _keep(self, tx: FakeTransaction) -> None:
        self.published += [event for event, _ in tx.published]
        self.correlation_ids |= {correlation_id for _, correlation_id in tx.published}
        self.headers += [dict(row.headers) for row in tx.outbox]


@contextmanager
def payment_harness(provider: Provider | None = None) -> Iterator[PaymentHarness]:
    """A payment service with an empty database."""
    with empty_database() as database:
        database.create(TABLES)
        with database.connect() as connection, connection.begin():
            opened = PaymentHarness(connection, provider)
            yield opened
            opened.provider.close()
