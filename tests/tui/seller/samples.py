"""Single products, sales and notices of a seller."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from services_stub.contracts.events.order import OrderStatus
from services_stub.contracts.events.product import ProductStatus
from services_stub.contracts.http.product import Product
from services_stub.contracts.http.seller import Sale, SoldItem, StockNotice
from services_stub.contracts.times import rfc3339
from tests.tui.running import NOW

SELLER = "s-mara"


def product(
    number: int, name: str, price: str, quantity: int, status: ProductStatus = ProductStatus.ACTIVE, reserved: int = 0
) -> Product:
    """An own product."""
    return Product(
        product_id=f"p-{number}",
        seller_id=SELLER,
        name=name,
        category="Kitchen",
        description=f"{name}, made by hand.",
        price=Decimal(price),
        currency="USD",
        quantity=quantity,
        status=status,
        version=1,
        created_at="2026-02-01T10:00:00Z",
        reserved=reserved,
    )


def sale(number: int, status: OrderStatus, name: str, amount: str, minutes: int, units: int = 1) -> Sale:
    """A sale of one product, placed so many minutes ago."""
    placed = rfc3339(NOW - timedelta(minutes=minutes))
    item = SoldItem(product_id="p-1", name=name, units=units, amount=Decimal(amount))
    return Sale(
        order_id=f"o-{number}",
        status=status,
        amount=Decimal(amount),
        units=units,
        placed_at=placed,
        changed_at=placed,
        items=[item],
    )


def notice(number: int, name: str, quantity: int, minutes: int, *, read: bool = False) -> StockNotice:
    """A notice, made so many minutes ago."""
    return StockNotice(
        notice_id=f"n-{number}",
        product_id=f"p-{number}",
        name=name,
        quantity=quantity,
        threshold=3,
        sold_out=not quantity,
        read=read,
        happened_at=rfc3339(NOW - timedelta(minutes=minutes)),
    )
