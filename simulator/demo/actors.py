"""The people of the walkthrough: each has a client of their own, and sees the effects of events through it."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import Literal

from services_stub.client import MarketplaceClient, MarketplaceError
from services_stub.contracts.events import OrderStatus
from services_stub.contracts.http.order import Order
from services_stub.contracts.http.product import Product
from simulator.demo.steps import Action, Unexpected, expect, until

_PASSWORD = "only-for-the-demo"


class Actor:
    """A person with a client of their own; a guest until they join or log in."""

    def __init__(self, client: MarketplaceClient) -> None:
        self.client = client

    @property
    def email(self) -> str:
        """The address they registered with."""
        user = self.client.session.user
        return user.email if user else ""

    async def join(self, name: str, role: Literal["user", "seller"]) -> str:
        """Register and log in."""
        email = f"{name}@demo.example"
        registered = await self.client.auth.register(email, _PASSWORD, role=role, name=name.capitalize())
        signed_in = await self.client.auth.login(email, _PASSWORD)
        expect(
            (signed_in.user_id, signed_in.role) == (registered.user_id, role),
            f"registered {registered}, signed in {signed_in}",
        )
        return f"signed in as a {signed_in.role}"

    async def log_in_as(self, other: Actor) -> None:
        """Log in with the account of `other`, as the same person does on another device."""
        await self.client.auth.login(other.email, _PASSWORD)

    async def buy(self, card: str, *ends: OrderStatus) -> Order:
        """Order the content of the cart, and wait until the order has come to one of `ends`."""
        placed = await self.client.orders.place(card)
        return await self.sees(placed.order_id, *ends)

    async def sees(self, order_id: str, *ends: OrderStatus) -> Order:
        """The own order, once it is no longer pending; it must have come to one of `ends`."""
        order = await until(
            lambda: self.client.orders.read(order_id),
            lambda seen: seen.status != OrderStatus.PENDING,
            what=f"the order becomes {' or '.join(ends)}",
        )
        expect(order.status in ends, f"the order became {order.status} ({order.reason}) instead of {' or '.join(ends)}")
        return order

    async def sees_stock(self, product: Product, quantity: int) -> None:
        """The shop shows that `quantity` of a product can be bought."""
        await until(
            lambda: self.client.products.read(product.product_id),
            lambda seen: seen.quantity == quantity,
            what=f"the stock of {product.name} becomes {quantity}",
        )

    async def is_told(self, order: Order, *templates: str) -> None:
        """The inbox has exactly these messages about an order."""

        async def told() -> list[str]:
            inbox = await self.client.notifications.list(limit=100)
            return sorted(message.template for message in inbox.items if message.about == order.order_id)

        messages = await until(told, lambda seen: len(seen) >= len(templates), what=f"the messages {templates}")
        expect(messages == sorted(templates), f"the messages about the order are {messages}")


class Actors:
    """Brings people in; their connections are closed when `exits` is."""

    def __init__(self, gateway: str, exits: AsyncExitStack) -> None:
        self._gateway, self._exits = gateway, exits

    async def enter(self) -> Actor:
        """A new person."""
        return Actor(await self._exits.enter_async_context(MarketplaceClient(self._gateway)))


def answered(act: Action) -> Action:
    """`act`, where an unexpected error of the marketplace is its outcome."""

    async def acting() -> str:
        try:
            return await act()
        except MarketplaceError as error:
            raise Unexpected(f"{type(error).__name__}: {error}") from error

    return acting
