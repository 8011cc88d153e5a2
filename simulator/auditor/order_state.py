"""The state of one order, folded from its events one by one, whatever order their topics are read in.

The records of one partition are read in their order; those of different partitions in any. So a fold compares an
event with earlier ones of its own topic alone. All that needs two topics is judged at the end, in `order_end`.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from services_stub.contracts.events import (
    NotificationSent,
    OrderCreated,
    OrderStatus,
    OrderUpdated,
    PaymentFailed,
    PaymentRefunded,
    PaymentSuccess,
    ProductUpdated,
)
from services_stub.contracts.money import to_cents
from simulator.auditor.checks import Check
from simulator.auditor.entries import Entry
from simulator.auditor.orders import FOLLOWS
from simulator.auditor.violation import Violation

S = OrderStatus

STEPS = {**FOLLOWS, S.FAILED: frozenset({S.CANCELLED, S.REFUNDED})}
"""The statuses that may follow a part's. What failed ends otherwise where it was charged after all."""


class Line(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A line of an order; the price in cents, and the hash of the name."""

    product_id: str
    seller_id: str
    units: int
    cents: int
    name: int


class Offer(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A product as the reservation of an order left it: units that moved, and what it was sold as."""

    product_id: str
    moved: int
    cents: int
    name: int
    active: bool
    version: int


class Refund(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Money that was given back, for the part of one seller or for all of them where that is empty."""

    seller_id: str
    cents: int


class OrderState(msgspec.Struct, array_like=True):
    """An order as far as it was read. Amounts are cents, events the hashes of their ids, times microseconds."""

    created: int = 0
    """The event order-created; 0 where it was not read."""
    created_at: int = 0
    request: str = ""
    """Its causation id: the request that placed the order."""
    user_id: str = ""
    amount: int = 0
    lines: list[Line] = []
    status: str = S.PENDING
    reached: list[str] = []
    """The statuses of the order, in the order of its updates."""
    gaps: list[str] = []
    """Previous statuses that no update before had led to: it is lost, or lies behind."""
    whole: bool = False
    """Some update was about the whole order: it named no parts."""
    blocked: bool = False
    """The block of a seller ended a part."""
    parts: dict[str, list[str]] = {}
    """The statuses that the part of each seller came to, in their order."""
    paid_at: int = 0
    events: list[int] = []
    charges: list[int] = []
    charged_at: int = 0
    declines: int = 0
    refunds: list[Refund] = []
    refunded_at: int = 0
    causes: list[int] = []
    """The events that payments and notifications name as their causes."""
    offers: list[Offer] = []
    """The changes of stock in the flow of the order."""
    moved_at: int = 0
    told: dict[str, int] = {}
    """How often who was told what: by template, user, and whether by SMS."""
    messages: list[int] = []
    partitions: dict[str, int] = {}
    flow: str = ""
    """The flow of its events, where that is another than its own id."""


def fold(order_id: str, state: OrderState, entry: Entry) -> Iterator[Violation]:
    """Take an event of the order that was not read before; what is wrong at once."""
    match entry.event:
        case OrderCreated() as event:
            yield from _created(order_id, state, entry, event)
        case OrderUpdated() as event:
            yield from _updated(order_id, state, entry, event)
        case PaymentSuccess() as event:
            state.charges.append(to_cents(event.amount))
            state.charged_at = min(state.charged_at or entry.at, entry.at)
            _note_cause(state, entry)
            if len(state.charges) > 1:
                yield _found(Check.DOUBLE_CHARGE, order_id, f"was charged {len(state.charges)} times", entry)
        case PaymentFailed():
            state.declines += 1
            _note_cause(state, entry)
            if state.declines > 1:
                yield _found(Check.PUBLISHED_TWICE, order_id, "was declined twice", entry)
        case PaymentRefunded() as event:
            known = [refund.seller_id for refund in state.refunds]
            state.refunds.append(Refund(event.seller_id, to_cents(event.amount)))
            state.refunded_at = min(state.refunded_at or entry.at, entry.at)
            _note_cause(state, entry)
            if event.seller_id in known:
                whose = f"the part of {event.seller_id}" if event.seller_id else "the order"
                yield _found(Check.MONEY_BALANCE, order_id, f"{whose} was refunded twice", entry)
        case _:
            return


def note_message(state: OrderState, event: NotificationSent, entry: Entry) -> None:
    """Count a message about the order."""
    key = told_key(event.template, event.user_id, sms=event.channel == "sms")
    state.told[key] = state.told.get(key, 0) + 1
    _note_cause(state, entry)


def told_key(template: str, user_id: str, *, sms: bool = False) -> str:
    """The key of `told`."""
    return f"{template} {'by SMS ' if sms else ''}{user_id}"


def note_move(state: OrderState, event: ProductUpdated, moved: int, entry: Entry) -> None:
    """Take a change of stock that belongs to the flow of the order."""
    state.offers.append(
        Offer(event.product_id, moved, to_cents(event.price), hash(event.name), event.status == "ACTIVE", event.version)
    )
    state.moved_at = max(state.moved_at, entry.at)


def _created(order_id: str, state: OrderState, entry: Entry, event: OrderCreated) -> Iterator[Violation]:
    if state.created:
        yield _found(Check.PUBLISHED_TWICE, order_id, "order-created lies there under two ids", entry)
        return
    state.created, state.created_at, state.request = entry.number, entry.at, entry.cause
    state.user_id, state.amount = event.user_id, to_cents(event.amount)
    state.lines = [
        Line(item.product_id, item.seller_id, item.quantity, to_cents(item.unit_price), hash(item.name))
        for item in event.items
    ]
    lines = sum(line.units * line.cents for line in state.lines)
    if lines != state.amount:
        detail = f"costs {event.amount}, and its lines {lines / 100:.2f}"
        yield _found(Check.WRONG_AMOUNT, order_id, detail, entry)
    if event.status != S.PENDING:
        yield _found(Check.ILLEGAL_TRANSITION, order_id, f"was placed as {event.status}", entry)


def _updated(order_id: str, state: OrderState, entry: Entry, event: OrderUpdated) -> Iterator[Violation]:
    sellers = {item.seller_id for item in event.items}
    parts = {part.seller_id: part.status for part in event.parts} or dict.fromkeys(sellers, event.status)
    if S.PAID in parts.values():
        state.paid_at = min(state.paid_at or entry.at, entry.at)
    if event.status == state.status and all(
        state.parts.get(seller, [""])[-1] == after for seller, after in parts.items()
    ):
        yield _found(Check.PUBLISHED_TWICE, order_id, "an update tells of no change", entry)
        return
    broken = event.previous_status != state.status
    if broken and event.status in (*state.gaps, *state.reached):
        detail = f"the update to {event.status} after {event.previous_status} lies behind that to {state.status}"
        yield _found(Check.OUT_OF_ORDER, order_id, detail, entry)
        state.gaps = [status for status in state.gaps if status != event.status]
        for seller, after in parts.items():
            state.parts.setdefault(seller, []).insert(0, after)
        return
    if broken:
        state.gaps.append(event.previous_status)
    state.status, state.whole = event.status, state.whole or not event.parts
    state.blocked = state.blocked or event.reason == "seller-blocked"
    state.reached.append(event.status)
    for seller, after in parts.items():
        known = state.parts.setdefault(seller, [])
        before = known[-1] if known else S.PENDING
        if after != before:
            known.append(after)
            # Behind a gap, or a beginning that was not read, the status before is not known.
            if not broken and after not in STEPS[S(before)] and (known[:-1] or not state.gaps):
                detail = f"the part of {seller} is {after} after {before}"
                yield _found(Check.ILLEGAL_TRANSITION, order_id, detail, entry)
    if event.parts and sum(part.amount for part in event.parts) != event.amount:
        yield _found(Check.WRONG_AMOUNT, order_id, f"its parts do not add up to {event.amount}", entry)


def _note_cause(state: OrderState, entry: Entry) -> None:
    if entry.cause_number not in state.causes:
        state.causes.append(entry.cause_number)


def _found(check: Check, order_id: str, detail: str, entry: Entry) -> Violation:
    return Violation(check, order_id, detail, entry.flow, (entry.place,))
