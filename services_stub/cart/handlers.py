"""What the cart service does: for a shopper's request, and for what product and order publish.

The cart keeps a copy of each product it has heard of, fed by the product service's events. Only a product that it has
not heard of yet is asked for over HTTP.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import msgspec
import structlog

from services_stub.cart import domain
from services_stub.cart.domain import Line
from services_stub.cart.store import (
    Answer,
    CartRefusal,
    Carts,
    StoreConnection,
    cache_product_call,
    completed,
    ordered_call,
    tombstone_call,
)
from services_stub.contracts.base import Event
from services_stub.contracts.envelope import Cause
from services_stub.contracts.events.order import OrderCreated
from services_stub.contracts.events.product import ProductCreated, ProductDeleted, ProductUpdated
from services_stub.contracts.http import product as wire
from services_stub.contracts.http.cart import MOST_LINES, MOST_PER_LINE, AddToCart, Cart, CartLine, Ordered
from services_stub.contracts.money import ZERO, to_cents
from services_stub.runtime.errors import Refused
from services_stub.runtime.peers import Peers
from services_stub.runtime.service import Outcome
from services_stub.runtime.sql.transaction import Received

_EXACT = 2**53
"""Numbers up to this are exact in the store's scripts."""


class Resources(msgspec.Struct, frozen=True):
    """What requests are served with: the store, and the way to the product service."""

    carts: Carts
    peers: Peers


class CartAccess(msgspec.Struct, frozen=True):
    """Whose cart a request is about, the guest's cart that is merged into it first (or none), and its cause."""

    owner: str
    merging: str
    cause: Cause


async def read(resources: Resources, access: CartAccess) -> Cart:
    """The cart as it is."""
    return await _cart(resources, access, await resources.carts.read(access.owner, access.merging))


async def read_after(resources: Resources, access: CartAccess, order_id: str) -> Cart:
    """The cart without the lines of an order; refused while they are still in it."""
    return await _cart(resources, access, _done(await resources.carts.read_after(access.owner, order_id)))


async def add(resources: Resources, access: CartAccess, command: AddToCart) -> Cart:
    """Put more of a product in; it must be for sale, as far as the cart has heard."""
    product_id = command.product_id
    if not domain.is_identifier(product_id):
        raise _refusal(CartRefusal.NOT_FOR_SALE)
    answer = await resources.carts.add(access.owner, access.merging, product_id, command.quantity)
    if answer is CartRefusal.NOT_CACHED:
        await _fetch(resources, product_id, access.cause)
        answer = await resources.carts.add(access.owner, access.merging, product_id, command.quantity)
    return await _cart(resources, access, _done(answer))


async def change(resources: Resources, access: CartAccess, product_id: str, quantity: int) -> Cart:
    """Set the quantity of a line that is there; 0 takes it out."""
    if quantity == 0:
        return await remove(resources, access, product_id)
    answer = await resources.carts.change(access.owner, access.merging, product_id, quantity)
    return await _cart(resources, access, _done(answer))


async def remove(resources: Resources, access: CartAccess, product_id: str) -> Cart:
    """Take a line out; it is no error if there is none."""
    return await _cart(resources, access, await resources.carts.remove(access.owner, access.merging, product_id))


async def clear(resources: Resources, access: CartAccess) -> Cart:
    """Take everything out."""
    return await _cart(resources, access, await resources.carts.clear(access.owner, access.merging))


async def ordered(resources: Resources, user_id: str, command: Ordered) -> None:
    """The order service says that these lines became an order; its event says so too, and one of both is enough."""
    lines = [(item.product_id, item.quantity) for item in command.items]
    await resources.carts.ordered(user_id, command.order_id, lines)


class EventSink:
    """Applies batches of events to the store, each batch one round trip. Used by the consumer's thread alone."""

    def __init__(self, connection: StoreConnection) -> None:
        self._connection = connection

    def __call__(self, records: Sequence[Received[Event]]) -> list[Outcome]:
        """The outcome of each record.

        Raises:
            Unavailable: the store is away; the scripts make it harmless to apply the batch again.
        """
        calls: list[bytes] = []
        outcomes: list[Outcome | None] = []
        for received in records:
            call = _call_for(received)
            outcomes.append(Outcome.DEAD_LETTER if call is None else None)
            if call is not None:
                calls.append(call)
        replies = iter(self._connection.run(calls) if calls else [])
        return [outcome or _outcome_of(next(replies)) for outcome in outcomes]


