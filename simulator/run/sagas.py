"""The sagas of a run: for each order, when its stages came, by the events in the Kafka log.

Times are those in which the events were published, in microseconds of Unix time; 0 where there was none.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

import msgspec

from services_stub.contracts.events import OrderStatus
from services_stub.contracts.topics import (
    NOTIFICATION_SENT,
    ORDER_CREATED,
    ORDER_UPDATED,
    PAYMENT_FAILED,
    PAYMENT_SUCCESS,
)
from simulator.trace import TracedRecord
from simulator.trace.events import correlation_of, microseconds

PLACED = "order-placed"
"""The template of the message that says no more than that there is an order."""

_ENDED = frozenset({OrderStatus.CANCELLED, OrderStatus.REFUNDING})

Read = TypeVar("Read")


class Saga(msgspec.Struct, gc=False):
    """One order. `settled_as` is the first status after PENDING, and `charged` whether its payment went through."""

    created_at: int = 0
    request_id: str = ""
    """The cause of the order: the request that placed it."""
    user_id: str = ""
    payment_at: int = 0
    charged: bool = False
    settled_at: int = 0
    settled_as: str = ""
    notified_at: int = 0
    """The first message to its shopper about more than that there is an order."""
    taken: bool = False
    """Money was taken, be it after a first payment that was declined."""
    ended: bool = False
    """A part of it has ended, and has yet to get its money back if it was taken."""

    @property
    def is_open(self) -> bool:
        """Whether it began and has not come to its end."""
        return bool(self.created_at) and not (self.settled_at and self.notified_at)

    @property
    def refund_due(self) -> bool:
        """Whether money has to be given back."""
        return self.taken and self.ended


class _Created(msgspec.Struct, rename="camel"):
    user_id: str


class _Part(msgspec.Struct):
    status: str


class _Updated(msgspec.Struct, rename="camel"):
    status: str
    parts: list[_Part] = []


class _Notified(msgspec.Struct, rename="camel"):
    user_id: str
    template: str
    about: str


class Sagas:
    """All sagas, from records in any order. Of records that came twice the first counts."""

    def __init__(self) -> None:
        self.by_order: dict[str, Saga] = {}
        self._by_request: dict[str, str] = {}
        self._open: set[str] = set()
        self._refunds_due: set[str] = set()

    @property
    def open(self) -> int:
        """The number of orders that were placed and have not come to their end."""
        return len(self._open)

    @property
    def refunds_due(self) -> int:
        """The number of orders of which money has to be given back."""
        return len(self._refunds_due)

    @property
    def begun(self) -> int:
        """The number of orders that were placed."""
        return len(self._by_request)

    def caused_by(self, request_id: str) -> str:
        """The order that a request placed; empty where there is none."""
        return self._by_request.get(request_id, "")

    def add_all(self, records: Iterable[TracedRecord]) -> None:
        """Take the records of all topics; those of others are passed over."""
        for record in records:
            if record.topic in _STAGES and (order_id := _order_of(record)):
                saga = self.by_order.get(order_id)
                if saga is None:
                    saga = self.by_order[order_id] = Saga()
                _STAGES[record.topic](saga, record)
                if record.topic == ORDER_CREATED:
                    self._by_request.setdefault(saga.request_id, order_id)
                for orders, belongs in ((self._open, saga.is_open), (self._refunds_due, saga.refund_due)):
                    if belongs:
                        orders.add(order_id)
                    else:
                        orders.discard(order_id)


def _order_of(record: TracedRecord) -> str:
    if record.topic != NOTIFICATION_SENT:
        return (record.key or b"").decode(errors="replace")
    message = _read(record, _Notified)
    return "" if message is None or message.template == PLACED else correlation_of(record)


def _created(saga: Saga, record: TracedRecord) -> None:
    order = _read(record, _Created)
    if order is not None and not saga.created_at:
        saga.created_at, saga.user_id = _time_of(record), order.user_id
        saga.request_id = (record.header("ce_causationid") or b"").decode(errors="replace")


def _paid(saga: Saga, record: TracedRecord) -> None:
    if not saga.payment_at:
        saga.payment_at, saga.charged = _time_of(record), record.topic == PAYMENT_SUCCESS
    saga.taken = saga.taken or record.topic == PAYMENT_SUCCESS


def _updated(saga: Saga, record: TracedRecord) -> None:
    order = _read(record, _Updated)
    if order is None:
        return
    saga.ended = not _ENDED.isdisjoint([part.status for part in order.parts] or [order.status])
    if not saga.settled_at and order.status != OrderStatus.PENDING:
        saga.settled_at, saga.settled_as = _time_of(record), order.status


def _notified(saga: Saga, record: TracedRecord) -> None:
    message = _read(record, _Notified)
    # The shopper is known as soon as the order is; a message that was read before it can only be theirs or a seller's.
    if message is not None and not saga.notified_at and message.user_id == (saga.user_id or message.user_id):
        saga.notified_at = _time_of(record)


_STAGES = {
    ORDER_CREATED: _created,
    PAYMENT_SUCCESS: _paid,
    PAYMENT_FAILED: _paid,
    ORDER_UPDATED: _updated,
    NOTIFICATION_SENT: _notified,
}


def _time_of(record: TracedRecord) -> int:
    published = microseconds((record.header("ce_time") or b"").decode(errors="replace"))
    return record.written_at if published is None else published


def _read(record: TracedRecord, expected: type[Read]) -> Read | None:
    try:
        return msgspec.json.decode(record.value or b"", type=expected)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
