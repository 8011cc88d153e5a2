"""The routes of the catalogue, of single products, and of reservations."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import Annotated, Any

from litestar import Request, delete, get, patch, post
from litestar.datastructures import State
from litestar.params import Parameter

from services_stub.contracts.base import LONGEST_ID
from services_stub.contracts.envelope import Cause
from services_stub.contracts.events.product import ProductStatus, ProductViewed
from services_stub.contracts.http.auth import BlockEffect, SellerBlockChange
from services_stub.contracts.http.items import ItemResult
from services_stub.contracts.http.page import DEFAULT_PAGE, LARGEST_PAGE, Page
from services_stub.contracts.http.product import (
    CategoryCount,
    ChangeProduct,
    CreateProduct,
    Product,
    ProductIds,
    ProductStates,
    Reservation,
    Reserve,
)
from services_stub.contracts.http.reason import Reason
from services_stub.contracts.money import PRICE_BOUNDS, checked_price
from services_stub.contracts.problem import FieldError
from services_stub.product.domain import RESERVATION_SECONDS
from services_stub.product.handlers import products, reservations
from services_stub.product.handlers.events import set_seller_block
from services_stub.product.store import catalogue
from services_stub.product.store.catalogue import ProductQuery, Sort
from services_stub.product.store.products import find, find_several, product_of, states_after
from services_stub.runtime.batching import answer_items
from services_stub.runtime.context import Context
from services_stub.runtime.errors import Refused
from services_stub.runtime.fast_path import FastRoute, RawRequest
from services_stub.runtime.http import REFUSED, PathId, allow, allow_anyone, allow_internal
from services_stub.runtime.request_hops import belongs_to
from services_stub.runtime.settings import INTERNAL_TOKEN
from services_stub.runtime.tokens import Caller

Query = Annotated[str, Parameter(query="q", max_length=200, description="Words that all must occur, in any case.")]
Category = Annotated[str, Parameter(max_length=60)]
After = Annotated[str, Parameter(max_length=LONGEST_ID, description="The id of the last product known.")]
SellerId = Annotated[str, Parameter(query="sellerId", max_length=LONGEST_ID)]
_A_PRICE = {"type": "number", **PRICE_BOUNDS}
MinPrice = Annotated[Decimal | None, Parameter(query="minPrice", schema_extra=_A_PRICE)]
MaxPrice = Annotated[Decimal | None, Parameter(query="maxPrice", schema_extra=_A_PRICE)]
InStock = Annotated[bool | None, Parameter(query="inStock", description="Only what is in stock, or only what is not.")]
Cursor = Annotated[str, Parameter(max_length=2000, description="`nextCursor` of the page before.")]
Limit = Annotated[int, Parameter(ge=1, le=LARGEST_PAGE)]
InternalLimit = Annotated[int, Parameter(ge=1, le=500)]


@get("/api/products", **allow_anyone())
async def list_products(
    context: Context,
    q: Query = "",
    category: Category = "",
    seller_id: SellerId = "",
    min_price: MinPrice = None,
    max_price: MaxPrice = None,
    in_stock: InStock = None,
    sort: Sort = "newest",
    cursor: Cursor = "",
    limit: Limit = DEFAULT_PAGE,
) -> Page[Product]:
    """The products that shoppers can buy."""
    query = ProductQuery(
        query=q,
        category=category,
        seller_id=seller_id,
        status=ProductStatus.ACTIVE,
        min_price=_price("minPrice", min_price),
        max_price=_price("maxPrice", max_price),
        in_stock=in_stock,
        sort=sort,
        cursor=cursor,
        limit=limit,
    )
    return await _page(context, query)


async def _page(context: Context, query: ProductQuery) -> Page[Product]:
    """A page of a list. Whether a text contains words is found out by looking at all of them."""
    read = context.read_long if query.query.strip() else context.read
    return await read(catalogue.page, query)


@get("/api/products/{product_id:str}", responses={404: REFUSED}, **allow_anyone())
async def get_product(
    context: Context, visitor: Caller | None, cause: Cause, product_id: PathId, request: Request[Any, Any, State]
) -> Product:
    """A product. One that cannot be bought is shown to its seller and to admins alone."""
    row = await context.read(find, product_id)
    if row is None:
        raise products.product_not_found(product_id)
    product = product_of(row)
    sees_all = visitor is not None and (visitor.role == "admin" or visitor.user_id == product.seller_id)
    if product.status is not ProductStatus.ACTIVE and not sees_all:
        raise products.product_not_found(product_id)
    if (visitor is None or visitor.role == "user") and INTERNAL_TOKEN not in request.headers:
        viewer = "" if visitor is None else visitor.user_id
        context.sampling.publish(cause, partial(_viewed, product, viewer))
    return product


def _viewed(product: Product, user_id: str, weight: float) -> ProductViewed:
    return ProductViewed(
        product_id=product.product_id,
        seller_id=product.seller_id,
        category=product.category,
        weight=weight,
        user_id=user_id,
    )


@post("/internal/products", status_code=200, **allow_internal())
async def read_products(context: Context, data: ProductIds) -> list[Product]:
    """The products as they are at one moment, whatever their status; those that are gone are left out."""
    found = await context.read(find_several, data.product_ids)
    return [product_of(row) for row in found.values() if not row.deleted]


@get("/api/categories", **allow_anyone())
async def list_categories(context: Context) -> list[CategoryCount]:
    """The categories, and how many products of each a shopper can buy."""
    return await context.read(catalogue.categories)


@post("/api/products", **allow("seller"))
async def create_product(context: Context, caller: Caller, cause: Cause, data: CreateProduct) -> Product:
    """Add a product."""
    return await context.write(products.create, products.Create(caller.user_id, data), cause)


@patch("/api/products/{product_id:str}", responses={404: REFUSED, 409: REFUSED}, **allow("seller"))
async def change_product(
    context: Context, caller: Caller, cause: Cause, product_id: PathId, data: ChangeProduct
) -> Product:
    """Change a product of one's own."""
    return await context.write(products.change, products.Change(caller.user_id, product_id, data), cause)


