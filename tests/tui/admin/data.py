"""A marketplace as its admin sees it: accounts, products, orders, payments, numbers, processes, faults."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import msgspec

from services_stub.contracts.control import KafkaState, ProcessState, ServiceState, State, Status
from services_stub.contracts.events.order import OrderItem, OrderPart, OrderStatus
from services_stub.contracts.events.product import ProductStatus
from services_stub.contracts.http.analytics import (
    FailureCount,
    Funnel,
    Refunds,
    Revenue,
    SellerCounts,
    Series,
    SeriesPoint,
    Summary,
)
from services_stub.contracts.http.auth import User
from services_stub.contracts.http.dead_letters import DeadLetter
from services_stub.contracts.http.gateway import Health, ServiceHealth, TopicProgress
from services_stub.contracts.http.order import Order
from services_stub.contracts.http.payment import Payment, PaymentStatus, Refund
from services_stub.contracts.http.product import Product
from services_stub.contracts.times import rfc3339
from tests.tui.running import NOW

DAY_AGO = rfc3339(NOW - timedelta(days=1))
MINUTES_AGO = rfc3339(NOW - timedelta(minutes=4))


def user(user_id: str, name: str, role: str, *, blocked: bool = False) -> User:
    """An account."""
    return msgspec.convert(
        {
            "userId": user_id,
            "email": f"{user_id}@example.org",
            "role": role,
            "name": name,
            "phone": "",
            "blocked": blocked,
            "blockedReason": "sold copies" if blocked else "",
            "createdAt": DAY_AGO,
        },
        type=User,
    )


USERS = [
    user("u-ana", "Ana", "user"),
    user("s-mara", "Mara's pots", "seller"),
    user("s-fake", "Fake Rolexes [b]", "seller", blocked=True),
    user("a-root", "root", "admin"),
]


def product(product_id: str, name: str, price: str, status: ProductStatus = ProductStatus.ACTIVE) -> Product:
    """A product of Mara's."""
    return Product(
        product_id=product_id,
        seller_id="s-mara",
        name=name,
        category="Kitchen",
        description="Thrown by hand, 16 cm, dishwasher safe.",
        price=Decimal(price),
        currency="USD",
        quantity=10,
        status=status,
        version=3,
        created_at=DAY_AGO,
        reserved=2,
    )


PRODUCTS = [
    product("p-1", "Stoneware bowl", "18.50"),
    product("p-2", "Teapot", "47.00", ProductStatus.BLOCKED),
    product("p-3", "Watch", "1249.00", ProductStatus.DISABLED),
]


def order(order_id: str, status: OrderStatus, *, sellers: int = 1) -> Order:
    """An order of Ana's, one bowl of each seller."""
    items = [
        OrderItem(
            product_id="p-1", seller_id=f"s-{number}", name="Stoneware bowl", quantity=2, unit_price=Decimal("18.50")
        )
        for number in range(sellers)
    ]
    parts = [OrderPart(seller_id=item.seller_id, status=status, amount=Decimal(37)) for item in items]
    return Order(
        order_id=order_id,
        user_id="u-ana",
        status=status,
        reason="paid" if status is OrderStatus.PAID else "",
        items=items,
        amount=Decimal(37 * sellers),
        currency="USD",
        payment_method="pm_card_visa",
        created_at=MINUTES_AGO,
        updated_at=MINUTES_AGO,
        parts=parts,
    )


ORDERS = [
    order("o-1", OrderStatus.PAID, sellers=2),
    order("o-2", OrderStatus.PENDING),
    order("o-3", OrderStatus.SHIPPED),
    order("o-4", OrderStatus.FAILED),
]


def payment(number: int, status: PaymentStatus, **more: object) -> Payment:
    """The payment of an order."""
    return msgspec.structs.replace(
        Payment(
            payment_id=f"pay-{number}",
            order_id=f"o-{number}",
            user_id="u-ana",
            status=status,
            reason="",
            amount=Decimal(74),
            currency="USD",
            payment_method="pm_card_visa",
            created_at=MINUTES_AGO,
            updated_at=MINUTES_AGO,
        ),
        **more,
    )


_REFUND = Refund(seller_id="s-1", amount=Decimal(37), reason="broken", refunded=True, updated_at=MINUTES_AGO)
PAYMENTS = [
    payment(1, PaymentStatus.CHARGED, refunds=[_REFUND]),
    payment(4, PaymentStatus.FAILED, reason="card_declined"),
]

