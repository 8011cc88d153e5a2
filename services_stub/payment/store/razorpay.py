"""Razorpay as a payment provider, over its HTTP API, and the one place where its errors are mapped.

Its orders have the ids of ours as receipts, by which they are found again with their payments. Nothing but a capture
takes money: payments are authorised first, and one of them is captured. Requests have no keys, so what got lost may
have been done: a second order or a second authorisation costs nothing, because one that is not captured lapses. An
order that shall take nothing is marked as closed, in its notes, and no payment of it is captured after that.

A payment method is `<customer>/<token>`: a customer at Razorpay, and a card that the customer has authorised there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import httpx

from services_stub.payment.domain import (
    Charged,
    ChargeRequest,
    ChargeResult,
    Declined,
    Processing,
    ProviderUnavailable,
    RefundRefused,
    RefundRequest,
    Taken,
)
from services_stub.payment.store.razorpay_api import (
    Customer,
    Order,
    Payment,
    RazorpayApi,
    RazorpayRefused,
    Refund,
    reason_of,
)

_PROCESSING_SECONDS = 2.0
_MOST = 100
_REFUND_KEY = "refund_key"
_CLOSED = "closed"
_TAKEN = ("captured", "refunded")
_UNKNOWN = "unknown_payment_method"


class Razorpay:
    """`key` is `<key id>:<key secret>` of the account at the API at `url`. Any thread may call."""

    concurrency = 128

    def __init__(self, key: str, url: str, transport: httpx.BaseTransport | None = None) -> None:
        self._api = RazorpayApi(key, url, self.concurrency, transport)

    def charge(self, request: ChargeRequest) -> ChargeResult:
        """Authorise a payment of the order and capture it, unless that was done before.

        Raises:
            ProviderUnavailable: Razorpay does not answer, or not with an outcome.
        """
        orders = self._orders(request)
        payment = _relevant(orders)
        if payment is not None and payment.status in _TAKEN:
            return Charged(payment.id)
        if any(order.is_closed for order in orders):
            return Declined("canceled")
        if payment is None:
            try:
                payment = self._authorise(orders, request)
            except RazorpayRefused as refused:
                return Declined(reason_of(refused.error))
            if payment is None:
                return Declined(_UNKNOWN)
        match payment.status:
            case "authorized":
                return Charged(self._capture(payment, request).id)
            case "created":
                return Processing(_PROCESSING_SECONDS)
            case "failed":
                return Declined(reason_of(payment.error))
            case status if status in _TAKEN:
                return Charged(payment.id)
            case status:
                raise ProviderUnavailable(f"razorpay: {payment.id} is {status}")

    def refund(self, request: RefundRequest) -> str | None:
        """Refund a part of the order's payment, or close the order where none has been captured.

        A payment that is authorised is captured first: a capture may be under way, and would take the money later.

        Raises:
            ProviderUnavailable: Razorpay does not answer.
            RefundRefused: more than is left of the payment, or the key of a refund of another amount.
        """
        if request.charge_id:
            self._refund(request.charge_id, request)
            return request.charge_id
        orders = self._orders(request.charge)
        payment = _relevant(orders)
        closed = any(order.is_closed for order in orders)
        if payment is not None and payment.status == "authorized" and not closed:
            payment = self._capture(payment, request.charge)
        if payment is None or payment.status not in _TAKEN:
            if not closed:
                self._close(orders, request.charge)
            return None
        self._refund(payment.id, request)
        return payment.id

    def reach(self) -> None:
        """Ask for an order, whichever. Raises ProviderUnavailable, also where the key is refused."""
        self._api.list("/v1/orders", Order, {"count": 1})

    def surplus(self, request: ChargeRequest, charge_id: str) -> Sequence[Taken]:
        """The captured payments of the order besides `charge_id`.

        Raises:
            ProviderUnavailable: Razorpay does not answer.
        """
        found = [payment for payment in _payments(self._orders(request)) if payment.status in _TAKEN]
        return [Taken(payment.id, payment.left) for payment in found if payment.left and payment.id != charge_id]

    def close(self) -> None:
        """Close the connections."""
        self._api.close()

    def _orders(self, request: ChargeRequest) -> list[Order]:
        """The orders with the receipt of ours, oldest first, with their payments."""
        query: dict[str, str | int] = {"receipt": request.order_id, "expand[]": "payments", "count": _MOST}
        orders = [order for order in self._api.list("/v1/orders", Order, query) if order.receipt == request.order_id]
        if any(order.amount != request.amount_cents for order in orders):
            raise ProviderUnavailable(f"razorpay: the order {request.order_id} is there with another amount")
        return sorted(orders, key=lambda order: (order.created_at, order.id))

    def _authorise(self, orders: Sequence[Order], request: ChargeRequest) -> Payment | None:
        """A new payment of the order as it stands; None where there is no such payment method."""
        customer_id, _, token = request.payment_method.partition("/")
        if not (customer_id.startswith("cust_") and customer_id.isidentifier() and token):
            return None
        order = orders[0] if orders else self._create(request)
        try:
            customer = self._api.get(f"/v1/customers/{customer_id}", Customer)
            paid = {
                "email": customer.email,
                "contact": customer.contact,
                "amount": request.amount_cents,
                "currency": request.currency,
                "order_id": order.id,
                "customer_id": customer_id,
                "token": token,
                "recurring": True,
                "notes": {"order_id": request.order_id},
            }
            self._api.send("POST", "/v1/payments/create/recurring", dict, paid)
        except RazorpayRefused as refused:
            if refused.error.is_unknown_id:
                return None
            raise
        payment = _relevant([order, *self._orders(request)])
        if payment is None:
            raise ProviderUnavailable(f"razorpay: {order.id} has no payment yet")
        return payment

    def _create(self, request: ChargeRequest) -> Order:
        data = {
            "amount": request.amount_cents,
            "currency": request.currency,
            "receipt": request.order_id,
            "payment_capture": False,
            "notes": {"order_id": request.order_id},
        }
        return self._api.send("POST", "/v1/orders", Order, data)

    def _capture(self, payment: Payment, request: ChargeRequest) -> Payment:
        data = {"amount": request.amount_cents, "currency": request.currency}
        try:
            captured = self._api.send("POST", f"/v1/payments/{payment.id}/capture", Payment, data)
        except RazorpayRefused:
            # It is captured already, or it lapsed.
            captured = self._read(payment.id)
        if captured.status not in _TAKEN:
            raise ProviderUnavailable(f"razorpay: {payment.id} is {captured.status} and was not captured")
        return captured

    def _read(self, payment_id: str) -> Payment:
        try:
            return self._api.get(f"/v1/payments/{payment_id}", Payment)
        except RazorpayRefused as refused:
            raise ProviderUnavailable(f"razorpay: {payment_id}: {refused}") from refused

    def _close(self, orders: Sequence[Order], request: ChargeRequest) -> None:
        try:
            for order in orders or [self._create(request)]:
                notes = {"order_id": request.order_id, _CLOSED: "true"}
                self._api.send("PATCH", f"/v1/orders/{order.id}", Order, {"notes": notes})
        except RazorpayRefused as refused:
            if orders:
                raise ProviderUnavailable(f"razorpay: {refused}") from refused
            # An order that Razorpay does not take can take nothing.

    def _refund(self, payment_id: str, request: RefundRequest) -> None:
        """Refund unless that was done: the list of refunds knows it, also when the idempotency key is forgotten."""
        path = f"/v1/payments/{payment_id}/refund"
        made = [
            refund
            for refund in self._api.list(f"{path}s", Refund, {"count": _MOST})
            if refund.note(_REFUND_KEY) == request.key
        ]
        lasting = [refund for refund in made if refund.status != "failed"]
        if any(refund.amount != request.amount_cents for refund in lasting):
            raise RefundRefused(f"razorpay: the refund {request.key} is one of another amount")
        if lasting:
            return
        notes = {_REFUND_KEY: request.key, "order_id": request.charge.order_id}
        data: dict[str, Any] = {"amount": request.amount_cents, "notes": notes}
        # One that failed is made again under a key of its own; a key is alphanumeric.
        key = hashlib.sha256("\n".join([request.key, *(refund.id for refund in made)]).encode()).hexdigest()[:40]
        try:
            refund = self._api.send("POST", path, Refund, data, {"X-Refund-Idempotency": key})
        except RazorpayRefused as refused:
            raise RefundRefused(f"razorpay: {refused}") from refused
        if refund.status == "failed":
            raise ProviderUnavailable(f"razorpay: {refund.id} has failed")


def _payments(orders: Sequence[Order]) -> list[Payment]:
    """Every payment of the orders once, oldest first."""
    found = {payment.id: payment for order in orders for payment in order.payments_made}
    return sorted(found.values(), key=lambda payment: (payment.created_at, payment.id))


def _relevant(orders: Sequence[Order]) -> Payment | None:
    """The oldest payment that took money, or else may take it, or else has failed."""
    payments = _payments(orders)
    for status in (*_TAKEN, "authorized", "created", "failed"):
        for payment in payments:
            if payment.status == status:
                return payment
    return None
