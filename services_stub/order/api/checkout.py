"""The checkout: the lines of the cart, the reservation of the stock, and the order, in this order.

Whatever happens between two of these steps, nothing has to be undone for correctness: a reservation without an order
expires. The cart hears of the order by order-created; a shopper who orders again before it did makes it listen first.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from urllib.parse import quote
from weakref import WeakValueDictionary

import structlog
from msgspec import UNSET

from services_stub.contracts.envelope import Cause
from services_stub.contracts.events.order import OrderItem
from services_stub.contracts.http.cart import Cart, Ordered
from services_stub.contracts.http.order import PlaceOrder
from services_stub.contracts.http.product import LineProblem, Reservation, ReservationLine, Reserve
from services_stub.contracts.times import to_microseconds
from services_stub.order.domain import fingerprint_of, order_id_for, total
from services_stub.order.handlers.placing import LatestOrder, Place, Placed, load_checkout_state, place
from services_stub.runtime.context import Context
from services_stub.runtime.errors import Refused, Unavailable

_CART_REMEMBERS = timedelta(days=1)
"""An order that is older has left the cart long ago; the cart remembers that for longer than this."""

_under_way: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
"""A lock for each order that is being placed: of requests that race with one key the first works, the others read."""


async def check_out(context: Context, user_id: str, key: str, request: PlaceOrder, cause: Cause) -> Placed:
    """Place the order that belongs to the shopper and the idempotency key, or find it placed.

    Raises:
        Refused: the cart is empty, a line cannot be reserved, the amount is not the expected one, or the key was used
            with another request.
        Unavailable: cart, product or the database is away; trying again with the same key is safe.
    """
    order_id = order_id_for(user_id, key)
    expected = None if request.expected_amount is UNSET else request.expected_amount
    fingerprint = fingerprint_of(request.payment_method, expected)
    cause = Cause(order_id, cause.causation_id, cause.traceparent)
    async with _under_way.setdefault(order_id, asyncio.Lock()):
        since = to_microseconds(datetime.now(UTC) - _CART_REMEMBERS)
        found = await context.read(load_checkout_state, order_id, fingerprint, user_id, since)
        if found.before is not None:
            return Placed(found.before, replayed=True)
        cart = await _read_cart(context, user_id, found.latest, cause)
        reservation = await _reserve(context, order_id, cart, cause)
        command = _to_place(reservation, user_id, cart.currency, request.payment_method, fingerprint)
        try:
            if expected is not None and command.amount != expected:
                raise _price_changed(command)
            placed = await context.write(place, command, cause)
        except Refused:
            await _release(context, order_id, cause)
            raise
    return placed


async def _read_cart(context: Context, user_id: str, latest: LatestOrder | None, cause: Cause) -> Cart:
    """What lies in the cart, without what the shopper has ordered just before."""
    path = f"/internal/carts/{quote(user_id, safe='')}"
    try:
        after = f"/after/{latest.order_id}" if latest else ""
        cart = await context.peers.call("cart", "GET", path + after, expect=Cart, cause=cause)
    except Refused as refused:
        if latest is None or refused.problem.code != "order-not-taken-out":
            raise
        # The cart has not read the event of the latest order yet: tell it, or those lines would be ordered again.
        ordered = Ordered(order_id=latest.order_id, items=latest.items)
        await context.peers.call("cart", "POST", f"{path}/ordered", body=ordered, expect=type(None), cause=cause)
        cart = await context.peers.call("cart", "GET", path, expect=Cart, cause=cause)
    if not cart.lines:
        raise Refused(409, "cart-empty", "the cart is empty")
    return cart


async def _reserve(context: Context, order_id: str, cart: Cart, cause: Cause) -> Reservation:
    lines = [
        ReservationLine(product_id=line.product_id, quantity=line.quantity, unit_price=line.unit_price)
        for line in cart.lines
    ]
    body = Reserve(order_id=order_id, lines=lines)
    return await context.peers.call(
        "product", "POST", "/internal/reservations", body=body, expect=Reservation, cause=cause
    )


def _to_place(reservation: Reservation, user_id: str, currency: str, payment_method: str, fingerprint: str) -> Place:
    """The order is what was reserved, which on a second attempt may be less than what lies in the cart by now."""
    items = [
        OrderItem(
            product_id=line.product_id,
            seller_id=line.seller_id,
            name=line.name,
            quantity=line.quantity,
            unit_price=line.unit_price,
        )
        for line in reservation.lines
    ]
    return Place(
        order_id=reservation.order_id,
        user_id=user_id,
        items=items,
        amount=total((item.quantity, item.unit_price) for item in items),
        currency=currency,
        payment_method=payment_method,
        fingerprint=fingerprint,
        expires_at=datetime.fromisoformat(reservation.expires_at),
    )


def _price_changed(command: Place) -> Refused:
    """The shopper was shown another amount than today's prices make; the cart may know these prices already."""
    lines = [
        LineProblem(product_id=item.product_id, problem="price-changed", new_price=item.unit_price)
        for item in command.items
    ]
    return Refused(409, "price-changed", f"the order costs {command.amount}", amount=command.amount, lines=lines)


async def _release(context: Context, order_id: str, cause: Cause) -> None:
    """Give the stock back at once instead of when the reservation expires."""
    path = f"/internal/reservations/{order_id}"
    try:
        await context.peers.call("product", "DELETE", path, expect=type(None), cause=cause)
    except (Refused, Unavailable) as error:
        _log("the reservation will expire", order_id, error)


def _log(message: str, order_id: str, error: Exception) -> None:
    structlog.get_logger().warning(message, service="order", correlation_id=order_id, reason=str(error))
