"""The routes of the order service: they check the parts of a request that only HTTP knows, and call the handlers."""

from __future__ import annotations

from typing import Annotated

from litestar import Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter

from services_stub.contracts.envelope import Cause
from services_stub.contracts.events.order import OrderStatus
from services_stub.contracts.http.auth import MOST_NAMED_ORDERS, BlockEffect, SellerBlockChange
from services_stub.contracts.http.order import (
    IDEMPOTENCY_KEY_LENGTH,
    ChoosePart,
    EndParts,
    Order,
    OrderIds,
    PlaceOrder,
)
from services_stub.contracts.http.page import DEFAULT_PAGE, LARGEST_PAGE, Page
from services_stub.contracts.problem import FieldError
from services_stub.order.api.checkout import check_out
from services_stub.order.domain import is_idempotency_key
from services_stub.order.handlers import commands
from services_stub.order.handlers.placing import find_known_orders
from services_stub.order.handlers.sellers import SetSellerBlock, set_seller_block
from services_stub.order.store import orders as store
from services_stub.runtime.context import Context
from services_stub.runtime.errors import Refused
from services_stub.runtime.fast_path import FastRoute, RawRequest
from services_stub.runtime.http import REFUSED, JsonResponse, PathId, allow, allow_internal
from services_stub.runtime.request_hops import belongs_to
from services_stub.runtime.tokens import Caller

Limit = Annotated[int, Parameter(ge=1, le=LARGEST_PAGE)]
KEY_HEADER = "Idempotency-Key"
Key = Annotated[
    str,
    Parameter(
        header=KEY_HEADER,
        required=True,
        schema_extra={"pattern": rf"^[!-~]{{1,{IDEMPOTENCY_KEY_LENGTH}}}$"},
        description="Chosen by the client: the same key never makes a second order. "
        f"1 to {IDEMPOTENCY_KEY_LENGTH} visible ASCII characters.",
    ),
]


@post(
    "/api/orders",
    status_code=201,
    summary="Place an order of what lies in the cart",
    responses={
        200: ResponseSpec(Order, generate_examples=False, description="The order that the key has placed before"),
        409: REFUSED,
        422: REFUSED,
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


@get(
    "/api/orders/{order_id:str}",
    summary="One order with its history",
    responses={404: REFUSED},
    **allow("user", "seller", "admin"),
)
async def read_one_order(order_id: PathId, context: Context, caller: Caller) -> Order:
    """A shopper sees their own orders, a seller those with their items and only these, an admin all."""
    return await context.read(commands.read_order, order_id, caller.role, caller.user_id)


@post(
    "/api/orders/{order_id:str}/cancel",
    status_code=200,
    summary="Cancel an order",
    responses={404: REFUSED, 409: REFUSED},
    **allow("user", "admin"),
)
async def cancel_order(order_id: PathId, data: EndParts, context: Context, caller: Caller, cause: Cause) -> Order:
    """Every part that is not shipped yet; a charge is given back. Cancelling again changes nothing."""
    command = commands.Cancel(order_id, caller.role, caller.user_id, data.seller_id, data.reason)
    await context.write(commands.cancel, command, cause)
    belongs_to(Cause(order_id, cause.causation_id, cause.traceparent))
    return await context.read(commands.read_order, order_id, caller.role, caller.user_id)


@post(
    "/api/orders/{order_id:str}/refund",
    status_code=200,
    summary="Refund an order",
    responses={404: REFUSED, 409: REFUSED},
    **allow("seller", "admin"),
)
async def refund_order(order_id: PathId, data: EndParts, context: Context, caller: Caller, cause: Cause) -> Order:
    """Also what was shipped or delivered; what was not is cancelled. Refunding again changes nothing."""
    command = commands.Refund(order_id, caller.role, caller.user_id, data.seller_id, data.reason)
    await context.write(commands.refund, command, cause)
    belongs_to(Cause(order_id, cause.causation_id, cause.traceparent))
    return await context.read(commands.read_order, order_id, caller.role, caller.user_id)


@get("/api/seller/orders", summary="The orders with the seller's items, newest first", **allow("seller"))
async def list_orders_of_seller(
    context: Context,
    caller: Caller,
    status: OrderStatus | None = None,
    cursor: str = "",
    limit: Limit = DEFAULT_PAGE,
) -> Page[Order]:
    """A page of orders with the seller's part alone, whose status it is, without their history."""
    page = await context.read(store.orders_of_seller, caller.user_id, status, cursor, limit)
    return Page(
        items=[commands.as_seller_sees(order, caller.user_id) for order in page.items], next_cursor=page.next_cursor
    )


@post(
    "/api/orders/{order_id:str}/ship",
    status_code=200,
    summary="Ship a part",
    responses={404: REFUSED, 409: REFUSED},
    **allow("seller", "admin"),
)
async def ship_order(
    order_id: PathId, context: Context, caller: Caller, cause: Cause, data: ChoosePart | None = None
) -> Order:
    """The order is SHIPPED once every part is that has not ended. Shipping again changes nothing."""
    command = commands.Ship(order_id, caller.role, caller.user_id, "" if data is None else data.seller_id)
    await context.write(commands.ship, command, cause)
    belongs_to(Cause(order_id, cause.causation_id, cause.traceparent))
    return await context.read(commands.read_order, order_id, caller.role, caller.user_id)


@post(
    "/api/orders/{order_id:str}/deliver",
    status_code=200,
    summary="Deliver a part",
    responses={404: REFUSED, 409: REFUSED},
    **allow("seller", "admin"),
)
async def deliver_order(
    order_id: PathId, context: Context, caller: Caller, cause: Cause, data: ChoosePart | None = None
) -> Order:
    """The order is DELIVERED once every part is that has not ended. Delivering again changes nothing."""
    command = commands.Deliver(order_id, caller.role, caller.user_id, "" if data is None else data.seller_id)
    await context.write(commands.deliver, command, cause)
    belongs_to(Cause(order_id, cause.causation_id, cause.traceparent))
    return await context.read(commands.read_order, order_id, caller.role, caller.user_id)


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


@post("/internal/blocked-sellers", status_code=200, summary="A seller was blocked or unblocked", **allow_internal())
async def block_seller(data: SellerBlockChange, context: Context, cause: Cause) -> BlockEffect:
    """Told by auth before its event comes, which then changes nothing. The answer names what it cancelled."""
    command = SetSellerBlock(data.seller_id, data.blocked, *data.moment())
    cancelled = await context.write(set_seller_block, command, cause) or []
    return BlockEffect(cancelled_orders=len(cancelled), order_ids=cancelled[:MOST_NAMED_ORDERS])