@delete("/api/products/{product_id:str}", responses={404: REFUSED}, **allow("seller"))
async def delete_product(context: Context, caller: Caller, cause: Cause, product_id: PathId) -> None:
    """Take a product of one's own away. Units reserved for orders stay theirs."""
    await context.write(products.delete, products.Delete(caller.user_id, product_id), cause)


@get("/api/seller/products", **allow("seller"))
async def list_own_products(
    context: Context,
    caller: Caller,
    q: Query = "",
    category: Category = "",
    status: ProductStatus | None = None,
    in_stock: InStock = None,
    sort: Sort = "newest",
    cursor: Cursor = "",
    limit: Limit = DEFAULT_PAGE,
) -> Page[Product]:
    """One's own products, whatever their status."""
    query = ProductQuery(
        query=q,
        category=category,
        seller_id=caller.user_id,
        status=status,
        in_stock=in_stock,
        sort=sort,
        cursor=cursor,
        limit=limit,
    )
    return await _page(context, query)


@get("/api/admin/products", **allow("admin"))
async def list_all_products(
    context: Context,
    q: Query = "",
    category: Category = "",
    seller_id: SellerId = "",
    status: ProductStatus | None = None,
    in_stock: InStock = None,
    sort: Sort = "newest",
    cursor: Cursor = "",
    limit: Limit = DEFAULT_PAGE,
) -> Page[Product]:
    """The products of all sellers, whatever their status."""
    query = ProductQuery(
        query=q,
        category=category,
        seller_id=seller_id,
        status=status,
        in_stock=in_stock,
        sort=sort,
        cursor=cursor,
        limit=limit,
    )
    return await _page(context, query)


@post("/api/admin/block-product/{product_id:str}", status_code=200, responses={404: REFUSED}, **allow("admin"))
async def block_product(context: Context, cause: Cause, product_id: PathId, data: Reason | None = None) -> Product:
    """Take a product off the shelf until the block is taken back."""
    return await context.write(products.block, products.Block(product_id, _reason(data), blocked=True), cause)


@post("/api/admin/unblock-product/{product_id:str}", status_code=200, responses={404: REFUSED}, **allow("admin"))
async def unblock_product(context: Context, cause: Cause, product_id: PathId, data: Reason | None = None) -> Product:
    """Take the block of a product back."""
    return await context.write(products.block, products.Block(product_id, _reason(data), blocked=False), cause)


@post("/internal/reservations", status_code=200, **allow_internal())
async def reserve(context: Context, data: list[Reserve]) -> list[ItemResult[Reservation]]:
    """Hold stock for orders, each by itself: all lines or none. The results stand in the order of the request."""
    seconds = reservation_seconds(context)
    causes = [Cause(body.order_id, body.causation_id, body.traceparent) for body in data]
    for cause in causes:
        belongs_to(cause)
    return await answer_items(
        context.write(reservations.reserve, reservations.ReserveStock(body, seconds), cause)
        for body, cause in zip(data, causes, strict=True)
    )


@get("/internal/products", **allow_internal())
async def list_states(context: Context, after: After = "", limit: InternalLimit = 500) -> ProductStates:
    """All products there ever were, by id, for a service that must have heard of each."""
    return await context.read(states_after, after, limit)


@delete("/internal/reservations/{order_id:str}", **allow_internal())
async def release(context: Context, cause: Cause, order_id: PathId) -> None:
    """Give back the stock held for an order that was never written."""
    belongs_to(cause)
    await context.write(reservations.release, order_id, cause)


@post("/internal/blocked-sellers", status_code=200, **allow_internal())
async def block_seller(context: Context, cause: Cause, data: SellerBlockChange) -> BlockEffect:
    """Told by auth before its event comes, which then changes nothing. No order is cancelled here."""
    await context.write(set_seller_block, data, cause)
    return BlockEffect()


def reservation_seconds(context: Context) -> float:
    """How long stock is held for an order that is not written yet; the option `reservation_seconds`."""
    return float(context.settings.options.get("reservation_seconds", RESERVATION_SECONDS))


def _reason(body: Reason | None) -> str:
    return "" if body is None else body.reason


def _price(field: str, value: Decimal | None) -> Decimal | None:
    if value is None:
        return None
    try:
        checked_price(field, value)
    except (ValueError, ArithmeticError) as error:
        message = f"`{field}` must be an amount such as 12.50"
        raise Refused(400, "invalid-input", message, errors=[FieldError(field=field, message=message)]) from error
    return value


ROUTES = [
    list_products,
    get_product,
    read_products,
    list_categories,
    create_product,
    change_product,
    delete_product,
    list_own_products,
    list_all_products,
    block_product,
    unblock_product,
    reserve,
    list_states,
    release,
    block_seller,
]


async def _reserve_fast(request: RawRequest) -> object:
    return await reserve.fn(context=request.context, data=request.decode(list[Reserve]))


FAST_ROUTES = [FastRoute(reserve, _reserve_fast)]
"""The routes that every purchase takes."""
