"""The cart's HTTP routes. Whose cart it is follows from the token, or from `X-Session-Id` for a guest."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from litestar import delete, get, post, put
from litestar.params import Parameter

from services_stub.cart import domain
from services_stub.cart.handlers import carts, checkouts
from services_stub.cart.handlers.carts import CartAccess, Resources
from services_stub.contracts.envelope import Cause
from services_stub.contracts.http.cart import (
    SESSION_PATTERN,
    AddToCart,
    Cart,
    ChangeQuantity,
    Checkout,
    GivenBack,
    TakeCart,
)
from services_stub.contracts.http.items import ItemResult
from services_stub.contracts.problem import FieldError
from services_stub.runtime.batching import answer_items
from services_stub.runtime.context import Context
from services_stub.runtime.errors import Refused
from services_stub.runtime.fast_path import FastRoute, RawRequest
from services_stub.runtime.http import REFUSED, PathId, allow, allow_anyone, allow_internal
from services_stub.runtime.request_hops import belongs_to
from services_stub.runtime.tokens import Caller

RESOURCES = "cart-resources"
SESSION_HEADER = "X-Session-Id"

_SESSION = Parameter(
    header=SESSION_HEADER,
    description="The guest's session: 128 random bits, e.g. a UUID.",
    schema_extra={"pattern": SESSION_PATTERN},
)
Session = Annotated[str | None, _SESSION]
NeededSession = Annotated[str | None, replace(_SESSION, required=True)]
"""Declared as required; where it is missing, the handler says so by its name."""


@post("/api/cart/public/add", status_code=200, responses={404: REFUSED, 409: REFUSED}, **allow_anyone())
async def add_to_cart(
    context: Context, visitor: Caller | None, cause: Cause, data: AddToCart, session: Session = None
) -> Cart:
    """Put a product into the cart."""
    return await carts.add(_resources(context), _access(visitor, session, cause), data)


@put("/api/cart/public/items/{product_id:str}", responses={404: REFUSED}, **allow_anyone())
async def change_line(
    context: Context,
    visitor: Caller | None,
    cause: Cause,
    product_id: PathId,
    data: ChangeQuantity,
    session: Session = None,
) -> Cart:
    """Set the quantity of a line; 0 removes it."""
    return await carts.change(_resources(context), _access(visitor, session, cause), product_id, data.quantity)


@delete("/api/cart/public/items/{product_id:str}", status_code=200, **allow_anyone())
async def remove_line(
    context: Context, visitor: Caller | None, cause: Cause, product_id: PathId, session: Session = None
) -> Cart:
    """Remove a line."""
    return await carts.remove(_resources(context), _access(visitor, session, cause), product_id)


@get("/api/cart/public", **allow_anyone())
async def read_cart(context: Context, visitor: Caller | None, cause: Cause, session: Session = None) -> Cart:
    """Read the cart. Nothing is merged by that."""
    return await carts.read(_resources(context), _access(visitor, session, cause, merges=False))


@delete("/api/cart/public", status_code=200, **allow_anyone())
async def clear_cart(context: Context, visitor: Caller | None, cause: Cause, session: Session = None) -> Cart:
    """Take everything out of the cart."""
    return await carts.clear(_resources(context), _access(visitor, session, cause))


@post("/api/cart/merge", status_code=200, **allow("user"))
async def merge_carts(context: Context, caller: Caller, cause: Cause, session: NeededSession = None) -> Cart:
    """Merge the guest's cart into the user's; the guest's is gone then. `notMerged` says what found no room."""
    if session is None:
        raise _session_refused(400, "the guest session to merge is missing")
    return await carts.read(_resources(context), _access(caller, session, cause))


@post("/internal/checkouts", status_code=200, **allow_internal())
async def take_carts(context: Context, cause: Cause, data: list[TakeCart]) -> list[ItemResult[Checkout]]:
    """Take the lines of carts out for orders, each by itself; the results stand in the order of the request."""
    resources = _resources(context)
    for command in data:
        belongs_to(Cause(command.order_id, command.causation_id, command.traceparent))
    return await answer_items(checkouts.take(resources, command, cause) for command in data)


@delete("/internal/checkouts/{order_id:str}/attempts/{attempt_id:str}", status_code=200, **allow_internal())
async def give_cart_back(context: Context, cause: Cause, order_id: PathId, attempt_id: PathId) -> GivenBack:
    """End an attempt to place an order; the lines go back to the cart with the last one."""
    belongs_to(cause)
    return GivenBack(returned=await _resources(context).checkouts.give_back(order_id, attempt_id))


ROUTES = [
    add_to_cart,
    change_line,
    remove_line,
    read_cart,
    clear_cart,
    merge_carts,
    take_carts,
    give_cart_back,
]


async def _add_to_cart_fast(request: RawRequest) -> object:
    return await add_to_cart.fn(
        context=request.context,
        visitor=request.caller,
        cause=request.cause,
        data=request.decode(AddToCart),
        session=request.headers.get(SESSION_HEADER.lower()),
    )


async def _take_carts_fast(request: RawRequest) -> object:
    return await take_carts.fn(context=request.context, cause=request.cause, data=request.decode(list[TakeCart]))


FAST_ROUTES = [FastRoute(add_to_cart, _add_to_cart_fast), FastRoute(take_carts, _take_carts_fast)]
"""The routes that every purchase takes."""


def _resources(context: Context) -> Resources:
    resources: Resources = context.state[RESOURCES]
    return resources


def _access(visitor: Caller | None, session: str | None, cause: Cause, *, merges: bool = True) -> CartAccess:
    """The cart of a request. Only a shopper takes a guest's cart over: sellers and admins leave it to its guest."""
    if session is not None and not domain.is_session(session):
        raise _session_refused(400, "a session is 128 random bits: 32 hexadecimal digits, or 22 to 64 of A-Za-z0-9_-")
    if visitor is not None:
        merging = domain.owner_of_guest(session) if session and merges and visitor.role == "user" else ""
        return CartAccess(domain.owner_of_user(visitor.user_id), merging, cause)
    if session is None:
        raise _session_refused(401, "a cart needs an access token, or a guest's X-Session-Id")
    return CartAccess(domain.owner_of_guest(session), "", cause)


def _session_refused(status: int, message: str) -> Refused:
    code = "invalid-input" if status == 400 else "not-signed-in"
    return Refused(status, code, message, errors=[FieldError(field=SESSION_HEADER, message=message)])
