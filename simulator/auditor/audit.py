"""The auditor: is given all records and operations of a run once, in the order in which they were read, and judges it.

Each record changes one small state; nothing is read twice. Records of one partition come in their order, those of
different partitions in any, so a run can be judged while it is under way, and a stored one in one pass.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import partial

import msgspec

from services_stub.contracts.base import Event
from services_stub.contracts.events import (
    HopOutcome,
    NotificationSent,
    OrderCreated,
    OrderUpdated,
    PaymentFailed,
    PaymentRefunded,
    PaymentSuccess,
    ProductUpdated,
)
from services_stub.contracts.topics import (
    DEAD_LETTER_SUFFIX,
    NOTIFICATION_SENT,
    ORDER_CREATED,
    ORDER_UPDATED,
    PAYMENT_FAILED,
    PAYMENT_REFUNDED,
    PAYMENT_SUCCESS,
    PRODUCT_CREATED,
    PRODUCT_DELETED,
    PRODUCT_UPDATED,
    SELLER_BLOCKED,
    SELLER_UNBLOCKED,
    TRACE_HOPS,
    USER_CREATED,
)
from simulator.auditor import order_state
from simulator.auditor.accounts import Accounts
from simulator.auditor.checks import Check
from simulator.auditor.entries import Entry, entry_of
from simulator.auditor.order_end import TEMPLATES, Circumstances, clocks_under, judge
from simulator.auditor.order_state import OrderState
from simulator.auditor.partitions import Partitions
from simulator.auditor.poison import Poison
from simulator.auditor.product_state import Products
from simulator.auditor.replicas import compare, shown_to_others, without
from simulator.auditor.requests import Requests
from simulator.auditor.sales import wrong_sales
from simulator.auditor.sometimes import Happening, Sometimes, of_order
from simulator.auditor.states import MOST_OPEN, States
from simulator.auditor.violation import Violation, Violations
from simulator.history.final import Final
from simulator.history.operations import FaultRecord, Operation
from simulator.trace.events import Reported, reports_of
from simulator.trace.expected import CONSUMERS
from simulator.trace.records import TracedRecord

_ORDERS = frozenset({ORDER_CREATED, ORDER_UPDATED, PAYMENT_SUCCESS, PAYMENT_FAILED, PAYMENT_REFUNDED})
_PRODUCTS = frozenset({PRODUCT_CREATED, PRODUCT_UPDATED, PRODUCT_DELETED})
_ACCOUNTS = frozenset({USER_CREATED, SELLER_BLOCKED, SELLER_UNBLOCKED})
_TOPICS = _ORDERS | _PRODUCTS | _ACCOUNTS | {NOTIFICATION_SENT}
"""The topics that are judged. Of the others, which are samples that may be lost, offsets and poison are checked."""

_COUNTED = (f'"{HopOutcome.DUPLICATE}"'.encode(), f'"{HopOutcome.RETRIED}"'.encode(), b"\\")
"""A report without these has no outcome that is counted; with a backslash one may be written in another way."""


class Judgement(msgspec.Struct, frozen=True):
    """The findings about a run, and how much was looked at."""

    violations: tuple[Violation, ...]
    counts: dict[str, int]
    """The violations by check; more than are listed where there are many."""
    sometimes: dict[str, int]
    orders: int
    records: int
    operations: int


class Auditor:
    """Judges one run.

    `asked_at` is when the services were asked for their last answers, in microseconds of Unix time, and 0 if that was
    at the end: an answer is not compared with what was published after it. `most_open` orders are kept as objects.
    """

    def __init__(self, asked_at: int = 0, *, most_open: int = MOST_OPEN) -> None:
        self._asked_at = asked_at
        self._changed_since: set[str] = set()
        """The orders and products of records that were written after the services were asked."""
        self.violations = Violations()
        self.partitions, self.accounts, self.poison = Partitions(), Accounts(), Poison()
        self.orders = States(OrderState, OrderState, most_open)
        self.products = Products(partial(_note_move, self.orders))  # not a method: a cycle would outlive the auditor
        self.requests = Requests()
        self.sometimes = Sometimes()
        self._ended_at = 0

    def take(self, records: Iterable[TracedRecord]) -> None:
        """Take records as they were read."""
        for record in records:
            new = self.partitions.fold(record)
            if new is True:
                self._record(record)
            elif isinstance(new, Violation):
                self.violations.add(new)

    def take_operations(self, operations: Iterable[Operation]) -> None:
        """Take operations, in any order."""
        for operation in operations:
            self.requests.fold(operation)

    def end(
        self,
        final: Final,
        faults: Sequence[FaultRecord] = (),
        *,
        exclusive: bool = False,
    ) -> Judgement:
        """Judge what must have come of all. `exclusive`: no other client was there meanwhile."""
        from_beginning = all(map(self.partitions.begins, _TOPICS))
        seen = Circumstances(
            blocks=self.accounts,
            deleted=self.products.deleted(),
            unclear=self.products.unclear(),
            from_beginning=from_beginning,
            clocks=clocks_under(faults),
            ended_at=self._ended_at,
        )
        placed = 0
        for order_id, state in self.orders.all():
            placed += bool(state.created)
            self._add(judge(order_id, state, seen))
            self.sometimes.add_all(of_order(state))
        self._add(self.products.end(from_beginning=from_beginning))
        self._add(self.accounts.end(self.requests.users, self.products.disabled, from_beginning=from_beginning))
        self._add(self.poison.end(self.partitions))
        self._add(self.requests.end(self.orders, exclusive=exclusive))
        self._add(compare(without(final, self._changed_since), self.orders, self.products, self.accounts))
        self._add(wrong_sales(final, self.orders, self._changed_since, from_beginning=from_beginning))
        self._add(shown_to_others(final))
        self._add(self.partitions.end(final.log_starts))
        self.sometimes.add_run(self.products, self.requests, self.accounts, len(self.poison), faults)
        self.sometimes.add_all([Happening.ASKED_BY_OTHERS] * len(final.others))
        return Judgement(
            violations=tuple(self.violations.kept),
            counts=dict(self.violations.counts),
            sometimes=self.sometimes.counts(),
            orders=placed,
            records=self.partitions.records,
            operations=self.requests.operations,
        )

    def _add(self, found: Iterable[Violation]) -> None:
        for violation in found:
            self.violations.add(violation)

    def _record(self, record: TracedRecord) -> None:
        topic = record.topic
        if topic not in _TOPICS:
            if topic == TRACE_HOPS:
                self._hops(record)
            elif topic.endswith(DEAD_LETTER_SUFFIX):
                self.poison.note_dead_letter(record)
            elif topic in CONSUMERS and entry_of(record) is None:
                self.poison.note(record)
            return
        if self._asked_at and record.written_at > self._asked_at:
            self._changed_since.add((record.key or b"").decode(errors="replace"))
        entry = entry_of(record)
        if entry is None:
            self.poison.note(record)
            return
        if record.written_at > self._ended_at:
            self._ended_at = record.written_at
        if topic in _ORDERS:
            self._order(entry)
        elif topic in _PRODUCTS:
            self._add(self.products.fold(entry))
        elif isinstance(entry.event, NotificationSent):
            self._message(entry, entry.event)
        else:
            self._add(self.accounts.fold(entry))

    def _order(self, entry: Entry) -> None:
        order_id = order_id_of(entry.event)
        state = self.orders.change(order_id)
        topic, partition, _ = entry.place
        if state.partitions.setdefault(topic, partition) != partition:
            detail = f"{topic} lies in partitions {state.partitions[topic]} and {partition}"
            self.violations.add(Violation(Check.TWO_PARTITIONS, order_id, detail, entry.flow, (entry.place,)))
        if entry.number in state.events:
            self.sometimes.repeated += 1
            return
        state.events.append(entry.number)
        if entry.flow != order_id:
            state.flow = entry.flow
        self._add(order_state.fold(order_id, state, entry))

    def _message(self, entry: Entry, event: NotificationSent) -> None:
        if event.template not in TEMPLATES:
            self._add(self.accounts.fold(entry))
            return
        state = self.orders.change(event.about)
        if entry.number in state.messages:
            self.sometimes.repeated += 1
            return
        state.messages.append(entry.number)
        order_state.note_message(state, event, entry)

    def _hops(self, record: TracedRecord) -> None:
        value = record.value or b""
        if not any(word in value for word in _COUNTED):  # nearly every report: to read it costs more than all else
            return
        outcomes = Counter(report.consumption.outcome for report in reports_of(record) if isinstance(report, Reported))
        self.sometimes.delivered_again += outcomes[HopOutcome.DUPLICATE]
        self.sometimes.tried_again += outcomes[HopOutcome.RETRIED]


def order_id_of(event: Event) -> str:
    """The order that an event of an order or a payment is about."""
    assert isinstance(event, OrderCreated | OrderUpdated | PaymentSuccess | PaymentFailed | PaymentRefunded)
    return event.order_id


def _note_move(orders: States[OrderState], event: ProductUpdated, moved: int, entry: Entry) -> None:
    order_state.note_move(orders.change(entry.flow), event, moved, entry)
