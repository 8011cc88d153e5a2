"""The operations of an admin: all accounts, products, orders and payments, and the blocks."""

from __future__ import annotations

from services_stub.client.errors import checked_input
from services_stub.client.transport import Transport, path_segment
from services_stub.contracts.events.order import OrderStatus
from services_stub.contracts.events.product import ProductStatus
from services_stub.contracts.http.auth import Role, SellerBlock, User
from services_stub.contracts.http.notification import ReportBounce
from services_stub.contracts.http.order import ChoosePart, EndParts, Order
from services_stub.contracts.http.page import DEFAULT_PAGE, Page
from services_stub.contracts.http.payment import Payment, PaymentStatus
from services_stub.contracts.http.product import Product
from services_stub.contracts.http.reason import Reason

_ORDERS = "/order-service/api/orders"


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

    async def block_seller(self, seller_id: str, reason: str = "") -> SellerBlock:
        """Block a seller: their tokens stop working, their products leave the shop, their pending orders end.

        The answer says which orders were cancelled so far, and which services hear of it only by the event.
        """
        path = f"/auth-service/api/admin/block-seller/{path_segment(seller_id)}"
        return await self._transport.request("POST", path, SellerBlock, body=Reason(reason=reason))

    async def unblock_seller(self, seller_id: str, reason: str = "") -> SellerBlock:
        """Take the block of a seller back."""
        path = f"/auth-service/api/admin/unblock-seller/{path_segment(seller_id)}"
        return await self._transport.request("POST", path, SellerBlock, body=Reason(reason=reason))

    async def report_bounce(self, email: str, reason: str = "") -> None:
        """Have no more mail sent to an address from which a message came back, until its user confirms it."""
        with checked_input():
            body = ReportBounce(email=email, reason=reason)
        await self._transport.request_empty("POST", "/notification-service/api/admin/bounces", body=body)

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

    async def cancel(self, order_id: str, reason: str = "", *, seller_id: str = "") -> Order:
        """Cancel what is not shipped yet, of one seller or of all."""
        return await self._end("cancel", order_id, reason, seller_id)

    async def refund(self, order_id: str, reason: str = "", *, seller_id: str = "") -> Order:
        """Give the money back, of one seller's part or of all; what is not shipped yet is cancelled."""
        return await self._end("refund", order_id, reason, seller_id)

    async def ship(self, order_id: str, *, seller_id: str = "") -> Order:
        """Say that a part is on its way, for its seller."""
        return await self._move("ship", order_id, seller_id)

    async def deliver(self, order_id: str, *, seller_id: str = "") -> Order:
        """Say that a part arrived, for its seller."""
        return await self._move("deliver", order_id, seller_id)

    async def _end(self, action: str, order_id: str, reason: str, seller_id: str) -> Order:
        with checked_input():
            body = EndParts(reason=reason, seller_id=seller_id)
        return await self._transport.request("POST", f"{_ORDERS}/{path_segment(order_id)}/{action}", Order, body=body)

    async def _move(self, action: str, order_id: str, seller_id: str) -> Order:
        with checked_input():
            body = ChoosePart(seller_id=seller_id)
        return await self._transport.request("POST", f"{_ORDERS}/{path_segment(order_id)}/{action}", Order, body=body)
