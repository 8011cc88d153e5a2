"""Checkouts: the order service takes the lines of a cart out for an order, and gives them back where it places none."""

from __future__ import annotations

from datetime import timedelta

from services_stub.cart import domain
from services_stub.cart.handlers.carts import Resources, complete, refusal_of, to_cart_line
from services_stub.cart.store import CartRefusal
from services_stub.contracts.envelope import Cause
from services_stub.contracts.http.cart import Checkout, TakeCart
from services_stub.contracts.times import from_microseconds, rfc3339
from services_stub.runtime import clock


async def take(resources: Resources, command: TakeCart, cause: Cause) -> Checkout:
    """Take the whole cart out; the same lines again for every attempt at the same order.

    Raises:
        Refused: the cart is empty, also because another order has its lines.
        Unavailable: the store is away, or product where the cart does not know a product. Trying again is safe.
    """
    deadline = clock.now() + timedelta(seconds=resources.checkout_seconds)
    taken = await resources.checkouts.take(command.user_id, command.order_id, command.attempt_id, deadline)
    if isinstance(taken, CartRefusal):
        raise refusal_of(taken)
    if not taken.lines:
        # The order is known from its event alone.
        raise refusal_of(CartRefusal.CART_EMPTY)
    lines = await complete(resources, taken.lines, cause)
    return Checkout(
        order_id=command.order_id,
        lines=[to_cart_line(line) for line in lines],
        currency=domain.currency_of(lines),
        expires_at=rfc3339(from_microseconds(taken.deadline)),
    )
