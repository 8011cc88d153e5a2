"""A small stage for the runtime's tests: a table, a handler, a sender that is told when to acknowledge."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Column, MetaData, String, Table, insert, select

from services_stub.contracts.base import Event
from services_stub.contracts.encoding import encode_json
from services_stub.contracts.envelope import envelope_for
from services_stub.contracts.events import OrderCreated, PaymentFailed
from services_stub.contracts.events.order import OrderStatus
from services_stub.contracts.money import money
from services_stub.runtime.errors import Poison, Refused
from services_stub.runtime.identifiers import new_id
from services_stub.runtime.kafka.records import Record
from services_stub.runtime.sql import inbox, outbox
from services_stub.runtime.sql.database import Database
from services_stub.runtime.sql.transaction import NO_CAUSE, Received, Transaction
from services_stub.runtime.sql.writer import Writer

tables = MetaData()
things = Table("things", tables, Column("name", String(64), primary_key=True))


def order_created(order_id: str, method: str = "good") -> OrderCreated:
    """An order-created event; its payment method tells `on_order_created` what to do."""
    return OrderCreated(
        order_id=order_id,
        user_id="user",
        items=[],
        status=OrderStatus.PENDING,
        amount=money("1.00"),
        currency="USD",
        payment_method=method,
    )


def on_order_created(transaction: Transaction, received: Received[OrderCreated]) -> None:
    """Write the thing and publish an event; refuse or give up afterwards where the event asks for it."""
    event = received.event
    transaction.execute(insert(things), {"name": event.order_id})
    transaction.publish(PaymentFailed(order_id=event.order_id, reason="test"))
    if event.payment_method == "refuse":
        raise Refused(409, "no", "refused")
    if event.payment_method == "poison":
        raise Poison("poisoned")
    if event.payment_method == "bug":
        raise RuntimeError("a bug")


def add_thing(transaction: Transaction, name: str) -> str:
    """A command: write the thing, publish, and refuse or fail afterwards where the name asks for it."""
    transaction.execute(insert(things), {"name": name})
    transaction.publish(PaymentFailed(order_id=name, reason="test"))
    if name == "refuse":
        raise Refused(409, "no", "refused")
    if name == "bug":
        raise ValueError("a bug")
    return name.upper()


def record_of(event: Event, *, event_id: str = "", offset: int = 0) -> Record:
    """The record that carries `event`."""
    from datetime import UTC, datetime

    envelope = envelope_for(event, event_id=event_id or new_id(), source="test", now=datetime.now(UTC), cause=NO_CAUSE)
    headers: list[tuple[str, bytes | None]] = list(envelope.headers())
    return Record(event.topic, 0, offset, event.subject.encode(), encode_json(event), headers, 0)


class HeldSender:
    """Takes records and acknowledges them only when told to; is full at `room`, and refuses the keys in `refuses`."""

    def __init__(self, room: int = 1_000_000) -> None:
        self.room = room
        self.refuses: set[bytes | None] = set()
        self.taken: list[tuple[str, bytes | None, bytes | None]] = []
        self.headers: list[list[tuple[str, bytes]]] = []
        self.waiting: list[Callable[[], None]] = []

    def send(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        headers: Any,
        on_acknowledged: Any = None,
        on_refused: Any = None,
    ) -> bool:
        if len(self.taken) >= self.room:
            return False
        if key in self.refuses:
            on_refused("too large")
            return True
        self.taken.append((topic, key, value))
        self.headers.append(headers)
        self.waiting.append(on_acknowledged)
        return True

    def acknowledge(self, *places: int) -> None:
        """Acknowledge the records at these places of those that wait, or all."""
        chosen = [self.waiting[place] for place in places] if places else list(self.waiting)
        self.waiting = [callback for callback in self.waiting if callback not in chosen]
        for callback in chosen:
            callback()

    def poll(self) -> None:
        """Nothing happens by itself."""

    def keys(self) -> list[str]:
        """The keys of the records that were taken, in order."""
        return [(key or b"").decode() for _topic, key, _value in self.taken]


def open_database(url: str) -> Database:
    """A database with the stage's tables and the runtime's."""
    database = Database(url)
    database.create(tables, outbox.tables, inbox.tables)
    return database


def new_writer(database: Database, sender: HeldSender, cluster_id: str = "cluster") -> Writer:
    """A writer whose steps the test takes."""

    def fail(error: BaseException) -> None:
        raise error

    return Writer("test", database, sender, cluster_id, fail)


def names(database: Database) -> Sequence[str]:
    """The things that are committed."""
    with database.connect() as connection, connection.begin():
        return connection.scalars(select(things.c.name).order_by(things.c.name)).all()
