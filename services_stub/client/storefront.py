"""The first page of a shop, which the gateway composes of several services."""

from __future__ import annotations

from decimal import Decimal

from services_stub.client.search import SearchOrder
from services_stub.client.transport import Transport
from services_stub.contracts.http.gateway import Storefront
from services_stub.contracts.http.page import DEFAULT_PAGE


class StorefrontArea:
    """The composed answer for a first page."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def read(
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
    ) -> Storefront:
        """The products that search finds, the categories, the own or the guest's cart, and the unread messages.

        `missing` of the answer says which of these are not there.
        """
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
        session = self._transport.session
        headers = {"x-session-id": session.guest_id} if session.guest_id and session.tokens is None else {}
        return await self._transport.request("GET", "/api/storefront", Storefront, query=query, headers=headers)
