"""Puts the first page of a shop together: found products, categories, the own cart, unread messages."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from urllib.parse import urlencode

from services_stub.contracts.http.cart import Cart
from services_stub.contracts.http.gateway import CartSummary, Storefront
from services_stub.contracts.http.notification import Inbox
from services_stub.contracts.http.product import CategoryCount
from services_stub.contracts.http.search import SearchPage
from services_stub.gateway.gathering import Gathering
from services_stub.runtime.errors import Unavailable


async def storefront(gathering: Gathering, query: Mapping[str, str], *, signed_in: bool, has_cart: bool) -> Storefront:
    """The storefront with the products that search finds for `query`.

    Raises:
        Refused: search or cart cannot read their input.
        Unavailable: no part is there.
    """
    path = f"/api/search?{urlencode(query)}" if query else "/api/search"
    search, categories, cart, inbox = await asyncio.gather(
        gathering.part("search", path, SearchPage),
        gathering.part("product", "/api/categories", list[CategoryCount], name="categories"),
        _nothing() if not has_cart else gathering.part("cart", "/api/cart/public", Cart),
        _nothing()
        if not signed_in
        else gathering.part("notification", "/api/notifications?limit=1", Inbox, name="unread"),
    )
    if all(part is None for part in (search, categories, cart, inbox)):
        raise Unavailable("storefront: no part of it is there")
    return Storefront(
        search=search,
        categories=categories,
        cart=None if cart is None else _summary(cart),
        unread=None if inbox is None else inbox.unread,
        missing=gathering.missing,
    )


def _summary(cart: Cart) -> CartSummary:
    units = sum(line.quantity for line in cart.lines)
    return CartSummary(lines=len(cart.lines), units=units, amount=cart.amount, currency=cart.currency)


async def _nothing() -> None:
    """Stands for a part that was not asked for."""
