"""The public catalogue: products that can be bought now."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from services_stub.client.transport import Transport, path_segment
from services_stub.contracts.http.page import DEFAULT_PAGE, Page
from services_stub.contracts.http.product import CategoryCount, Product

_BASE = "/product-service/api"

ProductOrder = Literal["newest", "name", "price", "-price"]


class ProductsArea:
    """The operations on the public catalogue."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def list(
        self,
        q: str = "",
        *,
        category: str = "",
        seller_id: str = "",
        min_price: Decimal | None = None,
        max_price: Decimal | None = None,
        in_stock: bool | None = None,
        sort: ProductOrder = "newest",
        cursor: str = "",
        limit: int = DEFAULT_PAGE,
    ) -> Page[Product]:
        """A page of the catalogue; `q` searches the text, the rest filters and sorts."""
        query = {
            "q": q,
            "category": category,
            "sellerId": seller_id,
            "minPrice": min_price,
            "maxPrice": max_price,
            "inStock": in_stock,
            "sort": sort,
            "cursor": cursor,
            "limit": limit,
        }
        return await self._transport.request("GET", f"{_BASE}/products", Page[Product], query=query)

    async def read(self, product_id: str) -> Product:
        """One product."""
        return await self._transport.request("GET", f"{_BASE}/products/{path_segment(product_id)}", Product)

    async def categories(self) -> tuple[CategoryCount, ...]:
        """The categories, and how many products of each can be seen."""
        return await self._transport.request("GET", f"{_BASE}/categories", tuple[CategoryCount, ...])
