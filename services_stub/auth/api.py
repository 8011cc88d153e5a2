"""The HTTP routes of the auth service: who may call what, and which handler answers."""

from __future__ import annotations

import asyncio
from typing import Annotated

import structlog
from litestar import get, post
from litestar.params import Parameter
from msgspec import structs

from services_stub.auth.domain import ACCESS
from services_stub.auth.handlers import accounts, password_resets, sessions
from services_stub.auth.handlers.resources import Resources, resources_of
from services_stub.auth.store import password_resets as reset_store
from services_stub.auth.store import sessions as session_store
from services_stub.auth.store import users
from services_stub.contracts.envelope import Cause
from services_stub.contracts.http.auth import (
    BlockedSellers,
    BlockEffect,
    ChangePassword,
    ForgotPassword,
    KeySet,
    Login,
    Refresh,
    Register,
    ResetPassword,
    Role,
    SellerBlock,
    SellerBlockChange,
    SellerName,
    Tokens,
    User,
)
from services_stub.contracts.http.page import DEFAULT_PAGE, LARGEST_PAGE, Page
from services_stub.contracts.http.reason import Reason
from services_stub.contracts.problem import FieldError
from services_stub.contracts.times import from_microseconds
from services_stub.runtime import clock
from services_stub.runtime.context import Context
from services_stub.runtime.errors import Refused, Unavailable
from services_stub.runtime.http import REFUSED, PathId, allow, allow_anyone, allow_internal
from services_stub.runtime.tokens import Caller

TOLD = ("order", "product")
"""The services without which nothing is sold: they are told of a block before it is acknowledged."""

TELL_WITHIN = 0.5
"""Seconds. An admin waits for it."""


@post("/api/auth/register", responses={409: REFUSED}, **allow_anyone())
async def register(context: Context, cause: Cause, data: Register) -> User:
    """Make an account as a user or a seller."""
    await _refuse_weak(context, "password", data.password, data.email)
    password_hash = await resources_of(context).passwords.hash(data.password)
    account = accounts.RegisterAccount(data.email, password_hash, data.role, data.name, data.phone)
    return await context.write(accounts.register, account, cause)


@post("/api/auth/login", status_code=200, **allow_anyone())
async def login(context: Context, cause: Cause, data: Login) -> Tokens:
    """Open a session."""
    resources = resources_of(context)
    row = await context.read(users.find_by_email, data.email)
    check = await resources.passwords.check(data.password, None if row is None else row.password_hash)
    if row is None or not check.matches:
        raise Refused(401, "wrong-credentials", "there is no account with this address and password")
    logged_in = sessions.OpenSession(row.user_id, row.password_hash, check.rehashed)
    return _tokens(resources, await context.write(sessions.log_in, logged_in, cause))


@post("/api/auth/refresh", status_code=200, **allow_anyone())
async def refresh(context: Context, cause: Cause, data: Refresh) -> Tokens:
    """Renew a session. The refresh token works once: the answer brings the next, and for ten seconds the same again."""
    renewal = sessions.Renew(data.refresh_token, resources_of(context).signer.refresh_key)
    session = await context.write(sessions.refresh, renewal, cause)
    if session is None:
        raise Refused(401, "refresh-token-invalid", "the refresh token is not valid any more: log in again")
    return _tokens(resources_of(context), session)


@post("/api/auth/logout", status_code=204, **allow_anyone())
async def logout(context: Context, cause: Cause, data: Refresh) -> None:
    """End a session, with its access tokens and live streams."""
    await context.write(sessions.log_out, data.refresh_token, cause)


@post("/api/auth/password", status_code=200, **allow("user", "seller", "admin"))
async def change_password(context: Context, caller: Caller, cause: Cause, data: ChangePassword) -> Tokens:
    """Change the own password. It ends all own sessions; the answer brings a new one."""
    resources = resources_of(context)
    row = await context.read(users.find, caller.user_id)
    check = await resources.passwords.check(data.current_password, None if row is None else row.password_hash)
    if row is None or not check.matches:
        message = "this is not your password"
        raise Refused(403, "wrong-password", message, errors=[FieldError(field="currentPassword", message=message)])
    await _refuse_weak(context, "newPassword", data.new_password, row.email)
    changed = await resources.passwords.hash(data.new_password)
    command = sessions.ChangePasswordHash(caller.user_id, row.password_hash, changed)
    return _tokens(resources, await context.write(sessions.change_password, command, cause))


@post("/api/auth/forgot-password", status_code=202, **allow_anyone())
async def forgot_password(context: Context, cause: Cause, data: ForgotPassword) -> None:
    """Have a token mailed that sets a new password within 30 minutes. The answer does not tell who has an account."""
    asked = password_resets.AskForReset(data.email, resources_of(context).signer.reset_key)
    await context.write(password_resets.ask, asked, cause)


@post("/api/auth/reset-password", status_code=204, **allow_anyone())
async def reset_password(context: Context, cause: Cause, data: ResetPassword) -> None:
    """Set a new password by a mailed token, which works once. It ends all sessions of the account."""
    row = await context.read(reset_store.find_account, data.token, clock.now())
    if row is None:
        raise password_resets.invalid_token()
    await _refuse_weak(context, "newPassword", data.new_password, row.email)
    password_hash = await resources_of(context).passwords.hash(data.new_password)
    await context.write(password_resets.reset, password_resets.ResetPasswordHash(data.token, password_hash), cause)