DEAD_LETTERS = [
    DeadLetter(
        dead_letter_id=f"{topic}.dlq[0]@{number}",
        topic=topic,
        partition=4,
        offset=17 + number,
        group=group,
        error="the value is not JSON: unexpected end of data",
        attempt=1,
        at=MINUTES_AGO,
        key="o-1",
        size=120,
        event_id="e-1",
        correlation_id="o-1",
        incomplete="the value was cut" if number == 2 else "",
    )
    for number, (topic, group) in enumerate(
        [("order-created", "payment"), ("order-created", "seller"), ("payment-failed", "order")]
    )
]

SUMMARY = Summary(
    users={"user": 1204, "seller": 12, "admin": 1},
    sellers=SellerCounts(active=11, blocked=1),
    products={"ACTIVE": 54, "BLOCKED": 2},
    orders={"PAID": 90, "DELIVERED": 6, "FAILED": 3, "PENDING": 1},
    revenue=Revenue(currency="USD", charged=Decimal("48301.00"), refunded=Decimal("100.00"), net=Decimal("48201.00")),
    failed_payments=[FailureCount(reason="card_declined", payments=3)],
    refunds=Refunds(count=2, amount=Decimal("100.00")),
    funnel=Funnel(viewed=1204, added=412, placed=268, charged=257),
    top_products=[],
    top_sellers=[],
    top_categories=[],
    progress=[],
)
NOTHING = Summary(
    users={},
    sellers=SellerCounts(active=0, blocked=0),
    products={},
    orders={},
    revenue=Revenue(currency="USD", charged=Decimal(0), refunded=Decimal(0), net=Decimal(0)),
    failed_payments=[],
    refunds=Refunds(count=0, amount=Decimal(0)),
    funnel=Funnel(viewed=0, added=0, placed=0, charged=0),
    top_products=[],
    top_sellers=[],
    top_categories=[],
    progress=[],
)


def series(step_seconds: int, most: int = 24) -> Series:
    """A series that rises and falls again."""
    points = [
        SeriesPoint(
            start=DAY_AGO,
            users=0,
            viewed=0,
            added=0,
            placed=(placed := most - abs(30 - number) * most // 30),
            ordered=Decimal(0),
            charged=placed * 3 // 4,
            revenue=Decimal(placed * 20),
            failed=placed // 8,
            refunds=0,
            refunded=Decimal(0),
        )
        for number in range(60)
    ]
    return Series(step_seconds=step_seconds, kept_seconds=step_seconds * 60, points=points, progress=[])


def topic(name: str, lag: int = 0, seconds: float = 0.0) -> TopicProgress:
    """How far a service has read in a topic."""
    return TopicProgress(topic=name, newest_event_time=MINUTES_AGO, lag_records=lag, staleness_seconds=seconds)


HEALTH = Health(
    ready=False,
    services=[
        ServiceHealth(name="auth", ready=True, requests=120, p99_ms=3.2),
        ServiceHealth(
            name="order",
            ready=True,
            requests=12345,
            p99_ms=84.6,
            topics=[topic("payment-success", 41, 7.2), topic("stock-low")],
        ),
        ServiceHealth(name="payment", ready=False, p99_ms=10_000.0, detail="does not answer"),
        ServiceHealth(
            name="search", ready=True, requests=7, topics=[topic(f"topic-{number}", number) for number in range(6)]
        ),
    ],
)
WELL = Health(ready=True, services=[ServiceHealth(name="auth", ready=True, requests=1, topics=[topic("user-created")])])

STATUS = Status(
    gateway="http://marketplace.test",
    kafka=KafkaState(mode="embedded", bootstrap_servers="127.0.0.1:9092"),
    cart_store="valkey://127.0.0.1:6379/0",
    data_dir="/nowhere",
    services=[
        ServiceState(name=name, pid=100 + number, port=1, ready=True, restarts=number % 2, paused=name == "search")
        for number, name in enumerate(("auth", "order", "payment", "search"))
    ],
    infrastructure=[
        ProcessState(name="kafka", pid=200, restarts=0, paused=False),
        ProcessState(name="valkey", pid=0, restarts=3, paused=False),
    ],
    phase="running",
    started_at=DAY_AGO,
    supervisor_pid=1,
    launcher_pid=2,
    seed=42,
)
STATE = State(
    **msgspec.structs.asdict(STATUS),
    control_url="http://127.0.0.1:1",
    control_token="token",
    internal_token="token",
    users=[],
)
