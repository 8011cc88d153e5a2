"""Sellers and shoppers for tests."""

from __future__ import annotations

from decimal import Decimal

from services_stub.client import MarketplaceClient, NotAllowed
from services_stub.contracts.events.order import OrderStatus
from services_stub.contracts.http.order import Order
from services_stub.contracts.http.product import Product
from services_stub.runtime.identifiers import new_id
from tests.system.marketplace import PASSWORD, Marketplace
from tests.waiting import eventually

GOOD_CARD = "pm_card_visa"
DECLINED_CARD = "pm_card_chargeDeclined"
FINAL = {OrderStatus.PAID, OrderStatus.FAILED, OrderStatus.CANCELLED, OrderStatus.REFUNDED}


async def new_person(marketplace: Marketplace, role: str = "user") -> MarketplaceClient:
    """The client of a person who just registered and logged in."""
    client = marketplace.client()
    email = f"{role}-{new_id()}@example.com"
    if role == "seller":
        await client.auth.register(email, PASSWORD, role="seller")
    else:
        await client.auth.register(email, PASSWORD)
    await client.auth.login(email, PASSWORD)
    return client


async def delete_once_allowed(seller: MarketplaceClient, product_id: str) -> None:
    """Delete a product of a seller who was just unblocked: the gateway and product hear of that by its event."""

    async def is_allowed() -> bool:
        try:
            await seller.seller.delete_product(product_id)
        except NotAllowed:
            return False
        return True

    await eventually(is_allowed, what="the product's deletion")


async def admin(marketplace: Marketplace) -> MarketplaceClient:
    """The client of the admin."""
    client = marketplace.client()
    await client.auth.login(*marketplace.credentials("admin"))
    return client


async def new_product(
    seller: MarketplaceClient, *, quantity: int = 1000, price: str = "9.99", name: str = "Thing"
) -> Product:
    """A new product of the seller."""
    return await seller.seller.create_product(name, category="test", price=Decimal(price), quantity=quantity)


async def settled(client: MarketplaceClient, order_id: str, *, seconds: float = 30.0) -> Order:
    """The order once it is no longer PENDING."""
    return await until_status(client, order_id, *FINAL, seconds=seconds)


async def until_status(
    client: MarketplaceClient, order_id: str, *statuses: OrderStatus, seconds: float = 30.0
) -> Order:
    """The order once it has one of the statuses."""

    async def reached() -> Order | None:
        order = await client.orders.read(order_id)
        return order if order.status in statuses else None

    order = await eventually(reached, seconds=seconds, what=f"the order becomes {' or '.join(statuses)}")
    assert order is not None
    return order


async def buy(client: MarketplaceClient, product_id: str, *, quantity: int = 1, card: str = GOOD_CARD) -> Order:
    """Add to the cart, order, and wait until the order is settled."""
    await client.cart.add(product_id, quantity)
    placed = await client.orders.place(card)
    return await settled(client, placed.order_id)
