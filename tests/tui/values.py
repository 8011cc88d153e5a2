"""Orders, payments, messages and products as values, at fixed times before the time of the tests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from services_stub.contracts.events.order import OrderItem, OrderPart, OrderStatus
from services_stub.contracts.events.product import ProductStatus
from services_stub.contracts.http.notification import Notification
from services_stub.contracts.http.order import Order, OrderChange
from services_stub.contracts.http.payment import Payment, PaymentMethod, PaymentStatus
from services_stub.contracts.http.product import Product
from services_stub.contracts.problem import problem
from services_stub.contracts.times import rfc3339
from tests.tui.data import PRODUCTS
from tests.tui.fake_marketplace import Refused
from tests.tui.running import NOW

S = OrderStatus
_REASONS = {S.PENDING: "placed", S.FAILED: "payment-failed"}
DECLINED = "pm_card_chargeDeclined"
METHODS = [
    PaymentMethod(payment_method="pm_card_visa", description="pays"),
    PaymentMethod(payment_method=DECLINED, description="is declined"),
]


def at(seconds: float) -> str:
    """The time so many seconds before the time of the tests."""
    return rfc3339(NOW - timedelta(seconds=seconds))


def order(
    number: int,
    *statuses: OrderStatus,
    sellers: Sequence[str] = ("s-mara",),
    placed: float = 60.0,
    card: str = "pm_card_visa",
) -> Order:
    """An order of two products that came to these statuses, half a second apart."""
    items = [
        OrderItem(
            product_id=one.product_id,
            seller_id=sellers[index % len(sellers)],
            name=one.name,
            quantity=2 - index,
            unit_price=one.price,
        )
        for index, one in enumerate(PRODUCTS[:2])
    ]
    history = [
        OrderChange(status=status, reason=_REASONS.get(status, status.lower()), at=at(placed - 0.5 * step))
        for step, status in enumerate(statuses)
    ]
    amount = sum((item.unit_price * item.quantity for item in items), Decimal(0))
    return Order(
        order_id=f"00000000-0000-7000-8000-00000000000{number}",
        user_id="u-ana",
        status=statuses[-1],
        reason=history[-1].reason,
        items=items,
        amount=amount,
        currency="USD",
        payment_method=card,
        created_at=at(placed),
        updated_at=history[-1].at,
        parts=[
            OrderPart(
                seller_id=seller,
                status=statuses[-1],
                amount=sum((i.unit_price * i.quantity for i in items if i.seller_id == seller), Decimal(0)),
            )
            for seller in sellers
        ],
        history=history,
    )


def payment(of: Order, status: PaymentStatus, reason: str = "") -> Payment:
    """The payment of an order."""
    return Payment(
        payment_id=f"pay-{of.order_id}",
        order_id=of.order_id,
        user_id=of.user_id,
        status=status,
        reason=reason,
        amount=of.amount,
        currency=of.currency,
        payment_method=of.payment_method,
        created_at=of.created_at,
        updated_at=of.updated_at,
    )


def message(number: int, template: str, subject: str, *, about: str = "", read: bool = False) -> Notification:
    """A message that came `number` minutes ago."""
    return Notification(
        notification_id=f"n-{number}",
        channel="email",
        template=template,
        about=about,
        subject=subject,
        text=f"{subject}.\n\n2 × Stoneware bowl\n1 × Salad bowl, oak",
        read=read,
        created_at=at(60.0 * number),
    )


def product(product_id: str) -> Product:
    """A product of the catalogue; refused where there is none."""
    found = next((one for one in PRODUCTS if one.product_id == product_id), None)
    if found is None:
        raise Refused(problem(404, "product-not-found", "there is no such product"))
    return Product(
        product_id=found.product_id,
        seller_id=found.seller_id,
        name=found.name,
        category=found.category,
        description=found.description,
        price=found.price,
        currency=found.currency,
        quantity=found.quantity,
        status=ProductStatus.ACTIVE,
        version=1,
        created_at="2026-01-01T10:00:00Z",
    )
