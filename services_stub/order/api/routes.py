"""The routes of the order service: they check the parts of a request that only HTTP knows, and call the handlers."""

from __future__ import annotations

from typing import Annotated

from litestar import Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter

from services_stub.contracts.envelope import Cause
from services_stub.contracts.events.order import OrderStatus
from services_stub.contracts.http.order import IDEMPOTENCY_KEY_LENGTH, Order, OrderIds, PlaceOrder
from services_stub.contracts.http.page import DEFAULT_PAGE, LARGEST_PAGE, Page
from services_stub.contracts.http.reason import Reason
from services_stub.contracts.problem import FieldError
from services_stub.order import store
from services_stub.order.api.checkout import check_out
from services_stub.order.domain import is_idempotency_key
from services_stub.order.handlers.commands import (
    Cancel,
    DeliverItems,
    ShipItems,
    as_seller_sees,
    cancel,
    deliver,
    read_order,
    ship,
)
from services_stub.order.handlers.placing import find_known_orders
from services_stub.runtime.context import Context
from services_stub.runtime.errors import Refused
from services_stub.runtime.fast_path import FastRoute, RawRequest
from services_stub.runtime.http import JsonResponse, allow, allow_internal
from services_stub.runtime.tokens import Caller

Limit = Annotated[int, Parameter(ge=1, le=LARGEST_PAGE)]
KEY_HEADER = "Idempotency-Key"
Key = Annotated[
    str,
    Parameter(
        header=KEY_HEADER,
        required=True,
        description="Chosen by the client: the same key never makes a second order. "
        f"1 to {IDEMPOTENCY_KEY_LENGTH} visible ASCII characters.",
    ),
]


@post(
    "/api/orders",
    status_code=201,
    summary="Place an order of what lies in the cart",
    responses={
        200: ResponseSpec(Order, generate_examples=False, description="The order that the key has placed before")
    },
    **allow("user"),
)
async def place_order(
    data: PlaceOrder, context: Context, caller: Caller, cause: Cause, idempotency_key: Key = ""
) -> Response[Order]:
    """201 with the order, or 200 with the order that the key has placed before."""
    if not is_idempotency_key(idempotency_key):
        message = f"1 to {IDEMPOTENCY_KEY_LENGTH} visible ASCII characters"
        errors = [FieldError(field="Idempotency-Key", message=message)]
        raise Refused(400, "invalid-input", f"`Idempotency-Key`: {message}", errors=errors)
    if not data.payment_method.isprintable():
        errors = [FieldError(field="paymentMethod", message="text without control characters")]
        raise Refused(400, "invalid-input", "`paymentMethod`: text without control characters", errors=errors)
    placed = await check_out(context, caller.user_id, idempotency_key, data, cause)
    return JsonResponse(placed.order, status_code=200 if placed.replayed else 201)


async def _place_order_fast(request: RawRequest) -> object:
    return await place_order.fn(
        data=request.decode(PlaceOrder),
        context=request.context,
        caller=request.caller,
        cause=request.cause,
        idempotency_key=request.header(KEY_HEADER),
    )


FAST_PLACE_ORDER = FastRoute(place_order, _place_order_fast)


@get("/api/orders", summary="The own orders, newest first", **allow("user"))
async def list_orders(
    context: Context,
    caller: Caller,
    status: OrderStatus | None = None,
    cursor: str = "",
    limit: Limit = DEFAULT_PAGE,
) -> Page[Order]:
    """A page of orders, without their history."""
    return await context.read(store.orders_of_user, caller.user_id, status, cursor, limit)


@get("/api/orders/{order_id:str}", summary="One order with its history", **allow("user", "seller", "admin"))
async def read_one_order(order_id: str, context: Context, caller: Caller) -> Order:
    """A shopper sees their own orders, a seller those with their items and only these, an admin all."""
    return await context.read(read_order, order_id, caller.role, caller.user_id)


@post("/api/orders/{order_id:str}/cancel", status_code=200, summary="Cancel an order", **allow("user"))
async def cancel_order(order_id: str, data: Reason, context: Context, caller: Caller, cause: Cause) -> Order:
    """Until something of it is shipped; a charge is given back. Cancelling again changes nothing."""
    await context.write(cancel, Cancel(order_id, caller.user_id, data.reason), cause)
    return await context.read(read_order, order_id, caller.role, caller.user_id)


@get("/api/seller/orders", summary="The orders with the seller's items, newest first", **allow("seller"))
async def list_orders_of_seller(
    context: Context,
    caller: Caller,
    status: OrderStatus | None = None,
    cursor: str = "",
    limit: Limit = DEFAULT_PAGE,
) -> Page[Order]:
    """A page of orders with the seller's items alone, without their history."""
    page = await context.read(store.orders_of_seller, caller.user_id, status, cursor, limit)
    return Page(items=[as_seller_sees(order, caller.user_id) for order in page.items], next_cursor=page.next_cursor)


@post("/api/orders/{order_id:str}/ship", status_code=200, summary="Ship the own items", **allow("seller"))
async def ship_order(order_id: str, context: Context, caller: Caller, cause: Cause) -> Order:
    """The order is SHIPPED once every seller in it has shipped. Shipping again changes nothing."""
    await context.write(ship, ShipItems(order_id, caller.user_id), cause)
    return await context.read(read_order, order_id, caller.role, caller.user_id)


@post("/api/orders/{order_id:str}/deliver", status_code=200, summary="Deliver the own items", **allow("seller"))
async def deliver_order(order_id: str, context: Context, caller: Caller, cause: Cause) -> Order:
    """The order is DELIVERED once every seller in it has delivered. Delivering again changes nothing."""
    await context.write(deliver, DeliverItems(order_id, caller.user_id), cause)
    return await context.read(read_order, order_id, caller.role, caller.user_id)


@get("/api/admin/orders", summary="All orders, newest first", **allow("admin"))
async def list_all_orders(
    context: Context, status: OrderStatus | None = None, cursor: str = "", limit: Limit = DEFAULT_PAGE
) -> Page[Order]:
    """A page of orders, without their history."""
    return await context.read(store.all_orders, status, cursor, limit)


@post("/internal/orders/known", status_code=200, summary="Which of these are orders?", **allow_internal())
async def known_orders(data: OrderIds, context: Context, cause: Cause) -> OrderIds:
    """An id that is no order now will not become one from a reservation or a checkout that has expired."""
    return OrderIds(order_ids=await context.write(find_known_orders, data.order_ids, cause))
