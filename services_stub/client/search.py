"""Searching the products that can be bought."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from services_stub.client.transport import Transport
from services_stub.contracts.http.page import DEFAULT_PAGE
from services_stub.contracts.http.search import SearchPage

SearchOrder = Literal["relevance", "newest", "name", "price", "-price"]


class SearchArea:
    """The search over all products."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def find(
        self,
        q: str = "",
        *,
        category: str = "",
        seller_id: str = "",
        min_price: Decimal | None = None,
        max_price: Decimal | None = None,
        in_stock: bool | None = None,
        sort: SearchOrder = "relevance",
        cursor: str = "",
        limit: int = DEFAULT_PAGE,
    ) -> SearchPage:
        """A page of the products that contain all words of `q`, misspelt ones included, with facets over all pages."""
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
        return await self._transport.request("GET", "/search-service/api/search", SearchPage, query=query)
