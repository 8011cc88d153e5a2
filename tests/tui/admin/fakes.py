"""The services and the control API that an admin asks, in memory."""

from __future__ import annotations

import re
import threading
from typing import Any

import httpx
import msgspec

from services_stub.client.control import ControlClient, NotAnswering, UnknownTarget
from services_stub.contracts.control import Action, ActiveFault, Status
from services_stub.contracts.control_faults import Fault
from services_stub.contracts.events.order import OrderStatus
from services_stub.contracts.events.product import ProductStatus
from services_stub.contracts.http.analytics import Series
from services_stub.contracts.http.auth import SellerBlock, User
from services_stub.contracts.http.dead_letters import (
    Content,
    DeadLetterProblem,
    DeadLetterRecord,
    DeadLetterResult,
    DeadLetterResults,
    DeadLetters,
    DeadLetterState,
    Header,
)
from services_stub.contracts.http.order import Order
from services_stub.contracts.http.page import Page
from services_stub.contracts.http.payment import Payment
from services_stub.contracts.http.product import Product
from services_stub.contracts.http.reason import Reason
from services_stub.contracts.problem import problem
from tests.tui.admin.data import (
    DEAD_LETTERS,
    HEALTH,
    NOTHING,
    ORDERS,
    PAYMENTS,
    PRODUCTS,
    STATUS,
    SUMMARY,
    USERS,
    WELL,
    series,
)
from tests.tui.fake_marketplace import FakeMarketplace, Refused


class FakeControl(ControlClient):
    """A control API in memory. `away` does not answer, and `held` holds answers back.

    Topics other than `order-created` are refused.
    """

    def __init__(self) -> None:
        super().__init__("http://127.0.0.1:1", "token")
        self.away = False
        self.held: threading.Event | None = None
        self.acted: list[Action] = []
        self.active: dict[str, ActiveFault] = {}

    def status(self) -> Status:
        """The processes."""
        self._check()
        return STATUS

    def act(self, action: Action) -> None:
        """Note the action."""
        self._check()
        self.acted.append(action)

    def faults(self) -> list[ActiveFault]:
        """The faults in force."""
        self._check()
        return list(self.active.values())

    def apply(self, fault: Fault) -> ActiveFault:
        """Put a fault into force."""
        self._check()
        if getattr(fault, "topic", "order-created") != "order-created":
            raise UnknownTarget(problem(404, "not-found", "there is no such topic of events"))
        self.active[fault.id] = ActiveFault(id=fault.id, fault=fault)
        return self.active[fault.id]

    def clear(self, fault_id: str) -> None:
        """Take it out of force."""
        self._check()
        del self.active[fault_id]

    def _check(self) -> None:
        if self.held is not None:
            self.held.wait()
        if self.away:
            raise NotAnswering("The marketplace does not answer.")


