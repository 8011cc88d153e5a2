"""The operations of an admin: all accounts, products, orders and payments, and the blocks."""

from __future__ import annotations

from services_stub.client.transport import Transport, path_segment
from services_stub.contracts.events.order import OrderStatus
from services_stub.contracts.events.product import ProductStatus
from services_stub.contracts.http.auth import Role, User
from services_stub.contracts.http.order import Order
from services_stub.contracts.http.page import DEFAULT_PAGE, Page
from services_stub.contracts.http.payment import Payment, PaymentStatus
from services_stub.contracts.http.product import Product
from services_stub.contracts.http.reason import Reason


class AdminArea:
    """The operations that need the role `admin`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def users(
        self, q: str = "", *, role: Role | None = None, cursor: str = "", limit: int = DEFAULT_PAGE
    ) -> Page[User]:
        """A page of the accounts; `q` searches e-mail and name."""
        query = {"q": q, "role": role, "cursor": cursor, "limit": limit}
        return await self._transport.request("GET", "/auth-service/api/admin/users", Page[User], query=query)

    async def block_seller(self, seller_id: str, reason: str = "") -> User:
        """Block a seller: their tokens stop working, their products leave the shop, their pending orders end."""
        path = f"/auth-service/api/admin/block-seller/{path_segment(seller_id)}"
        return await self._transport.request("POST", path, User, body=Reason(reason=reason))

    async def unblock_seller(self, seller_id: str, reason: str = "") -> User:
        """Take the block of a seller back."""
        path = f"/auth-service/api/admin/unblock-seller/{path_segment(seller_id)}"
        return await self._transport.request("POST", path, User, body=Reason(reason=reason))

    async def products(
        self, q: str = "", *, status: ProductStatus | None = None, cursor: str = "", limit: int = DEFAULT_PAGE
    ) -> Page[Product]:
        """A page of all products, whatever their status."""
        query = {"q": q, "status": status, "cursor": cursor, "limit": limit}
        return await self._transport.request("GET", "/product-service/api/admin/products", Page[Product], query=query)

    async def block_product(self, product_id: str, reason: str = "") -> Product:
        """Take a product out of the shop."""
        path = f"/product-service/api/admin/block-product/{path_segment(product_id)}"
        return await self._transport.request("POST", path, Product, body=Reason(reason=reason))

    async def unblock_product(self, product_id: str, reason: str = "") -> Product:
        """Put a product back into the shop."""
        path = f"/product-service/api/admin/unblock-product/{path_segment(product_id)}"
        return await self._transport.request("POST", path, Product, body=Reason(reason=reason))

    async def orders(
        self, *, status: OrderStatus | None = None, cursor: str = "", limit: int = DEFAULT_PAGE
    ) -> Page[Order]:
        """A page of all orders, newest first."""
        query = {"status": status, "cursor": cursor, "limit": limit}
        return await self._transport.request("GET", "/order-service/api/admin/orders", Page[Order], query=query)

    async def payments(
        self, *, status: PaymentStatus | None = None, cursor: str = "", limit: int = DEFAULT_PAGE
    ) -> Page[Payment]:
        """A page of all payments, newest first."""
        query = {"status": status, "cursor": cursor, "limit": limit}
        return await self._transport.request("GET", "/payment-service/api/admin/payments", Page[Payment], query=query)
