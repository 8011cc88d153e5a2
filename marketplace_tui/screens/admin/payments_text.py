"""The payments of all shoppers as lines of text."""

from __future__ import annotations

from datetime import datetime

from marketplace_tui.screens.admin.list_text import exactly, joined, pair, since
from marketplace_tui.text.lines import OF_STATUS, Line, Span, apart, cut_line, spans
from marketplace_tui.text.signs import SEPARATOR, of_status
from marketplace_tui.text.table import Column
from marketplace_tui.text.values import money, short_id
from services_stub.contracts.http.payment import Payment

COLUMNS = (
    Column("Payment", 9),
    Column("Status", 10),
    Column("Amount", 11, right=True),
    Column("Order", 9),
    Column("Method", 14, grows=True),
    Column("Changed", 10, right=True, drop=1, ages=True),
)


def cells(payment: Payment, now: datetime) -> tuple[Line, ...]:
    """A payment as a row."""
    return (
        spans(short_id(payment.payment_id)),
        (Span(of_status(payment.status), OF_STATUS[payment.status]),),
        (Span(money(payment.amount)),),
        spans(short_id(payment.order_id)),
        spans(payment.reason or payment.payment_method, "dim"),
        since(payment.updated_at, now),
    )


def details(payment: Payment, width: int) -> list[Line]:
    """A payment in full."""
    lines: list[Line] = [
        (
            *spans(f"Payment {short_id(payment.payment_id)}", "strong"),
            Span(f" {SEPARATOR} "),
            Span(of_status(payment.status), OF_STATUS[payment.status]),
            *spans(f" {SEPARATOR} {payment.reason}" if payment.reason else "", "dim"),
        ),
        joined(money(payment.amount, payment.currency), payment.payment_method),
        (),
        exactly("Begun", payment.created_at),
        exactly("Changed", payment.updated_at),
        pair("Shopper", payment.user_id),
        pair("Order", payment.order_id),
        pair("Id", payment.payment_id),
    ]
    if payment.refunds:
        lines += [(), (Span("Refunds", "strong"),)]
    for refund in payment.refunds:
        whose = f"seller {short_id(refund.seller_id)}" if refund.seller_id else "all of it"
        state = of_status("REFUNDED" if refund.refunded else "REFUNDING")
        left = (*spans(f"{whose}  ", "dim"), Span(state), *spans(f"  {refund.reason}", "dim"))
        lines.append(apart(left, (Span(money(refund.amount)),), width))
    return [cut_line(line, width) for line in lines]
