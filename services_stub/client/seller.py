"""The operations of a seller: the own products, their stock, the orders with own items, and sales in numbers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Literal
from uuid import uuid4

from msgspec import UNSET

from services_stub.client.errors import OutcomeUnknown, checked_input
from services_stub.client.products import ProductOrder
from services_stub.client.transport import Query, QueryValue, Transport, path_segment
from services_stub.contracts.events.order import OrderStatus
from services_stub.contracts.events.product import ProductStatus
from services_stub.contracts.http.bulk import BulkChange, ChangePrices, IntakeLine, PriceLine, TakeInStock
from services_stub.contracts.http.order import EndParts, Order
from services_stub.contracts.http.page import DEFAULT_PAGE, Page
from services_stub.contracts.http.product import ChangeProduct, CreateProduct, Product
from services_stub.contracts.http.seller import Dashboard, SalesPage, SellerSettings, StockNotice, StockNotices
from services_stub.contracts.times import rfc3339

_PRODUCTS = "/product-service/api/products"
_ORDERS = "/order-service/api/orders"
_SELLER = "/seller-service/api"


class SellerArea:
    """The operations that need the role `seller`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def products(
        self,
        q: str = "",
        *,
        category: str = "",
        status: ProductStatus | None = None,
        in_stock: bool | None = None,
        sort: ProductOrder = "newest",
        cursor: str = "",
        limit: int = DEFAULT_PAGE,
    ) -> Page[Product]:
        """A page of the own products, whatever their status; `q` searches the text, the rest filters and sorts."""
        query: Query = {
            "q": q,
            "category": category,
            "status": status,
            "inStock": in_stock,
            "sort": sort,
            "cursor": cursor,
            "limit": limit,
        }
        return await self._transport.request("GET", "/product-service/api/seller/products", Page[Product], query=query)

    async def create_product(
        self, name: str, *, category: str, price: Decimal, quantity: int, description: str = ""
    ) -> Product:
        """Put a new product into the shop."""
        with checked_input():
            body = CreateProduct(name=name, category=category, price=price, quantity=quantity, description=description)
        return await self._transport.request("POST", _PRODUCTS, Product, body=body)

    async def change_product(
        self,
        product_id: str,
        *,
        name: str | None = None,
        category: str | None = None,
        price: Decimal | None = None,
        quantity: int | None = None,
        description: str | None = None,
        version: int | None = None,
    ) -> Product:
        """Change the fields that are given; with `version`, only if the product still has that version."""
        with checked_input():
            body = ChangeProduct(
                name=UNSET if name is None else name,
                category=UNSET if category is None else category,
                price=UNSET if price is None else price,
                quantity=UNSET if quantity is None else quantity,
                description=UNSET if description is None else description,
                version=UNSET if version is None else version,
            )
        return await self._transport.request("PATCH", f"{_PRODUCTS}/{path_segment(product_id)}", Product, body=body)

    async def change_prices(self, lines: Sequence[PriceLine], *, dry_run: bool = False) -> BulkChange:
        """Set the prices of at most 500 products: all or none. A dry run answers the same and changes nothing.

        Raises:
            Conflict: some lines cannot be carried out: `problem.extensions["lines"]` says which, and why.
        """
        with checked_input():
            body = ChangePrices(lines=list(lines), dry_run=dry_run)
        return await self._transport.request("POST", f"{_PRODUCTS}/bulk/prices", BulkChange, body=body)

    async def take_in_stock(
        self, lines: Sequence[IntakeLine], *, dry_run: bool = False, idempotency_key: str = ""
    ) -> BulkChange:
        """Add units to the stock of at most 500 products: all or none. A dry run changes nothing.

        As long as it is unknown whether the units were added, the call is repeated with the same key, so that they are
        added at most once. To repeat it later, pass the key that `OutcomeUnknown` carries.

        Raises:
            OutcomeUnknown: no attempt was answered.
            Conflict: some lines cannot be carried out: `problem.extensions["lines"]` says which, and why.
        """
        key = idempotency_key or str(uuid4())
        with checked_input():
            body = TakeInStock(lines=list(lines), dry_run=dry_run)

        async def take_in_once() -> BulkChange:
            path, headers = f"{_PRODUCTS}/bulk/stock", {"idempotency-key": key}
            return await self._transport.request("POST", path, BulkChange, body=body, headers=headers)

        try:
            return await self._transport.retry_idempotent(take_in_once)
        except OutcomeUnknown as error:
            raise OutcomeUnknown(str(error), idempotency_key=key, by_gateway=error.by_gateway) from error

    async def delete_product(self, product_id: str) -> None:
        """Take a product away for good."""
        await self._transport.request_empty("DELETE", f"{_PRODUCTS}/{path_segment(product_id)}")

    async def orders(
        self, *, status: OrderStatus | None = None, cursor: str = "", limit: int = DEFAULT_PAGE
    ) -> Page[Order]:
        """A page of the orders with own items, newest first."""
        query = {"status": status, "cursor": cursor, "limit": limit}
        return await self._transport.request("GET", "/order-service/api/seller/orders", Page[Order], query=query)

    async def ship(self, order_id: str) -> Order:
        """Say that the own items of a paid order are on their way."""
        return await self._transport.request("POST", f"{_ORDERS}/{path_segment(order_id)}/ship", Order)

    async def deliver(self, order_id: str) -> Order:
        """Say that the own items of a shipped order arrived."""
        return await self._transport.request("POST", f"{_ORDERS}/{path_segment(order_id)}/deliver", Order)

    async def refund(self, order_id: str, reason: str = "") -> Order:
        """Give the money of the own items back; what is not shipped yet is cancelled."""
        with checked_input():
            body = EndParts(reason=reason)
        return await self._transport.request("POST", f"{_ORDERS}/{path_segment(order_id)}/refund", Order, body=body)

    async def dashboard(
        self,
        *,
        interval: Literal["hour", "day"] = "day",
        placed_from: datetime | None = None,
        placed_to: datetime | None = None,
        limit: int = DEFAULT_PAGE,
        seller_id: str = "",
    ) -> Dashboard:
        """The own sales in numbers, with the first page of the sales behind them; an admin names the seller.

        The period begins and ends with a whole hour of UTC.
        """
        query = _period(placed_from, placed_to) | {
            "sellerId": seller_id,
            "interval": interval,
            "limit": limit,
        }
        return await self._transport.request("GET", f"{_SELLER}/dashboard", Dashboard, query=query)

    async def sales(
        self,
        *,
        placed_from: datetime | None = None,
        placed_to: datetime | None = None,
        position: int | None = None,
        cursor: str = "",
        limit: int = DEFAULT_PAGE,
        seller_id: str = "",
    ) -> SalesPage:
        """A page of the own sales; with the position and the period of a dashboard, those that add up to it."""
        query = _period(placed_from, placed_to) | {
            "sellerId": seller_id,
            "position": position,
            "cursor": cursor,
            "limit": limit,
        }
        return await self._transport.request("GET", f"{_SELLER}/sales", SalesPage, query=query)

    async def notices(self, *, unread: bool | None = None, cursor: str = "", limit: int = DEFAULT_PAGE) -> StockNotices:
        """A page of the notices of low and sold-out stock, newest first; `unread` leaves out the read ones."""
        query = {"unread": unread, "cursor": cursor, "limit": limit}
        return await self._transport.request("GET", f"{_SELLER}/notices", StockNotices, query=query)

    async def mark_notice_read(self, notice_id: str) -> StockNotice:
        """Mark one notice as read."""
        path = f"{_SELLER}/notices/{path_segment(notice_id)}/read"
        return await self._transport.request("POST", path, StockNotice)

    async def mark_all_notices_read(self) -> StockNotices:
        """Mark every notice as read."""
        return await self._transport.request("POST", f"{_SELLER}/notices/read-all", StockNotices)

    async def settings(self) -> SellerSettings:
        """The own settings."""
        return await self._transport.request("GET", f"{_SELLER}/settings", SellerSettings)

    async def change_settings(self, *, low_stock_threshold: int) -> SellerSettings:
        """Tell of stock that falls to so many units or fewer; 0 tells of sold-out products alone."""
        with checked_input():
            body = SellerSettings(low_stock_threshold=low_stock_threshold)
        return await self._transport.request("PUT", f"{_SELLER}/settings", SellerSettings, body=body)


def _period(placed_from: datetime | None, placed_to: datetime | None) -> dict[str, QueryValue]:
    moments = {"placedFrom": placed_from, "placedTo": placed_to}
    return {name: rfc3339(moment.astimezone(UTC)) for name, moment in moments.items() if moment is not None}
