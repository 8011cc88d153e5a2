"""The routes of the payment service: payments can only be read, orders change them."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, get, post
from litestar.params import Parameter
from sqlalchemy import Connection

from services_stub.contracts.envelope import Cause
from services_stub.contracts.http.page import DEFAULT_PAGE, LARGEST_PAGE, Page
from services_stub.contracts.http.payment import Payment, PaymentMethod, PaymentStatus
from services_stub.payment.domain import CARDS
from services_stub.payment.handlers.webhooks import Webhooks
from services_stub.payment.store import payments as store
from services_stub.payment.store.webhooks import Forged
from services_stub.runtime.context import Context
from services_stub.runtime.errors import Refused
from services_stub.runtime.http import REFUSED, PathId, allow, allow_anyone
from services_stub.runtime.tokens import Caller

WEBHOOKS = "webhooks"
"""The name of the service's `Webhooks` in the context's state; they are missing where no secret is given."""

Limit = Annotated[int, Parameter(ge=1, le=LARGEST_PAGE)]

_METHODS = [PaymentMethod(payment_method=name, description=card.description) for name, card in CARDS.items()]


@get(
    "/api/payments/{order_id:str}",
    summary="The payment of an order",
    responses={404: REFUSED},
    **allow("user", "admin"),
)
async def read_one_payment(order_id: PathId, context: Context, caller: Caller) -> Payment:
    """A shopper sees their own, an admin all."""
    return await context.read(_visible_payment, order_id, caller)


@get("/api/payments", summary="The own payments, newest first", **allow("user"))
async def list_payments(
    context: Context, caller: Caller, cursor: str = "", limit: Limit = DEFAULT_PAGE
) -> Page[Payment]:
    """A page of payments."""
    return await context.read(store.payments_of_user, caller.user_id, cursor, limit)


@get("/api/admin/payments", summary="All payments, newest first", **allow("admin"))
async def list_all_payments(
    context: Context, status: PaymentStatus | None = None, cursor: str = "", limit: Limit = DEFAULT_PAGE
) -> Page[Payment]:
    """A page of payments."""
    return await context.read(store.all_payments, status, cursor, limit)


@get("/api/payment-methods", summary="The test cards", **allow_anyone())
async def list_payment_methods() -> list[PaymentMethod]:
    """The payment methods, and the behaviour of each card."""
    return _METHODS


@post(
    "/api/webhooks/{provider:str}",
    summary="A provider's webhook",
    status_code=204,
    responses={404: REFUSED},
    **allow_anyone(),
)
async def receive_webhook(
    provider: str, request: Request[Any, Any, Any], context: Context, cause: Cause, body: bytes
) -> None:
    """Signed by the provider; it only prompts payment to ask the provider about the order that it names."""
    webhooks: Webhooks | None = context.state.get(WEBHOOKS)
    if webhooks is None or webhooks.provider != provider:
        raise Refused(404, "webhooks-not-configured", "no secret of this provider's webhooks is in the key file")
    try:
        event = webhooks.reader.read(request.headers, body)
    except Forged as forged:
        raise Refused(400, "webhook-refused", f"the webhook is refused: {forged}") from forged
    await context.write(webhooks.on_event, event, cause)


def _visible_payment(connection: Connection, order_id: PathId, caller: Caller) -> Payment:
    row = store.find_payment(connection, order_id)
    if row is None or (caller.role != "admin" and row.user_id != caller.user_id):
        raise Refused(404, "payment-not-found", "there is no such payment")
    return store.read_payment(connection, row)


ROUTES: list[Any] = [read_one_payment, list_payments, list_all_payments, list_payment_methods, receive_webhook]
