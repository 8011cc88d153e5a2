"""A marketplace in memory in which a shopper buys: orders that are paid or declined, messages, preferences."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from re import Match
from typing import Any

import httpx
import msgspec

from services_stub.contracts.events.order import OrderItem, OrderPart, OrderStatus, OrderUpdated
from services_stub.contracts.http.auth import Tokens
from services_stub.contracts.http.gateway import OrderTimeline, TimelineEntry, TimelineKind
from services_stub.contracts.http.notification import ChangePreferences, Inbox, Notification, Preferences
from services_stub.contracts.http.order import EndParts, Order, OrderChange, PlaceOrder
from services_stub.contracts.http.payment import Payment, PaymentStatus
from services_stub.contracts.problem import FieldError, problem
from services_stub.contracts.times import rfc3339
from tests.tui.data import PRODUCTS, CartOfTests, shop
from tests.tui.fake_marketplace import FakeMarketplace, Refused, page_of, user_of
from tests.tui.running import NOW
from tests.tui.values import DECLINED, METHODS, order, payment, product

S = OrderStatus


@dataclass
class Shopping:
    """The state behind the fake: what was ordered, told and preferred. `refuse` is the problem of the next order."""

    orders: list[Order] = field(default_factory=list)
    messages: list[Notification] = field(default_factory=list)
    payments: dict[str, Payment] = field(default_factory=dict)
    placed_with: list[tuple[str, str, Decimal | None]] = field(default_factory=list)
    refuse: Exception | None = None
    preferences: Preferences = field(
        default_factory=lambda: Preferences(
            email="ana@example.org",
            bouncing=False,
            phone="",
            delivery=["email"],
            sales=[],
            stock=[],
            always_by_email=["account", "orders"],
        )
    )

    def __post_init__(self) -> None:
        """Answer by this state."""
        self.fake = shop()
        self.cart = CartOfTests(PRODUCTS)
        self.cart.answer(self.fake)
        on = self.fake.on
        on("GET", "/product-service/api/products/(.+)", lambda _request, match: product(match[1]))
        on("GET", "/payment-service/api/payment-methods", METHODS)
        on("GET", "/payment-service/api/payments/(.+)", lambda _request, match: self.payments[match[1]])
        on("GET", "/order-service/api/orders", self._list)
        on("POST", "/order-service/api/orders", lambda request, _match: self._place(request))
        on("GET", "/order-service/api/orders/([^/]+)", lambda _request, match: self.order(match[1]))
        on("GET", "/api/orders/(.+)/timeline", lambda _request, match: self.timeline(match[1]))
        on("POST", "/order-service/api/orders/([^/]+)/(cancel|refund|ship|deliver)", self._change)
        on("GET", "/notification-service/api/notifications", self._inbox)
        on("POST", "/notification-service/api/notifications/(.+)/read", lambda _request, match: self._read(match[1]))
        on("POST", "/notification-service/api/notifications/read-all", lambda _request, _match: self._read_all())
        on("GET", "/notification-service/api/preferences", lambda _request, _match: self.preferences)
        on("PUT", "/notification-service/api/preferences", lambda request, _match: self._prefer(request))
        on("POST", "/auth-service/api/auth/login", lambda _request, _match: tokens())
        on("POST", "/auth-service/api/auth/logout", None)
        on("POST", "/cart-service/api/cart/merge", lambda _request, _match: self.cart.cart())

    def order(self, order_id: str) -> Order:
        """One order."""
        return next(one for one in self.orders if one.order_id == order_id)

    def timeline(self, order_id: str) -> OrderTimeline:
        """All that happened to one order."""
        of = self.order(order_id)
        entries = [
            TimelineEntry(at=one.at, kind=TimelineKind.ORDER, what=one.status, text=one.reason, seller_id=one.seller_id)
            for one in of.history
        ]
        paid = self.payments.get(order_id)
        if paid is not None:
            entries.append(
                TimelineEntry(
                    at=paid.updated_at,
                    kind=TimelineKind.PAYMENT,
                    what=paid.status,
                    text=paid.reason,
                    amount=paid.amount,
                )
            )
        entries += [
            TimelineEntry(at=one.created_at, kind=TimelineKind.NOTIFICATION, what=one.template, text=one.subject)
            for one in self.messages
            if one.about == order_id
        ]
        return OrderTimeline(order=of, payment=paid, entries=sorted(entries, key=lambda one: one.at), missing=[])

    def move(self, order_id: str, status: OrderStatus, reason: str = "") -> Order:
        """Bring an order to a status, with its payment, and tell the live streams."""
        before = self.order(order_id)
        change = OrderChange(status=status, reason=reason, at=rfc3339(NOW))
        after = msgspec.structs.replace(
            before,
            status=status,
            reason=reason,
            updated_at=change.at,
            parts=[msgspec.structs.replace(part, status=status) for part in before.parts],
            history=[*before.history, change],
        )
        self.orders[self.orders.index(before)] = after
        if status in (S.PAID, S.FAILED):
            charged = PaymentStatus.CHARGED if status is S.PAID else PaymentStatus.FAILED
            self.payments[order_id] = payment(after, charged, "card_declined" if status is S.FAILED else "")
        self.fake.publish(
            OrderUpdated(
                order_id=order_id,
                user_id=after.user_id,
                status=status,
                previous_status=before.status,
                reason=reason,
                amount=after.amount,
                items=after.items,
                parts=after.parts,
            )
        )
        return after

    def settle(self) -> Order:
        """Pay the newest order, or decline its card."""
        newest = self.orders[0]
        declined = newest.payment_method == DECLINED
        return self.move(newest.order_id, S.FAILED if declined else S.PAID, "payment-failed" if declined else "paid")

    def _list(self, request: httpx.Request, _match: Match[str]) -> Any:
        status = request.url.params.get("status", "")
        return page_of([one for one in self.orders if status in ("", one.status)])

    def _place(self, request: httpx.Request) -> Order:
        body = msgspec.json.decode(request.content, type=PlaceOrder)
        amount = body.expected_amount if isinstance(body.expected_amount, Decimal) else None
        self.placed_with.append((request.headers["idempotency-key"], body.payment_method, amount))
        if self.refuse is not None:
            refusal, self.refuse = self.refuse, None
            raise refusal
        cart = self.cart.cart()
        items = [
            OrderItem(
                product_id=line.product_id,
                seller_id=line.seller_id,
                name=line.name,
                quantity=line.quantity,
                unit_price=line.unit_price,
            )
            for line in cart.lines
        ]
        placed = msgspec.structs.replace(
            order(len(self.orders) + 1, S.PENDING, placed=0.0, card=body.payment_method),
            items=items,
            amount=cart.amount,
            parts=[OrderPart(seller_id="s-mara", status=S.PENDING, amount=cart.amount)],
        )
        self.cart.quantities.clear()
        self.orders.insert(0, placed)
        return placed

    def _change(self, request: httpx.Request, match: Match[str]) -> Order:
        if match[2] == "cancel" and msgspec.json.decode(request.content, type=EndParts).reason == "too late":
            raise Refused(problem(409, "order-not-cancellable", "it is shipped"))
        statuses = {"cancel": S.CANCELLED, "refund": S.REFUNDING, "ship": S.SHIPPED, "deliver": S.DELIVERED}
        return self.move(match[1], statuses[match[2]], "cancelled-by-shopper" if match[2] == "cancel" else "")

    def _inbox(self, request: httpx.Request, _match: Match[str]) -> Inbox:
        unread = [one for one in self.messages if not one.read]
        items = unread if request.url.params.get("unread") == "true" else self.messages
        return Inbox(items=items, unread=len(unread))

    def _read(self, notification_id: str) -> Notification:
        index = next(i for i, one in enumerate(self.messages) if one.notification_id == notification_id)
        self.messages[index] = msgspec.structs.replace(self.messages[index], read=True)
        return self.messages[index]

    def _read_all(self) -> Inbox:
        self.messages = [msgspec.structs.replace(one, read=True) for one in self.messages]
        return Inbox(items=self.messages, unread=0)

    def _prefer(self, request: httpx.Request) -> Preferences:
        body = msgspec.json.decode(request.content, type=ChangePreferences)
        if body.phone == "+15550199":
            taken = [FieldError(field="phone", message="this number takes no messages")]
            raise Refused(problem(400, "invalid-input", "", errors=taken))
        self.preferences = msgspec.structs.replace(
            self.preferences, phone=body.phone, delivery=body.delivery, sales=body.sales, stock=body.stock
        )
        return self.preferences


def tokens() -> Tokens:
    """The tokens of the shopper."""
    return Tokens(access_token="access", refresh_token="refresh", expires_in=900, user=user_of("user"))


def away(fake: FakeMarketplace) -> FakeMarketplace:
    """The marketplace cannot be reached."""
    fake.away = True
    return fake
