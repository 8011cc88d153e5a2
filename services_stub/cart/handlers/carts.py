"""The requests of shoppers and guests on their carts.

The cart keeps a copy of each product that it has heard of, fed by the product service's events. Only a product that it
has not heard of yet is asked for over HTTP.
"""

from __future__ import annotations

import asyncio
from decimal import Decimal
from functools import partial

import msgspec

from services_stub.cart import domain
from services_stub.cart.domain import Line
from services_stub.cart.store import Answer, CartRefusal, Carts, Checkouts, completed
from services_stub.contracts.base import LARGEST_NUMBER
from services_stub.contracts.envelope import Cause
from services_stub.contracts.events.cart import CartAction, CartChanged
from services_stub.contracts.events.product import ProductCreated, ProductUpdated
from services_stub.contracts.http import product as wire
from services_stub.contracts.http.cart import MOST_LINES, MOST_PER_LINE, AddToCart, Cart, CartLine, NotMerged
from services_stub.contracts.money import ZERO, from_cents, to_cents
from services_stub.runtime.errors import Refused
from services_stub.runtime.peers import Peers
from services_stub.runtime.sampling import Sampling


class Resources(msgspec.Struct, frozen=True):
    """Serves requests: the carts and the checkouts of the store, and the way to other services.

    `sampling` publishes a sample of the changes. `checkout_seconds` is how long the lines of a cart stay out for an
    order that is not placed yet.
    """

    carts: Carts
    checkouts: Checkouts
    peers: Peers
    checkout_seconds: float
    sampling: Sampling


class CartAccess(msgspec.Struct, frozen=True):
    """Whose cart a request is about, the guest's cart that is merged into it first (or none), and its cause."""

    owner: str
    merging: str
    cause: Cause


async def read(resources: Resources, access: CartAccess) -> Cart:
    """The cart as it is."""
    return await _cart(resources, access, await resources.carts.read(access.owner, access.merging))


async def add(resources: Resources, access: CartAccess, command: AddToCart) -> Cart:
    """Put more of a product in; it must be for sale, as far as the cart has heard."""
    product_id = command.product_id
    if not domain.is_identifier(product_id):
        raise refusal_of(CartRefusal.NOT_FOR_SALE)
    answer = await resources.carts.add(access.owner, access.merging, product_id, command.quantity)
    if answer is CartRefusal.NOT_CACHED:
        await _fetch(resources, product_id, access.cause)
        answer = await resources.carts.add(access.owner, access.merging, product_id, command.quantity)
    lines = _done(answer)
    _tell(resources, access, CartAction.ADDED, product_id, command.quantity)
    return await _cart(resources, access, lines)


async def change(resources: Resources, access: CartAccess, product_id: str, quantity: int) -> Cart:
    """Set the quantity of a line that is there; 0 takes it out."""
    if quantity == 0:
        return await remove(resources, access, product_id)
    answer = await resources.carts.change(access.owner, access.merging, product_id, quantity)
    lines = _done(answer)
    _tell(resources, access, CartAction.CHANGED, product_id, quantity)
    return await _cart(resources, access, lines)


async def remove(resources: Resources, access: CartAccess, product_id: str) -> Cart:
    """Take a line out; it is no error if there is none."""
    lines = await resources.carts.remove(access.owner, access.merging, product_id)
    if domain.is_identifier(product_id):
        _tell(resources, access, CartAction.REMOVED, product_id, 0)
    return await _cart(resources, access, lines)


async def clear(resources: Resources, access: CartAccess) -> Cart:
    """Take everything out."""
    return await _cart(resources, access, await resources.carts.clear(access.owner, access.merging))


def cached_product(product: ProductCreated | ProductUpdated | wire.Product, stock: int) -> domain.Product:
    """A product as the cart keeps it."""
    return domain.Product(
        product.version,
        product.status.value,
        product.product_id,
        product.seller_id,
        product.name,
        to_cents(product.price),
        product.currency,
        min(max(stock, 0), LARGEST_NUMBER),
        product.seller_sequence,
    )


def _tell(resources: Resources, access: CartAccess, action: CartAction, product_id: str, quantity: int) -> None:
    """Publish a change of a line, if it is one of the sample."""
    user_id = domain.user_of(access.owner)
    event = partial(CartChanged, product_id=product_id, action=action, quantity=quantity, user_id=user_id)
    resources.sampling.publish(access.cause, lambda weight: event(weight=weight))