def _call_for(received: Received[Event]) -> bytes | None:
    try:
        return CALLS[type(received.event)](received.event)
    except (ValueError, ArithmeticError) as error:
        structlog.get_logger().error(
            "an event cannot be applied to the cart",
            topic=received.topic,
            event_id=received.envelope.id,
            reason=str(error),
        )
        return None


def _outcome_of(reply: bytes | int | Exception) -> Outcome:
    if isinstance(reply, Exception):
        raise reply
    return Outcome.HANDLED if reply == 1 else Outcome.DUPLICATE


def _product_changed(event: ProductCreated | ProductUpdated) -> bytes:
    if not 1 <= event.version < _EXACT:
        raise ValueError("the version is no positive number")
    return cache_product_call(_cached(event, event.quantity))


def _product_deleted(event: ProductDeleted) -> bytes:
    if not 0 <= event.version < _EXACT:
        raise ValueError("the version is no positive number")
    return tombstone_call(domain.Product(event.version, domain.DELETED, event.product_id, event.seller_id))


def _order_created(event: OrderCreated) -> bytes:
    lines = [(item.product_id, item.quantity) for item in event.items]
    return ordered_call("event", event.user_id, event.order_id, lines)


def _cached(product: ProductCreated | ProductUpdated | wire.Product, stock: int) -> domain.Product:
    return domain.Product(
        product.version,
        product.status.value,
        product.product_id,
        product.seller_id,
        product.name,
        to_cents(product.price),
        product.currency,
        min(max(stock, 0), _EXACT),
    )


async def _fetch(resources: Resources, product_id: str, cause: Cause) -> domain.Product:
    try:
        path = f"/api/products/{product_id}"
        answer = await resources.peers.call("product", "GET", path, expect=wire.Product, cause=cause)
        product = _cached(answer, answer.quantity)
    except Refused as refusal:
        if refusal.problem.status != 404:
            raise
        product = domain.unknown(product_id)
    await resources.carts.cache_product(product)
    return product


def _done(answer: Answer) -> list[Line]:
    if isinstance(answer, CartRefusal):
        raise _refusal(answer)
    return answer


def _refusal(refusal: CartRefusal) -> Refused:
    return Refused(*REFUSALS[refusal])


async def _cart(resources: Resources, access: CartAccess, lines: list[Line]) -> Cart:
    missing = [line.missing for line in lines if line.product is None and domain.is_identifier(line.missing)]
    if missing:
        products = await asyncio.gather(*(_fetch(resources, product_id, access.cause) for product_id in missing))
        lines = completed(lines, dict(zip(missing, products, strict=True)))
    priced = [domain.priced(line) for line in lines]
    amount: Decimal = sum((line.total for line in priced if line.available), ZERO)
    return Cart(
        owner=access.owner,
        lines=[_cart_line(line) for line in priced],
        amount=amount,
        currency=domain.currency_of(priced),
    )


def _cart_line(line: domain.PricedLine) -> CartLine:
    product = line.product
    return CartLine(
        product_id=product.product_id,
        seller_id=product.seller_id,
        name=product.name,
        quantity=line.quantity,
        unit_price=line.unit_price,
        available=line.available,
        line_total=line.total,
    )


CALLS: dict[type[Event], Callable[[Any], bytes]] = {
    ProductCreated: _product_changed,
    ProductUpdated: _product_changed,
    ProductDeleted: _product_deleted,
    OrderCreated: _order_created,
}
"""The events that are consumed, and the call of the store that each becomes."""

REFUSALS: dict[CartRefusal, tuple[int, str, str]] = {
    CartRefusal.NOT_CACHED: (404, "product-not-found", "there is no such product"),
    CartRefusal.NOT_FOR_SALE: (404, "product-not-found", "there is no such product, or it is not for sale"),
    CartRefusal.TOO_MANY_LINES: (409, "cart-full", f"a cart holds {MOST_LINES} different products"),
    CartRefusal.TOO_MANY_OF_ONE: (409, "quantity-limit", f"a cart holds at most {MOST_PER_LINE} of one product"),
    CartRefusal.NOT_TAKEN_OUT: (409, "order-not-taken-out", "the lines of that order are still in the cart"),
    CartRefusal.NO_SUCH_LINE: (404, "line-not-found", "this product is not in the cart"),
}
