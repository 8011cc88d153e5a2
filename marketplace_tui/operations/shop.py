"""The operations of shoppers: buying, waiting for the payment, buying again, and finding what was meant."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, suppress

from marketplace_tui.operations.finding import whole_id
from services_stub.client.errors import (
    Conflict,
    MarketplaceError,
    OutcomeUnknown,
    RateLimited,
    RequestRefused,
    SignInAgain,
    TryLater,
    Unreachable,
)
from services_stub.client.marketplace import MarketplaceClient
from services_stub.client.stream import Gap
from services_stub.contracts.base import Body
from services_stub.contracts.events.order import OrderItem, OrderStatus
from services_stub.contracts.http.cart import Cart, CartLine
from services_stub.contracts.http.notification import Inbox
from services_stub.contracts.http.order import Order
from services_stub.contracts.http.page import LARGEST_PAGE, Page
from services_stub.contracts.http.product import Product
from services_stub.contracts.problem import problem

_LOOK_AGAIN = 2.0
"""Seconds after which an order is read again, should the live stream have missed its event."""


class LeftOut(Body, frozen=True, kw_only=True):
    """An item of an order that could not be put into the cart again, and the reason in words."""

    item: OrderItem
    reason: str


class Reordered(Body, frozen=True, kw_only=True):
    """The cart after the items of an order were put into it again, and those that could not be."""

    cart: Cart
    left_out: list[LeftOut]


async def find_product(client: MarketplaceClient, text: str) -> str:
    """The id of a product that can be bought, by its id or the end of it."""

    async def page(cursor: str) -> Page[Product]:
        return await client.products.list(cursor=cursor, limit=LARGEST_PAGE)

    return await whole_id(text, "product", page, lambda product: product.product_id)


async def find_line(client: MarketplaceClient, text: str) -> str:
    """The id of a product in the cart, by its id or the end of it."""

    async def page(_cursor: str) -> Page[CartLine]:
        return Page(items=(await client.cart.read()).lines)

    return await whole_id(text, "line", page, lambda line: line.product_id)


async def find_order(client: MarketplaceClient, text: str) -> str:
    """The id of an order that the account may see, by its id or the end of it."""
    user = client.session.user
    role = user.role if user else "user"

    async def page(cursor: str) -> Page[Order]:
        match role:
            case "seller":
                return await client.seller.orders(cursor=cursor, limit=LARGEST_PAGE)
            case "admin":
                return await client.admin.orders(cursor=cursor, limit=LARGEST_PAGE)
        return await client.orders.list(cursor=cursor, limit=LARGEST_PAGE)

    return await whole_id(text, "order", page, lambda order: order.order_id)


async def find_message(client: MarketplaceClient, text: str) -> str:
    """The id of a message in the inbox, by its id or the end of it."""

    async def page(cursor: str) -> Inbox:
        return await client.notifications.list(cursor=cursor, limit=LARGEST_PAGE)

    return await whole_id(text, "message", page, lambda message: message.notification_id)


async def cart_to_buy(client: MarketplaceClient) -> Cart:
    """The cart, which has something in it.

    Raises:
        Conflict: it is empty.

    """
    cart = await client.cart.read()
    if not cart.lines:
        raise Conflict(problem(409, "cart-empty", "there is nothing in the cart to buy"))
    return cart


async def until_settled(client: MarketplaceClient, order_id: str, *, seconds: float) -> Order:
    """The order as soon as it is not PENDING any more, or as it is after so many seconds.

    Raises:
        MarketplaceError: it could not be read; that it is away for a while is borne until the time is over.

    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    heard = asyncio.Event()
    listener = asyncio.create_task(_listen(client, order_id, heard))
    try:
        while True:
            heard.clear()
            left = deadline - loop.time()
            try:
                order = await client.orders.read(order_id)
            except (Unreachable, OutcomeUnknown, TryLater):
                if left <= 0:
                    raise
            else:
                if order.status is not OrderStatus.PENDING or left <= 0:
                    return order
            with suppress(TimeoutError):
                await asyncio.wait_for(heard.wait(), max(0.0, min(left, _LOOK_AGAIN)))
    finally:
        listener.cancel()
        await asyncio.wait([listener])


async def buy_again(client: MarketplaceClient, order_id: str) -> Reordered:
    """Put the items of an order into the cart once more; those that cannot be had are named."""
    order = await client.orders.read(order_id)
    left_out: list[LeftOut] = []
    for item in order.items:
        try:
            await client.cart.add(item.product_id, item.quantity)
        except (SignInAgain, RateLimited):
            raise
        except RequestRefused as error:
            left_out.append(LeftOut(item=item, reason=str(error)))
    return Reordered(cart=await client.cart.read(), left_out=left_out)


async def _listen(client: MarketplaceClient, order_id: str, heard: asyncio.Event) -> None:
    with suppress(MarketplaceError):  # without the stream, the order is read from time to time all the same
        async with aclosing(client.stream()) as stream:
            async for item in stream:
                if isinstance(item, Gap) or getattr(item.event, "order_id", "") == order_id:
                    heard.set()
