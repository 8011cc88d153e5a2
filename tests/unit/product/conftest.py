"""A product service over a database of its own, and the words in which its tests speak."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from services_stub.contracts.events.order import OrderItem, OrderPart, OrderStatus, OrderUpdated
from services_stub.contracts.http.product import CreateProduct, Product, Reservation, ReservationLine, Reserve
from services_stub.contracts.money import money
from services_stub.product.handlers import products, reservations
from services_stub.product.service import SERVICE
from services_stub.product.store.products import find, product_of
from services_stub.product.store.tables import TABLES
from services_stub.runtime.service import Outcome
from tests.databases import each_database as each_database
from tests.fakes import FakeTransaction, handle, received, transaction

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Stock:
    """The handlers of the product service over one transaction."""

    def __init__(self, tx: FakeTransaction) -> None:
        self.tx = tx

    def product(self, quantity: int = 10, price: str = "5.00", *, seller: str = "s1", name: str = "Kettle") -> Product:
        """A new product."""
        body = CreateProduct(name=name, category="Kitchen", price=Decimal(price), quantity=quantity)
        return products.create(self.tx, products.Create(seller, body))

    def look(self, product: Product) -> Product:
        """The product as it is now."""
        row = find(self.tx.connection, product.product_id)
        assert row is not None
        return product_of(row)

    def reserve(self, order_id: str, *lines: tuple[Product, int], price: str = "5.00") -> Reservation:
        """Reserve at `price` each."""
        wanted = [
            ReservationLine(product_id=product.product_id, quantity=quantity, unit_price=money(price))
            for product, quantity in lines
        ]
        return reservations.reserve(self.tx, reservations.ReserveStock(Reserve(order_id=order_id, lines=wanted), 60))

    def order(self, order_id: str, status: OrderStatus, **parts: OrderStatus) -> Outcome | None:
        """Let the service hear of an order, or of its parts by seller."""
        event = OrderUpdated(
            order_id=order_id,
            user_id="u1",
            status=status,
            previous_status=OrderStatus.PENDING,
            reason="test",
            amount=money("5.00"),
            items=[OrderItem(product_id="p", seller_id="s1", name="p", quantity=1, unit_price=money("5.00"))],
            parts=[OrderPart(seller_id=seller, status=part, amount=money("5.00")) for seller, part in parts.items()],
        )
        return handle(SERVICE, self.tx, received(event))

    def levels(self, product: Product) -> tuple[int, int]:
        """The buyable and the reserved units of a product."""
        now = self.look(product)
        return now.quantity, now.reserved


@pytest.fixture
def stock() -> Iterator[Stock]:
    with transaction(TABLES, source="product", now=NOW) as tx:
        yield Stock(tx)