@post("/api/auth/logout-everywhere", status_code=204, **allow("user", "seller", "admin"))
async def logout_everywhere(context: Context, caller: Caller, cause: Cause) -> None:
    """End all own sessions, with their access tokens and live streams."""
    await context.write(sessions.log_out_everywhere, caller.user_id, cause)


@get("/api/auth/me", **allow("user", "seller", "admin"))
async def me(context: Context, caller: Caller) -> User:
    """One's own account."""
    row = await context.read(users.find, caller.user_id)
    if row is None:
        raise Refused(401, "account-gone", "the account does not exist any more")
    return users.user_of(row)


@get("/api/auth/keys", **allow_anyone())
async def keys(context: Context) -> KeySet:
    """The keys that access tokens are verified with (RFC 7517)."""
    return resources_of(context).signer.keys


@get("/api/auth/sellers", **allow_anyone())
async def seller_names(
    context: Context,
    ids: Annotated[str, Parameter(max_length=2000, description="Ids of sellers, separated by commas.")] = "",
) -> list[SellerName]:
    """The names of sellers, blocked ones included; ids of no seller are left out."""
    return await context.read(users.names_of_sellers, set(ids.split(",")))


@get("/api/admin/users", **allow("admin"))
async def list_users(
    context: Context,
    q: Annotated[str, Parameter(max_length=200, description="Words that must occur in address or name.")] = "",
    role: Role | None = None,
    cursor: Annotated[str, Parameter(max_length=2000, description="`nextCursor` of the page before.")] = "",
    limit: Annotated[int, Parameter(ge=1, le=LARGEST_PAGE)] = DEFAULT_PAGE,
) -> Page[User]:
    """The accounts, the newest first."""
    read = context.read_long if q.strip() else context.read
    return await read(users.page, q, role or "", cursor, limit)


@post("/api/admin/block-seller/{seller_id:str}", status_code=200, responses={404: REFUSED}, **allow("admin"))
async def block_seller(context: Context, cause: Cause, seller_id: PathId, data: Reason | None = None) -> SellerBlock:
    """Block a seller: from the answer on nothing of theirs can be bought, and they are locked out."""
    return await _set_blocked(context, accounts.SetSellerBlocked(seller_id, _reason(data), blocked=True), cause)


@post("/api/admin/unblock-seller/{seller_id:str}", status_code=200, responses={404: REFUSED}, **allow("admin"))
async def unblock_seller(context: Context, cause: Cause, seller_id: PathId, data: Reason | None = None) -> SellerBlock:
    """Take the block of a seller back."""
    return await _set_blocked(context, accounts.SetSellerBlocked(seller_id, _reason(data), blocked=False), cause)


@get("/internal/blocked-sellers", **allow_internal())
async def blocked_sellers(context: Context, since: Annotated[int, Parameter(ge=0, le=2**36)] = 0) -> BlockedSellers:
    """The sellers that are blocked now, and the sessions that were ended since the oldest valid token was issued.

    Of sessions that were ended one by one, those since `since` (Unix time in seconds), if that is later.
    """
    now = clock.now()
    oldest = now - ACCESS
    return BlockedSellers(
        seller_ids=await context.read(users.blocked_sellers),
        sessions_ended=await context.read(users.sessions_ended, oldest),
        ended_sessions=await context.read(session_store.ended, max(oldest, from_microseconds(since * 1_000_000))),
        at=int(now.timestamp()),
    )


async def _set_blocked(context: Context, command: accounts.SetSellerBlocked, cause: Cause) -> SellerBlock:
    """Write it, and then tell those who sell at once. Doing it again tells them again, which changes nothing twice."""
    changed = await context.write(accounts.block, command, cause)
    effects: dict[str, BlockEffect | None] = {}
    if changed.change is not None:
        answers = await asyncio.gather(*(_tell(context, service, changed.change, cause) for service in TOLD))
        effects = dict(zip(TOLD, answers, strict=True))
    effect = effects.get("order") or BlockEffect()
    return SellerBlock(
        **structs.asdict(changed.user),
        cancelled_orders=effect.cancelled_orders,
        cancelled_order_ids=effect.order_ids,
        not_reached=[service for service, answer in effects.items() if answer is None],
    )


async def _tell(context: Context, service: str, change: SellerBlockChange, cause: Cause) -> BlockEffect | None:
    """The effect of a block in another service; None where it does not answer in time. The event follows anyway."""
    try:
        async with asyncio.timeout(TELL_WITHIN):
            return await context.peers.call(
                service, "POST", "/internal/blocked-sellers", body=change, expect=BlockEffect, cause=cause
            )
    except (Refused, Unavailable, TimeoutError) as error:
        structlog.get_logger().warning(
            "a block is told by its event alone", to=service, seller_id=change.seller_id, reason=str(error)
        )
        return None


def _tokens(resources: Resources, session: sessions.Session) -> Tokens:
    return Tokens(
        access_token=resources.signer.access_token(session.user, session.session_id),
        refresh_token=session.refresh_token,
        expires_in=int(ACCESS.total_seconds()),
        user=session.user,
    )


async def _refuse_weak(context: Context, field: str, password: str, email: str) -> None:
    if weakness := await resources_of(context).passwords.weakness(password, email):
        raise Refused(400, "weak-password", weakness, errors=[FieldError(field=field, message=weakness)])


def _reason(body: Reason | None) -> str:
    return "" if body is None else body.reason


ROUTES = [
    register,
    login,
    refresh,
    logout,
    change_password,
    forgot_password,
    reset_password,
    logout_everywhere,
    me,
    keys,
    seller_names,
    list_users,
    block_seller,
    unblock_seller,
    blocked_sellers,
]
