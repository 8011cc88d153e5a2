"""One order as lines of text: its status, how far it is, and what is in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from rich.cells import cell_len

from marketplace_tui.model.order_changes import parts_of
from marketplace_tui.text.lines import OF_STATUS, Line, Look, Span, apart, cut_line, filled_line, spans
from marketplace_tui.text.reasons import reason_words
from marketplace_tui.text.shown import shown
from marketplace_tui.text.signs import AHEAD, ARROW, DONE, RULE, SEPARATOR, STATUS, of_status
from marketplace_tui.text.values import ago, clock_time, count, elapsed, moment, money
from services_stub.contracts.events.order import OrderStatus
from services_stub.contracts.http.gateway import OrderTimeline, TimelineKind
from services_stub.contracts.http.order import Order
from services_stub.contracts.http.payment import Payment

_STEPS = (
    (OrderStatus.PENDING, "placed"),
    (OrderStatus.PAID, "paid"),
    (OrderStatus.SHIPPED, "shipped"),
    (OrderStatus.DELIVERED, "delivered"),
)
_ON_THE_WAY = tuple(status for status, _ in _STEPS)
_AWAY = ("unavailable", "too-slow")
"""Why a part is missing that is there for this role."""

MOST_ITEMS = 5
MOST_MESSAGES = 3


def status_line(order: Order, now: datetime, width: int) -> Line:
    """The statuses that the order had, and its amount and age."""
    line: list[Span] = []
    for status in _statuses(order):
        line += [Span(f" {ARROW} ", "dim")] if line else []
        line.append(Span(of_status(status), OF_STATUS.get(status, "plain")))
    reason = reason_words(order.reason)
    if reason and order.status not in _ON_THE_WAY:
        line += [Span("  "), *spans(reason)]
    age = ago(moment(order.created_at), now)
    right = (Span(money(order.amount, order.currency), "strong"), Span(f" {SEPARATOR} {age}", "dim"))
    return apart(tuple(line), right, width)


def _statuses(order: Order) -> list[OrderStatus]:
    """The statuses of the whole order, one after the other; those of its parts where there is only one."""
    whole = len(parts_of(order)) == 1
    found = [OrderStatus.PENDING]
    for change in order.history:
        if (whole or not change.seller_id) and change.status is not found[-1]:
            found.append(change.status)
    return found if found[-1] is order.status else [*found, order.status]


def progress(order: Order, now: datetime, width: int) -> Sequence[Line]:
    """The steps of the order with their times: those that were made, and those that lie ahead."""
    began = moment(order.created_at)
    steps: list[tuple[str, str, str]] = []
    ended = order.status not in _ON_THE_WAY
    for number, (status, words) in enumerate(_STEPS):
        at = _reached(order, status)
        if at is None and not ended:
            steps.append((AHEAD, words, ""))
        elif at is not None or number == 0:
            time = clock_time(began, now) if number == 0 or at is None else elapsed((at - began).total_seconds())
            steps.append((DONE, words, time))
    if ended:
        at = _reached(order, order.status)
        time = elapsed((at - began).total_seconds()) if at else ""
        steps.append((STATUS.get(order.status, DONE), order.status.lower(), time))
    size = max(width // len(steps), 14)
    above: list[Span] = []
    below: list[Span] = []
    for number, (sign, words, time) in enumerate(steps):
        is_last = number == len(steps) - 1
        label = f"{sign} {words} "
        above.append(Span(label, _look_of(sign, failed=is_last and order.status is OrderStatus.FAILED)))
        if not is_last:
            above.append(Span(RULE * max(size - cell_len(label) - 1, 1) + " ", "dim"))
        below += filled_line((Span(f"  {time}", "dim"),), size)
    return [cut_line(tuple(above), width), cut_line(tuple(below), width)]


def _look_of(sign: str, *, failed: bool) -> Look:
    return "dim" if sign == AHEAD else "bad" if failed else "good"


def _reached(order: Order, status: OrderStatus) -> datetime | None:
    """When the whole order came to a status; None where some part of it has not."""
    moments = [moment(change.at) for change in order.history if change.status is status]
    if not moments:
        return None
    if order.status in _ON_THE_WAY and status in _ON_THE_WAY:
        return max(moments) if _ON_THE_WAY.index(order.status) >= _ON_THE_WAY.index(status) else None
    return max(moments)


def parts(order: Order, name_of: Callable[[str], str], width: int) -> Sequence[Line]:
    """The parts of several sellers, each with its own status; nothing for one seller."""
    if len(order.parts) < 2:
        return []
    lines = []
    for part in order.parts:
        reason = reason_words(part.reason)
        status = (Span(of_status(part.status), OF_STATUS.get(part.status, "plain")), Span("  "), *spans(reason, "dim"))
        left = (*filled_line(spans(name_of(part.seller_id)), 24), Span("  "), *status)
        lines.append(apart(left, (Span(money(part.amount)),), width))
    return [*lines, ()]


def contents(order: Order, timeline: OrderTimeline | None, name_of: Callable[[str], str], width: int) -> Sequence[Line]:
    """The items to the left; the payment and the messages to the right."""
    half = width // 2 - 5
    left = _items(order, name_of, half)
    right = _payment_and_messages(timeline, name_of)
    rows = max(len(left), len(right))
    left += [()] * (rows - len(left))
    right += [()] * (rows - len(right))
    return [
        (*filled_line(one, half), Span("  "), *cut_line(other, width - half - 2))
        for one, other in zip(left, right, strict=True)
    ]


def _items(order: Order, name_of: Callable[[str], str], width: int) -> list[Line]:
    several = len({item.seller_id for item in order.items}) > 1
    lines: list[Line] = []
    for item in order.items[:MOST_ITEMS]:
        seller = f" {SEPARATOR} {shown(name_of(item.seller_id))}" if several else ""
        words = (Span(f"{item.quantity:,} × {shown(item.name)}"), Span(seller, "dim"))
        lines.append(apart(words, (Span(money(item.unit_price * item.quantity)),), width))
    more = len(order.items) - MOST_ITEMS
    if more > 0:
        lines.append((Span(f"and {count(more, 'more product')}", "dim"),))
    if not several and order.items:
        lines.append((Span(f"sold by {shown(name_of(order.items[0].seller_id))}", "dim"),))
    return lines


def _payment_and_messages(timeline: OrderTimeline | None, name_of: Callable[[str], str]) -> list[Line]:
    if timeline is None:
        return []
    lines = _payment(timeline.payment, name_of) if timeline.payment else []
    told = [entry for entry in timeline.entries if entry.kind is TimelineKind.NOTIFICATION]
    for number, entry in enumerate(told[-MOST_MESSAGES:]):
        label = "Messages  " if number == 0 else " " * 10
        lines.append((Span(label, "dim"), *spans(entry.what.replace("-", " "))))
    away = ", ".join(missing.part for missing in timeline.missing if missing.reason in _AWAY)
    if away:
        lines.append((Span("Missing   ", "dim"), *spans(away, "warning")))
    return lines


def _payment(payment: Payment, name_of: Callable[[str], str]) -> list[Line]:
    look = OF_STATUS.get(payment.status, "plain")
    words = reason_words(payment.reason) or payment.payment_method
    lines: list[Line] = [(Span("Payment   ", "dim"), Span(of_status(payment.status), look), Span("  "), *spans(words))]
    for refund in payment.refunds:
        what = "given back" if refund.refunded else "on its way back"
        whose = f" of {shown(name_of(refund.seller_id))}" if refund.seller_id else ""
        lines.append((Span(" " * 10), Span(f"{money(refund.amount)}{whose} {what}")))
    return lines
