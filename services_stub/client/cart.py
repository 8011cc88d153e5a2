"""The cart of a user, or of a guest session that this client keeps until it is merged."""

from __future__ import annotations

from contextlib import suppress
from typing import Literal

from services_stub.client.errors import MarketplaceError
from services_stub.client.session import Session
from services_stub.client.transport import Transport, path_segment
from services_stub.contracts.base import Request
from services_stub.contracts.http.cart import AddToCart, Cart, ChangeQuantity

_BASE = "/cart-service/api/cart"
_SESSION_HEADER = "x-session-id"


class CartArea:
    """The operations on the own cart."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def read(self) -> Cart:
        """The cart with today's prices, as far as the cart service has heard of them.

        A guest's cart that is not merged yet is merged first, if that can be done now.
        """
        session = self._transport.session
        if session.guest_id and _is_shopper(session):
            with suppress(MarketplaceError):
                return await self.merge()
        return await self._ask("GET", "/public")

    async def add(self, product_id: str, quantity: int = 1) -> Cart:
        """Put `quantity` more of a product into the cart."""
        return await self._ask("POST", "/public/add", AddToCart(product_id=product_id, quantity=quantity))

    async def change(self, product_id: str, quantity: int) -> Cart:
        """Set the quantity of a line; 0 removes it."""
        return await self._ask("PUT", _line(product_id), ChangeQuantity(quantity=quantity))

    async def remove(self, product_id: str) -> Cart:
        """Take a line out."""
        return await self._ask("DELETE", _line(product_id))

    async def clear(self) -> Cart:
        """Take all lines out."""
        return await self._ask("DELETE", "/public")

    async def merge(self) -> Cart:
        """Move the lines of the guest cart into the cart of the user who is signed in."""
        return await self._ask("POST", "/merge")

    async def _ask(
        self, method: Literal["GET", "POST", "PUT", "DELETE"], path: str, body: Request | None = None
    ) -> Cart:
        session = self._transport.session
        kept = session.guest_id if _is_shopper(session) and method != "GET" else ""
        guest_id = kept if session.tokens else session.begin_guest()
        headers = {_SESSION_HEADER: guest_id} if guest_id else {}
        cart = await self._transport.request(method, _BASE + path, Cart, body=body, headers=headers)
        if session.tokens and guest_id and session.guest_id == guest_id:
            session.guest_id = ""  # a change that carries both identities merges the guest's cart
        return cart


def _is_shopper(session: Session) -> bool:
    return session.tokens is not None and session.tokens.user.role == "user"


def _line(product_id: str) -> str:
    return f"/public/items/{path_segment(product_id)}"
