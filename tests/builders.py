"""Events with defaults, so that a test names only the fields that it is about.

All of them belong together: `u1` orders two lamps of the seller `s1` as the order `o1`, and pays 25.00 USD.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from services_stub.contracts.events.auth import SellerBlocked, SellerUnblocked, UserCreated
from services_stub.contracts.events.order import OrderCreated, OrderItem, OrderPart, OrderStatus, OrderUpdated
from services_stub.contracts.events.payment import PaymentFailed, PaymentRefunded, PaymentSuccess

AMOUNT = Decimal("25.00")


def user_created(user_id: str = "u1", email: str = "jo@example.org", phone: str = "", name: str = "Jo") -> UserCreated:
    return UserCreated(user_id=user_id, email=email, role="user", name=name, phone=phone)


def seller_blocked(seller_id: str = "s1", reason: str = "fraud") -> SellerBlocked:
    return SellerBlocked(seller_id=seller_id, reason=reason)


def seller_unblocked(seller_id: str = "s1", reason: str = "checked") -> SellerUnblocked:
    return SellerUnblocked(seller_id=seller_id, reason=reason)


def order_item(
    product_id: str = "p1", *, seller_id: str = "s1", quantity: int = 2, unit_price: str = "12.50"
) -> OrderItem:
    return OrderItem(
        product_id=product_id, seller_id=seller_id, name="Lamp", quantity=quantity, unit_price=Decimal(unit_price)
    )


def order_created(
    order_id: str = "o1", payment_method: str = "pm_card_visa", *, user_id: str = "u1", amount: Decimal = AMOUNT
) -> OrderCreated:
    return OrderCreated(
        order_id=order_id,
        user_id=user_id,
        items=[order_item()],
        status=OrderStatus.PENDING,
        amount=amount,
        currency="USD",
        payment_method=payment_method,
    )


def order_updated(
    status: OrderStatus,
    order_id: str = "o1",
    *,
    previous_status: OrderStatus = OrderStatus.PENDING,
    reason: str = "",
    items: Sequence[OrderItem] = (),
    parts: Sequence[OrderPart] = (),
    amount: Decimal = AMOUNT,
) -> OrderUpdated:
    return OrderUpdated(
        order_id=order_id,
        user_id="u1",
        status=status,
        previous_status=previous_status,
        reason=reason,
        amount=amount,
        items=list(items) or [order_item()],
        parts=list(parts),
    )


def order_cancelled(order_id: str = "o1") -> OrderUpdated:
    return order_updated(OrderStatus.CANCELLED, order_id, reason="cancelled-by-shopper")


def payment_success(order_id: str = "o1", *, amount: Decimal = AMOUNT, user_id: str = "u1") -> PaymentSuccess:
    return PaymentSuccess(order_id=order_id, payment_id="pay1", amount=amount, user_id=user_id)


def payment_failed(order_id: str = "o1", *, user_id: str = "u1") -> PaymentFailed:
    return PaymentFailed(order_id=order_id, reason="card_declined", user_id=user_id)


def payment_refunded(
    order_id: str = "o1", *, amount: Decimal = AMOUNT, user_id: str = "u1", seller_id: str = ""
) -> PaymentRefunded:
    return PaymentRefunded(
        order_id=order_id,
        payment_id="pay1",
        amount=amount,
        reason="cancelled-by-shopper",
        user_id=user_id,
        seller_id=seller_id,
    )