async def _fetch(resources: Resources, product_id: str, cause: Cause) -> domain.Product:
    try:
        path = f"/api/products/{product_id}"
        answer = await resources.peers.call("product", "GET", path, expect=wire.Product, cause=cause)
        product = cached_product(answer, answer.quantity)
    except Refused as refusal:
        if refusal.problem.status != 404:
            raise
        product = domain.unknown(product_id)
    await resources.carts.cache_product(product)
    return product


def _done(answer: Answer) -> list[Line]:
    if isinstance(answer, CartRefusal):
        raise refusal_of(answer)
    return answer


def refusal_of(refusal: CartRefusal) -> Refused:
    """The problem document for an operation that the store did not do."""
    return Refused(*REFUSALS[refusal])


async def complete(resources: Resources, lines: list[Line], cause: Cause) -> list[domain.PricedLine]:
    """The lines with their prices. Products are asked for that the store did not know, or may know too little of.

    Raises:
        Unavailable: such a product cannot be asked for now.
    """
    missing = [line.missing for line in lines if line.product is None and domain.is_identifier(line.missing)]
    if missing:
        products = await asyncio.gather(*(_fetch(resources, product_id, cause) for product_id in missing))
        lines = completed(lines, dict(zip(missing, products, strict=True)))
    late = domain.out_of_order(lines)
    if late:
        lines = await _at_one_moment(resources, lines, set(late), cause)
    return [domain.priced(line) for line in lines]


async def _at_one_moment(resources: Resources, lines: list[Line], late: set[str], cause: Cause) -> list[Line]:
    """The lines, those of the products `late` as the product service has them at one moment.

    A change of a seller overtook an earlier one on the way here; a cart that shows the later one must show both.
    """
    question = wire.ProductIds(product_ids=sorted(late))
    found = await resources.peers.call(
        "product", "POST", "/internal/products", body=question, expect=list[wire.Product], cause=cause
    )
    current = {product.product_id: cached_product(product, product.quantity) for product in found}
    await asyncio.gather(*(resources.carts.cache_product(product) for product in current.values()))

    def at_that_moment(line: Line) -> Line:
        if line.product is None or line.product.product_id not in late:
            return line
        gone = msgspec.structs.replace(line.product, status=domain.DELETED)
        return msgspec.structs.replace(line, product=current.get(line.product.product_id, gone))

    return [at_that_moment(line) for line in lines]


async def _cart(resources: Resources, access: CartAccess, lines: list[Line]) -> Cart:
    priced = await complete(resources, [line for line in lines if line.quantity], access.cause)
    amount: Decimal = sum((line.total for line in priced if line.available), ZERO)
    return Cart(
        owner=access.owner,
        lines=[to_cart_line(line) for line in priced],
        amount=amount,
        currency=domain.currency_of(priced),
        not_merged=[NotMerged(product_id=line.product_id, quantity=line.lost) for line in lines if line.lost],
    )


def to_cart_line(line: domain.PricedLine) -> CartLine:
    """The line as it is answered."""
    product = line.product
    return CartLine(
        product_id=product.product_id,
        seller_id=product.seller_id,
        name=product.name,
        quantity=line.quantity,
        unit_price=line.unit_price,
        available=line.available,
        line_total=line.total,
        changes=domain.changes_of(line),
        added_price=None if line.added is None else from_cents(line.added.cents),
        added_name=None if line.added is None else line.added.name,
        added_available=None if line.added is None else domain.is_available(line.added, line.quantity),
    )


REFUSALS: dict[CartRefusal, tuple[int, str, str]] = {
    CartRefusal.NOT_CACHED: (404, "product-not-found", "there is no such product"),
    CartRefusal.NOT_FOR_SALE: (404, "product-not-found", "there is no such product, or it is not for sale"),
    CartRefusal.TOO_MANY_LINES: (409, "cart-full", f"a cart holds {MOST_LINES} different products"),
    CartRefusal.TOO_MANY_OF_ONE: (409, "quantity-limit", f"a cart holds at most {MOST_PER_LINE} of one product"),
    CartRefusal.TOO_MANY_GUESTS: (503, "too-many-guests", "no room for more in guests' carts: log in, or try later"),
    CartRefusal.CART_EMPTY: (409, "cart-empty", "the cart is empty"),
    CartRefusal.NO_SUCH_LINE: (404, "line-not-found", "this product is not in the cart"),
}
