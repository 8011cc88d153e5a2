"""Accounts: register, sign in and out. Signing in carries a guest's cart over."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from typing import Literal

from services_stub.client.cart import CartArea
from services_stub.client.errors import MarketplaceError, SignInAgain, checked_input
from services_stub.client.session import REFRESH_PATH
from services_stub.client.transport import Transport
from services_stub.contracts.http.auth import (
    ChangePassword,
    ForgotPassword,
    KeySet,
    Login,
    Refresh,
    Register,
    ResetPassword,
    SellerName,
    Tokens,
    User,
)
from services_stub.contracts.problem import problem

_BASE = "/auth-service/api/auth"


class AuthArea:
    """The operations on accounts."""

    def __init__(self, transport: Transport, cart: CartArea) -> None:
        self._transport = transport
        self._cart = cart

    async def register(
        self, email: str, password: str, *, role: Literal["user", "seller"] = "user", name: str = "", phone: str = ""
    ) -> User:
        """Make an account. It is not signed in by that."""
        with checked_input():
            body = Register(email=email, password=password, role=role, name=name, phone=phone)
        return await self._transport.request("POST", f"{_BASE}/register", User, body=body, signed=False)

    async def login(self, email: str, password: str) -> User:
        """Sign in; the guest cart, if there is one, is merged into the shopper's cart.

        Where the cart service is away, the guest cart is kept and merged by the next cart operation.
        """
        body = Login(email=email, password=password)
        session = self._transport.session
        session.tokens = await self._transport.request("POST", f"{_BASE}/login", Tokens, body=body, signed=False)
        if session.guest_id and session.tokens.user.role == "user":
            with suppress(MarketplaceError):
                await self._cart.merge()
        return session.tokens.user

    async def refresh(self) -> User:
        """Renew the tokens now; requests do so by themselves when the marketplace asks for it."""
        session = self._transport.session
        if session.tokens is None:
            raise SignInAgain(problem(401, "unauthenticated", "nobody is signed in"))
        body = Refresh(refresh_token=session.tokens.refresh_token)
        session.tokens = await self._transport.request("POST", REFRESH_PATH, Tokens, body=body, signed=False)
        return session.tokens.user

    async def logout(self) -> None:
        """Sign out here, and make the refresh token worthless there."""
        session = self._transport.session
        if session.tokens is None:
            return
        body = Refresh(refresh_token=session.tokens.refresh_token)
        try:
            await self._transport.request_empty("POST", f"{_BASE}/logout", body=body)
        finally:
            session.tokens = None

    async def change_password(self, current: str, new: str) -> User:
        """Change the own password, which ends all sessions but this one.

        Raises:
            NotAllowed: `current` is not the password.
        """
        with checked_input():
            body = ChangePassword(current_password=current, new_password=new)
        session = self._transport.session
        session.tokens = await self._transport.request("POST", f"{_BASE}/password", Tokens, body=body)
        return session.tokens.user

    async def forgot_password(self, email: str) -> None:
        """Have a token mailed that sets a new password; it is not told whether there is such an account."""
        with checked_input():
            body = ForgotPassword(email=email)
        await self._transport.request_empty("POST", f"{_BASE}/forgot-password", body=body, signed=False)

    async def reset_password(self, token: str, new: str) -> None:
        """Set a new password by a mailed token; all sessions of the account end.

        Raises:
            NotAllowed: the token is not valid, or not any more.
        """
        with checked_input():
            body = ResetPassword(token=token, new_password=new)
        await self._transport.request_empty("POST", f"{_BASE}/reset-password", body=body, signed=False)

    async def logout_everywhere(self) -> None:
        """End all own sessions, here and elsewhere."""
        await self._transport.request_empty("POST", f"{_BASE}/logout-everywhere")
        self._transport.session.tokens = None

    async def me(self) -> User:
        """The account that is signed in, as the marketplace knows it."""
        return await self._transport.request("GET", f"{_BASE}/me", User)

    async def seller_names(self, seller_ids: Collection[str]) -> tuple[SellerName, ...]:
        """The names of sellers, at most about fifty at once; ids of no seller are left out."""
        query = {"ids": ",".join(seller_ids)}
        return await self._transport.request("GET", f"{_BASE}/sellers", tuple[SellerName, ...], query=query)

    async def keys(self) -> KeySet:
        """The public keys that tokens are verified with."""
        return await self._transport.request("GET", f"{_BASE}/keys", KeySet, signed=False)
