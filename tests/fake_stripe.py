"""Stripe's API without a network: PaymentIntents, refunds and idempotency keys, with the faults of a real one.

Bodies, statuses and error codes are those that Stripe documents. An answer under a key is kept, also one with 500.
"""

from __future__ import annotations

import json
import threading
from collections import deque
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qsl

import httpx

KEY = "sk_test_fake"
_DECLINES = {
    "pm_card_chargeDeclined": ("card_declined", "generic_decline"),
    "pm_card_chargeDeclinedInsufficientFunds": ("card_declined", "insufficient_funds"),
}
_CARDS = {"pm_card_visa", "pm_card_authenticationRequired", "pm_card_processing", *_DECLINES}
_CANCELABLE = {"requires_payment_method", "requires_confirmation", "requires_action", "requires_capture"}

Answer = tuple[int, dict[str, Any]]


class Fault(StrEnum):
    """A disturbance of one request."""

    LOSE_REQUEST = "it never arrives"
    ARRIVE_LATE = "it times out, and is done after the next one"
    LOSE_ANSWER = "it is done, and its answer gets lost"
    RATE_LIMIT = "429"
    FAIL = "500 before it was done"
    FAIL_AFTERWARDS = "500 after it was done, kept under its key"


class FakeStripe(httpx.BaseTransport):
    """`faults` are those of the next requests; None is a request that nothing disturbs."""

    def __init__(self, key: str = KEY) -> None:
        self.key = key
        self.faults: deque[Fault | None] = deque()
        self.requests: list[tuple[str, str, str]] = []
        self.intents: dict[str, dict[str, Any]] = {}
        self.charges: list[dict[str, Any]] = []
        self.refunds: list[dict[str, Any]] = []
        self._kept: dict[str, tuple[str, Answer]] = {}
        self._searchable: set[str] = set()
        self._late: list[httpx.Request] = []
        self._lock = threading.Lock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        with self._lock:
            fault = self.faults.popleft() if self.faults else None
            key = request.headers.get("Idempotency-Key", "")
            self.requests.append((request.method, request.url.path, key))
            late, self._late = self._late, []
            match fault:
                case Fault.LOSE_REQUEST:
                    raise httpx.ConnectTimeout("timed out", request=request)
                case Fault.ARRIVE_LATE:
                    self._late = [request]
                    raise httpx.ReadTimeout("timed out", request=request)
                case Fault.RATE_LIMIT:
                    return _response(_error(429, "invalid_request_error", "rate_limit"))
                case Fault.FAIL:
                    return _response(_error(500, "api_error"))
            if request.headers.get("Authorization") != f"Bearer {self.key}":
                return _response(
                    _error(401, "invalid_request_error", message="Invalid API Key provided: sk_test_***ake")
                )
            answer, replayed = self._once(request, key, broken=fault is Fault.FAIL_AFTERWARDS)
            for arriving in late:
                self._once(arriving, arriving.headers.get("Idempotency-Key", ""), broken=False)
            if fault is Fault.LOSE_ANSWER:
                raise httpx.ReadTimeout("timed out", request=request)
            return _response(answer, replayed=replayed)

    def forget_keys(self) -> None:
        """Drop the kept answers, as Stripe does after a day. Only then the search knows the intents."""
        self._kept.clear()
        self._searchable = set(self.intents)

    def taken(self, order_id: str) -> list[int]:
        """The cents of each charge of an order, as they were when it was made."""
        return [charge["amount"] for charge in self._charges_of(order_id)]

    def balance(self, order_id: str) -> int:
        """The cents that an order has paid and not got back."""
        return sum(charge["amount"] - charge["amount_refunded"] for charge in self._charges_of(order_id))

    def charge_again(self, order_id: str) -> None:
        """Take the money of a charged order once more, as only a fault does."""
        self.succeed(next(intent for intent in self.intents.values() if intent["metadata"]["order_id"] == order_id))

    def _charges_of(self, order_id: str) -> list[dict[str, Any]]:
        return [
            charge
            for charge in self.charges
            if self.intents[charge["payment_intent"]]["metadata"]["order_id"] == order_id
        ]

    def _once(self, request: httpx.Request, key: str, *, broken: bool) -> tuple[Answer, bool]:
        parameters = request.content.decode()
        fingerprint = f"{request.method} {request.url.path} {parameters}"
        if key in self._kept:
            known, answer = self._kept[key]
            return (answer if known == fingerprint else _error(400, "idempotency_error")), known == fingerprint
        answer = self._do(request.method, request.url.path, dict(parse_qsl(parameters)), request.url.query.decode())
        if broken:
            answer = _error(500, "api_error")
        if key and (answer[0] in (200, 402) or broken):
            self._kept[key] = (fingerprint, json.loads(json.dumps(answer)))
        return answer, False

    def _do(self, method: str, path: str, data: dict[str, str], query: str) -> Answer:
        parts = path.strip("/").split("/")[1:]
        if (method, parts) == ("POST", ["payment_intents"]):
            return self._create(data)
        if (method, parts) == ("POST", ["refunds"]):
            return self._refund(data)
        if (method, parts) == ("GET", ["refunds"]):
            return 200, _listed(self.refunds, query)
        if (method, parts) == ("GET", ["charges"]):
            return 200, _listed(self.charges, query)
        if (method, parts) == ("GET", ["payment_intents", "search"]):
            return self._search(dict(parse_qsl(query))["query"])
        if parts[0] != "payment_intents" or parts[1] not in self.intents:
            return _error(404, "invalid_request_error", "resource_missing", param="intent")
        intent = self.intents[parts[1]]
        if method == "GET":
            return 200, intent
        return self._confirm(intent, data) if parts[2] == "confirm" else self._cancel(intent, data)

    def _search(self, query: str) -> Answer:
        found = [
            intent
            for intent_id, intent in self.intents.items()
            if intent_id in self._searchable and query == f"metadata['order_id']:'{intent['metadata']['order_id']}'"
        ]
        return 200, {"object": "search_result", "data": found, "has_more": False}

    def _create(self, data: dict[str, str]) -> Answer:
        if int(data["amount"]) < 50:
            return _error(400, "invalid_request_error", "amount_too_small", param="amount")
        intent: dict[str, Any] = {
            "id": f"pi_{len(self.intents) + 1}",
            "object": "payment_intent",
            "amount": int(data["amount"]),
            "currency": data["currency"],
            "status": "requires_payment_method",
            "metadata": {"order_id": data["metadata[order_id]"]},
            "payment_method_types": ["card"],
            "last_payment_error": None,
            "latest_charge": None,
            "cancellation_reason": None,
            "next_action": None,
        }
        self.intents[intent["id"]] = intent
        return 200, intent

    def _confirm(self, intent: dict[str, Any], data: dict[str, str]) -> Answer:
        card = data["payment_method"]
        if intent["status"] not in ("requires_payment_method", "requires_confirmation"):
            return _error(400, "invalid_request_error", "payment_intent_unexpected_state", payment_intent=intent)
        if card not in _CARDS:
            return _error(400, "invalid_request_error", "resource_missing", param="payment_method")
        if card in _DECLINES:
            code, decline_code = _DECLINES[card]
            intent["last_payment_error"] = {"type": "card_error", "code": code, "decline_code": decline_code}
            return _error(402, "card_error", code, decline_code=decline_code, payment_intent=intent)
        if card == "pm_card_authenticationRequired":
            intent |= {"status": "requires_action", "next_action": {"type": "use_stripe_sdk"}}
        elif card == "pm_card_processing":
            intent["status"] = "processing"
        else:
            self.succeed(intent)
        return 200, intent

    def succeed(self, intent: dict[str, Any]) -> None:
        """Take the money of an intent."""
        charge = {"id": f"ch_{len(self.charges) + 1}", "object": "charge", "payment_intent": intent["id"]}
        charge |= {"amount": intent["amount"], "amount_refunded": 0, "refunded": False, "paid": True}
        self.charges.append(charge)
        intent |= {"status": "succeeded", "latest_charge": charge["id"]}

    def _cancel(self, intent: dict[str, Any], data: dict[str, str]) -> Answer:
        if intent["status"] not in _CANCELABLE:
            return _error(400, "invalid_request_error", "payment_intent_unexpected_state", payment_intent=intent)
        intent |= {"status": "canceled", "cancellation_reason": data["cancellation_reason"], "next_action": None}
        return 200, intent

    def _refund(self, data: dict[str, str]) -> Answer:
        (of,) = data.keys() & {"charge", "payment_intent"}
        charge = next(charge for charge in self.charges[::-1] if data[of] in (charge["id"], charge["payment_intent"]))
        if charge["refunded"]:
            return _error(400, "invalid_request_error", "charge_already_refunded")
        amount, refunded = int(data["amount"]), charge["amount_refunded"]
        if amount > charge["amount"] - refunded:
            return _error(400, "invalid_request_error", param="amount")
        charge |= {"amount_refunded": refunded + amount, "refunded": refunded + amount == charge["amount"]}
        refund = {"id": f"re_{len(self.refunds) + 1}", "object": "refund", "amount": amount, "charge": charge["id"]}
        refund |= {"payment_intent": charge["payment_intent"], "status": "succeeded"}
        refund["metadata"] = {"refund_key": data["metadata[refund_key]"], "order_id": data["metadata[order_id]"]}
        self.refunds.append(refund)
        return 200, refund

    def undo_refund(self) -> None:
        """Let the newest refund fail at the bank, which leaves the money where it was."""
        refund = self.refunds[-1]
        refund["status"] = "failed"
        charge = next(charge for charge in self.charges if charge["id"] == refund["charge"])
        charge |= {"amount_refunded": charge["amount_refunded"] - refund["amount"], "refunded": False}


def _listed(objects: list[dict[str, Any]], query: str) -> dict[str, Any]:
    """The objects whose fields have the values of a query, newest first."""
    wanted = {name: value for name, value in parse_qsl(query) if name != "limit"}
    found = [thing for thing in objects if all(thing[name] == value for name, value in wanted.items())]
    return {"object": "list", "data": found[::-1], "has_more": False}


def _error(status: int, kind: str, code: str | None = None, **further: object) -> Answer:
    error = {"type": kind, "code": code, "message": "Something to read.", **further}
    return status, {"error": {name: value for name, value in error.items() if value is not None}}


def _response(answer: Answer, *, replayed: bool = False) -> httpx.Response:
    headers = {"Idempotent-Replayed": "true"} if replayed else {}
    return httpx.Response(answer[0], json=answer[1], headers=headers)