class AdminMarketplace:
    """The services that an admin asks, in memory: blocks and steps change what they answer afterwards."""

    def __init__(self, *, is_empty: bool = False) -> None:
        self.fake = FakeMarketplace()
        self.users = [] if is_empty else [*USERS]
        self.products = [] if is_empty else [*PRODUCTS]
        self.orders = [] if is_empty else [*ORDERS]
        self.payments = [] if is_empty else [*PAYMENTS]
        self.dead_letters = [] if is_empty else [*DEAD_LETTERS]
        self.reasons: list[str] = []
        fake = self.fake
        fake.on("GET", "/auth-service/api/admin/users", self._users)
        fake.on("POST", "/auth-service/api/admin/(un)?block-seller/(.+)", self._block_seller)
        fake.on("GET", "/product-service/api/admin/products", self._products)
        fake.on("POST", "/product-service/api/admin/(un)?block-product/(.+)", self._block_product)
        fake.on("GET", "/order-service/api/admin/orders", self._orders)
        fake.on("POST", "/order-service/api/orders/(.+)/(cancel|refund|ship|deliver)", self._step)
        fake.on("GET", "/payment-service/api/admin/payments", self._payments)
        fake.on("GET", "/api/admin/dead-letters", self._dead_letters)
        fake.on("GET", "/api/admin/dead-letters/([^/]+)", self._dead_letter)
        fake.on("POST", "/api/admin/dead-letters/(send-again|discard)", self._close)
        fake.on("GET", "/analytics-service/api/summary", NOTHING if is_empty else SUMMARY)
        fake.on("GET", "/analytics-service/api/series", self._series if not is_empty else series(60, 0))
        fake.on("GET", "/health/ready", WELL if is_empty else HEALTH)

    def _users(self, request: httpx.Request, _match: object) -> Page[User]:
        text, role = request.url.params.get("q", ""), request.url.params.get("role", "")
        found = [one for one in self.users if role in ("", one.role) and text.casefold() in one.name.casefold()]
        return Page(items=found)

    def _block_seller(self, request: httpx.Request, match: re.Match[str]) -> SellerBlock:
        undone, seller_id = match[1], match[2]
        reason = self._reason(request)
        (index,) = (number for number, one in enumerate(self.users) if one.user_id == seller_id)
        self.users[index] = msgspec.structs.replace(
            self.users[index], blocked=not undone, blocked_reason="" if undone else reason
        )
        return SellerBlock(
            **msgspec.structs.asdict(self.users[index]),
            cancelled_orders=0 if undone else 7,
            cancelled_order_ids=[] if undone else [f"o-{number}" for number in range(7)],
            not_reached=[] if undone else ["order"],
        )

    def _products(self, request: httpx.Request, _match: object) -> Page[Product]:
        text, status = request.url.params.get("q", ""), request.url.params.get("status", "")
        found = [one for one in self.products if status in ("", one.status) and text.casefold() in one.name.casefold()]
        return Page(items=found)

    def _block_product(self, request: httpx.Request, match: re.Match[str]) -> Product:
        undone, product_id = match[1], match[2]
        self._reason(request)
        (index,) = (number for number, one in enumerate(self.products) if one.product_id == product_id)
        status = ProductStatus.ACTIVE if undone else ProductStatus.BLOCKED
        self.products[index] = msgspec.structs.replace(self.products[index], status=status)
        return self.products[index]

    def _orders(self, request: httpx.Request, _match: object) -> Page[Order]:
        status = request.url.params.get("status", "")
        return Page(items=[one for one in self.orders if status in ("", one.status)])

    def _step(self, request: httpx.Request, match: re.Match[str]) -> Order:
        order_id, step = match[1], match[2]
        body = msgspec.json.decode(request.content, type=dict[str, str])
        self.reasons.append(f"{step} {body.get('sellerId', '')} {body.get('reason', '')}".strip())
        (found,) = (one for one in self.orders if one.order_id == order_id)
        return msgspec.structs.replace(found, status=OrderStatus.CANCELLED)

    def _payments(self, request: httpx.Request, _match: object) -> Page[Payment]:
        status = request.url.params.get("status", "")
        return Page(items=[one for one in self.payments if status in ("", one.status)])

    def _dead_letters(self, request: httpx.Request, _match: object) -> DeadLetters:
        asked = {name: request.url.params.get(name, "") for name in ("topic", "group", "state")}
        found = [one for one in self.dead_letters if all(asked[name] in ("", getattr(one, name)) for name in asked)]
        return DeadLetters(items=found, next_cursor=None, matching=len(found), left_out=0)

    def _dead_letter(self, _request: httpx.Request, _match: object) -> DeadLetterRecord:
        value = Content(text='{"orderId": "o-1", [broken', encoding="utf-8")
        header = Header(name="ce_id", value=Content(text="e-1", encoding="utf-8"))
        return DeadLetterRecord(dead_letter=DEAD_LETTERS[0], key=None, value=value, headers=[header])

    def _close(self, request: httpx.Request, match: re.Match[str]) -> DeadLetterResults:
        """One after the other; those that are incomplete cannot be sent again."""
        body = msgspec.json.decode(request.content, type=dict[str, Any])
        self.reasons.append(f"{match[1]} {len(body['deadLetterIds'])} {body['reason']}")
        state = DeadLetterState.SENT_AGAIN if match[1] == "send-again" else DeadLetterState.DISCARDED
        results = []
        for dead_letter_id in body["deadLetterIds"]:
            (index,) = (number for number, one in enumerate(self.dead_letters) if one.dead_letter_id == dead_letter_id)
            is_sent = state is DeadLetterState.SENT_AGAIN
            problem = DeadLetterProblem.INCOMPLETE if is_sent and self.dead_letters[index].incomplete else None
            if problem is None:
                self.dead_letters[index] = msgspec.structs.replace(self.dead_letters[index], state=state)
            results.append(DeadLetterResult(dead_letter_id=dead_letter_id, problem=problem))
        return DeadLetterResults(results=results)

    def _series(self, request: httpx.Request, _match: object) -> Series:
        return series({"second": 1, "minute": 60, "hour": 3600}[request.url.params["resolution"]])

    def _reason(self, request: httpx.Request) -> str:
        reason = msgspec.json.decode(request.content, type=Reason).reason
        if reason == "bad":
            raise Refused(problem(400, "invalid-input", "that is no reason"))
        self.reasons.append(reason)
        return reason
