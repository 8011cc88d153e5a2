"""The checkout: take the lines out of the cart, reserve the stock, place the order, in this order.

The first two steps are idempotent by the order id and have a deadline, and an order is placed only before both
deadlines. So nothing has to be undone for correctness, wherever a checkout ends: lines of no order go back to the cart,
and stock of no order can be bought again. An attempt that is refused does both at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal

from msgspec import UNSET

from services_stub.contracts.envelope import Cause
from services_stub.contracts.events.order import OrderItem
from services_stub.contracts.http.cart import CartLine, Checkout
from services_stub.contracts.http.order import PlaceOrder
from services_stub.contracts.http.product import LineProblem, Reservation
from services_stub.contracts.times import moment_of
from services_stub.order.api.peers import Attempt, CheckoutPeers
from services_stub.order.domain import fingerprint_of, order_id_for, total
from services_stub.order.handlers.placing import Place, Placed, checkout_expired, place, placed_before
from services_stub.runtime.context import Context
from services_stub.runtime.errors import Refused, Unavailable
from services_stub.runtime.identifiers import new_id
from services_stub.runtime.request_hops import belongs_to

CHECKOUT_PEERS = "checkout-peers"


async def check_out(context: Context, user_id: str, key: str, request: PlaceOrder, cause: Cause) -> Placed:
    """Place the order that belongs to the shopper and the idempotency key, or find it placed.

    Raises:
        Refused: the cart is empty, a line cannot be reserved, the amount is not the expected one, or the key was used
            with another request.
        Unavailable: cart, product or the database is away; trying again with the same key is safe.
    """
    peers: CheckoutPeers = context.state[CHECKOUT_PEERS]
    order_id = order_id_for(user_id, key)
    expected = None if request.expected_amount is UNSET else request.expected_amount
    fingerprint = fingerprint_of(request.payment_method, expected)
    before = await context.read(placed_before, order_id, fingerprint)
    if before is not None:
        return Placed(before, replayed=True)
    attempt = Attempt(order_id, new_id(), user_id, Cause(order_id, cause.causation_id, cause.traceparent))
    belongs_to(attempt.cause)
    checkout = await peers.take_cart(attempt)
    try:
        reservation = await peers.reserve(attempt, checkout)
    except (Refused, Unavailable):
        await peers.give_up(attempt, reserved=False)
        raise
    try:
        command = _to_place(attempt, checkout, reservation, request.payment_method, fingerprint)
        _refuse_other_amount(command, expected)
        return await context.write(place, command, attempt.cause)
    except Refused:
        # Not where the database is away: the order may have been written all the same.
        await peers.give_up(attempt, reserved=True)
        raise


def _to_place(
    attempt: Attempt, checkout: Checkout, reservation: Reservation, payment_method: str, fingerprint: str
) -> Place:
    """The order of the reserved lines.

    Raises:
        Refused: the reservation is one for the cart of an earlier attempt, whose lines went back to the cart since.
    """
    items = reservation.lines
    if _units(items) != _units(checkout.lines):
        raise checkout_expired()
    return Place(
        order_id=attempt.order_id,
        user_id=attempt.user_id,
        items=items,
        amount=total((item.quantity, item.unit_price) for item in items),
        currency=checkout.currency,
        payment_method=payment_method,
        fingerprint=fingerprint,
        expires_at=min(moment_of(checkout.expires_at), moment_of(reservation.expires_at)),
    )


def _units(lines: Iterable[CartLine | OrderItem]) -> Counter[str]:
    units: Counter[str] = Counter()
    for line in lines:
        units[line.product_id] += line.quantity
    return units


def _refuse_other_amount(command: Place, expected: Decimal | None) -> None:
    """The shopper was shown another amount than today's prices make; the cart may know these prices already."""
    if expected is None or command.amount == expected:
        return
    lines = [
        LineProblem(product_id=item.product_id, problem="price-changed", new_price=item.unit_price)
        for item in command.items
    ]
    raise Refused(409, "price-changed", f"the order costs {command.amount}", amount=command.amount, lines=lines)
