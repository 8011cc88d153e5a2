"""Razorpay's API without a network: orders, authorised and captured payments, refunds, with the faults of a real one.

Bodies, statuses and errors are those of `tests/recorded/razorpay.json`. Only refunds have idempotency keys.
"""

from __future__ import annotations

import base64
import json
import threading
from collections import deque
from typing import Any
from urllib.parse import parse_qsl

import httpx

from tests.fake_stripe import Fault
from tests.recorded import records

KEY = "rzp_test_fake:fakesecret"
RECORDS = records("razorpay")
CUSTOMER = "cust_fake"
_DECLINES = {
    "pm_card_chargeDeclined": ("payment_authorization", "card_declined"),
    "pm_card_chargeDeclinedInsufficientFunds": ("payment_authorization", "insufficient_funds"),
    "pm_card_authenticationRequired": ("payment_authentication", "authentication_failed"),
}
_TOKENS = {"pm_card_visa", "pm_card_processing", *_DECLINES}

Answer = tuple[int, dict[str, Any]]


class FakeRazorpay(httpx.BaseTransport):
    """`faults` are those of the next requests; None is a request that nothing disturbs."""

    def __init__(self, key: str = KEY) -> None:
        self.key = key
        self.faults: deque[Fault | None] = deque()
        self.requests: list[tuple[str, str]] = []
        self.orders: dict[str, dict[str, Any]] = {}
        self.payments: dict[str, dict[str, Any]] = {}
        self.refunds: list[dict[str, Any]] = []
        self._kept: dict[str, tuple[Any, Answer]] = {}
        self._late: list[httpx.Request] = []
        self._lock = threading.Lock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        with self._lock:
            fault = self.faults.popleft() if self.faults else None
            self.requests.append((request.method, request.url.path))
            if request.headers.get("Authorization") != f"Basic {base64.b64encode(self.key.encode()).decode()}":
                return _response(recorded("key_invalid"))
            late, self._late = self._late, []
            match fault:
                case Fault.LOSE_REQUEST:
                    raise httpx.ConnectTimeout("timed out", request=request)
                case Fault.ARRIVE_LATE:
                    self._late = [request]
                    raise httpx.ReadTimeout("timed out", request=request)
                case Fault.RATE_LIMIT:
                    return _response((429, {"error": {"code": "BAD_REQUEST_ERROR", "description": "Too many"}}))
                case Fault.FAIL:
                    return _response((500, {"error": {"code": "SERVER_ERROR", "description": "Try later"}}))
            answer = self._do(request)
            for arriving in late:
                self._do(arriving)
            if fault is Fault.LOSE_ANSWER:
                raise httpx.ReadTimeout("timed out", request=request)
            if fault is Fault.FAIL_AFTERWARDS:
                return _response((502, {"error": {"code": "GATEWAY_ERROR", "description": "Try later"}}))
            return _response(answer)

    def forget_keys(self) -> None:
        """Drop the answers that are kept under the keys of refunds."""
        self._kept.clear()

    def taken(self, order_id: str) -> list[int]:
        """The amount of each captured payment of one of our orders."""
        return [payment["amount"] for payment in self._captured(order_id)]

    def balance(self, order_id: str) -> int:
        """The amount that one of our orders has paid and not got back."""
        return sum(payment["amount"] - payment["amount_refunded"] for payment in self._captured(order_id))

    def charge_again(self, order_id: str) -> None:
        """Take the money of a charged order once more, as only a fault does."""
        again = next(payment for payment in self._captured(order_id)) | {"id": "pay_again", "created_at": 10**10}
        self.payments["pay_again"] = again

    def _captured(self, order_id: str) -> list[dict[str, Any]]:
        return [
            payment
            for payment in self.payments.values()
            if payment["captured"] and self.orders[payment["order_id"]]["receipt"] == order_id
        ]

    def _do(self, request: httpx.Request) -> Answer:
        data = json.loads(request.content) if request.content else {}
        match (request.method, *request.url.path.strip("/").split("/")[1:]):
            case ("POST", "orders"):
                return self._create(data)
            case ("GET", "orders"):
                wanted = dict(parse_qsl(request.url.query.decode())).get("receipt")
                found = [self._expanded(o) for o in self.orders.values() if wanted in (None, o["receipt"])]
                return 200, _collection(found[::-1])
            case ("PATCH", "orders", order_id):
                self.orders[order_id]["notes"] = data["notes"]
                return 200, self.orders[order_id]
            case ("GET", "customers", customer_id):
                return recorded("customer") if customer_id == CUSTOMER else recorded("token_unknown")
            case ("POST", "payments", "create", "recurring"):
                return self._pay(data)
            case ("GET", "payments", payment_id):
                return 200, self.payments[payment_id]
            case ("POST", "payments", payment_id, "capture"):
                return self._capture(self.payments[payment_id])
            case ("POST", "payments", payment_id, "refund"):
                return self._refund_once(payment_id, data, request.headers["X-Refund-Idempotency"])
            case ("GET", "payments", payment_id, "refunds"):
                return 200, _collection([r for r in self.refunds if r["payment_id"] == payment_id][::-1])
            case other:
                raise AssertionError(other)

    def _create(self, data: dict[str, Any]) -> Answer:
        if data["amount"] < 100:
            return recorded("order_amount_too_small")
        number = len(self.orders) + 1
        order = recorded("order_created")[1] | {"id": f"order_{number}", "created_at": number}
        order |= {name: data[name] for name in ("amount", "currency", "receipt", "notes")}
        self.orders[order["id"]] = order | {"amount_due": data["amount"]}
        return 200, self.orders[order["id"]]

    def _pay(self, data: dict[str, Any]) -> Answer:
        if data["token"] not in _TOKENS:
            return recorded("token_unknown")
        order = self.orders[data["order_id"]]
        if order["status"] == "paid":
            return recorded("already_captured")
        number = len(self.payments) + 1
        payment = recorded("payment_captured")[1] | {"id": f"pay_{number}", "created_at": number, "captured": False}
        payment |= {name: data[name] for name in ("amount", "currency", "order_id", "notes")}
        payment["status"] = "created" if data["token"] == "pm_card_processing" else "authorized"
        if data["token"] in _DECLINES:
            step, reason = _DECLINES[data["token"]]
            payment |= {"status": "failed", "error_code": "BAD_REQUEST_ERROR", "error_step": step}
            payment["error_reason"] = reason
        self.payments[payment["id"]] = payment
        order |= {"status": "attempted", "attempts": order["attempts"] + 1}
        answer = {"razorpay_payment_id": payment["id"], "razorpay_order_id": order["id"]}
        return 200, recorded("payment_charged")[1] | answer

    def _capture(self, payment: dict[str, Any]) -> Answer:
        order = self.orders[payment["order_id"]]
        if payment["status"] != "authorized" or order["status"] == "paid":
            return recorded("already_captured")
        self.take(payment)
        return 200, payment

    def take(self, payment: dict[str, Any]) -> None:
        """Take the money of a payment."""
        payment |= {"status": "captured", "captured": True}
        order = self.orders[payment["order_id"]]
        order |= {"status": "paid", "amount_paid": payment["amount"], "amount_due": 0}

    def _refund_once(self, payment_id: str, data: dict[str, Any], key: str) -> Answer:
        assert len(key) >= 10
        assert key.isalnum()
        if key in self._kept:
            known, answer = self._kept[key]
            return answer if known == (payment_id, data) else recorded("refund_key_reused")
        answer = self._refund(self.payments[payment_id], data)
        if answer[0] == 200:
            self._kept[key] = ((payment_id, data), answer)
        return answer

    def _refund(self, payment: dict[str, Any], data: dict[str, Any]) -> Answer:
        left = payment["amount"] - payment["amount_refunded"]
        if not left:
            return recorded("refund_of_all_again")
        if data["amount"] > left:
            return recorded("refund_too_large")
        refund = recorded("refund_made")[1] | {"id": f"rfnd_{len(self.refunds) + 1}", "payment_id": payment["id"]}
        self.refunds.append(refund | data)
        payment["amount_refunded"] += data["amount"]
        payment |= {"refund_status": "partial"} if data["amount"] < left else {"status": "refunded"}
        return 200, self.refunds[-1]

    def undo_refund(self) -> None:
        """Let the newest refund fail, which leaves the money where it was."""
        refund = self.refunds[-1]
        refund["status"] = "failed"
        payment = self.payments[refund["payment_id"]]
        payment["amount_refunded"] -= refund["amount"]
        payment["status"] = "captured"
        self.forget_keys()

    def _expanded(self, order: dict[str, Any]) -> dict[str, Any]:
        own = [payment for payment in self.payments.values() if payment["order_id"] == order["id"]]
        return order | {"payments": _collection(own)}


def recorded(name: str) -> Answer:
    """A recorded answer, to be changed at will."""
    return RECORDS[name]["status"], json.loads(json.dumps(RECORDS[name]["body"]))


def _collection(items: list[dict[str, Any]]) -> dict[str, Any]:
    return {"entity": "collection", "count": len(items), "items": items}


def _response(answer: Answer) -> httpx.Response:
    return httpx.Response(answer[0], json=answer[1])
