"""The lists of an admin: everything of a kind, searched and filtered by the marketplace."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar, cast

from marketplace_tui.model.marketplace import Marketplace
from marketplace_tui.model.pages import PAGE, Loaded, Pages
from services_stub.contracts.events.order import OrderStatus
from services_stub.contracts.events.product import ProductStatus
from services_stub.contracts.http.auth import Role, User
from services_stub.contracts.http.dead_letters import DeadLetter, DeadLetterState
from services_stub.contracts.http.order import Order
from services_stub.contracts.http.page import Page
from services_stub.contracts.http.payment import Payment, PaymentStatus
from services_stub.contracts.http.product import Product

Item = TypeVar("Item")


@dataclass(frozen=True)
class Query:
    """The text that is searched for, and the one role or status that is shown; empty for all.

    `topic` and `group` are those of dead letters.
    """

    text: str = ""
    only: str = ""
    topic: str = ""
    group: str = ""


Read: TypeAlias = Callable[[Query, str], Awaitable[Page[Item]]]
"""Reads the page of a query at a cursor."""


class Listing(Generic[Item]):
    """A list of what fits a query. `key_of` is the unique key of an item."""

    def __init__(self, marketplace: Marketplace, read: Read[Item], key_of: Callable[[Item], str]) -> None:
        self.query = Query()
        self.key_of = key_of
        self.pages: Pages[Item] = Pages(self._load_page, marketplace.tasks, marketplace.clock)
        self._ask = marketplace.connection.ask
        self._read = read

    def look_for(self, query: Query) -> None:
        """Look for something else; what was found before stays until the answer is there."""
        if query != self.query:
            self.query = query
            self.pages.begin_anew()

    def item(self, key: str) -> Item | None:
        """An item that was read."""
        return next((item for item in self.pages.items if self.key_of(item) == key), None)

    async def _load_page(self, cursor: str) -> Loaded[Item]:
        page: Page[Item] = await self._ask(self._read(self.query, cursor))
        return Loaded(tuple(page.items), page.next_cursor)


def users_of(marketplace: Marketplace) -> Listing[User]:
    """All accounts, filtered by role."""

    def read(query: Query, cursor: str) -> Awaitable[Page[User]]:
        role = cast("Role", query.only) if query.only else None
        return marketplace.client.admin.users(query.text, role=role, cursor=cursor, limit=PAGE)

    return Listing(marketplace, read, lambda user: user.user_id)


def products_of(marketplace: Marketplace) -> Listing[Product]:
    """All products, filtered by status."""

    def read(query: Query, cursor: str) -> Awaitable[Page[Product]]:
        status = ProductStatus(query.only) if query.only else None
        return marketplace.client.admin.products(query.text, status=status, cursor=cursor, limit=PAGE)

    return Listing(marketplace, read, lambda product: product.product_id)


def orders_of(marketplace: Marketplace) -> Listing[Order]:
    """All orders, newest first, filtered by status."""

    def read(query: Query, cursor: str) -> Awaitable[Page[Order]]:
        status = OrderStatus(query.only) if query.only else None
        return marketplace.client.admin.orders(status=status, cursor=cursor, limit=PAGE)

    return Listing(marketplace, read, lambda order: order.order_id)


def payments_of(marketplace: Marketplace) -> Listing[Payment]:
    """All payments, newest first, filtered by status."""

    def read(query: Query, cursor: str) -> Awaitable[Page[Payment]]:
        status = PaymentStatus(query.only) if query.only else None
        return marketplace.client.admin.payments(status=status, cursor=cursor, limit=PAGE)

    return Listing(marketplace, read, lambda payment: payment.payment_id)


def dead_letters_of(marketplace: Marketplace) -> Listing[DeadLetter]:
    """The dead letters, newest first, filtered by state, topic and group."""

    async def read(query: Query, cursor: str) -> Page[DeadLetter]:
        state = DeadLetterState(query.only) if query.only else None
        found = await marketplace.client.dead_letters.list(
            topic=query.topic, group=query.group, state=state, cursor=cursor, limit=PAGE
        )
        return Page(items=found.items, next_cursor=found.next_cursor)

    return Listing(marketplace, read, lambda one: one.dead_letter_id)
