"""The commands of `marketplace shop` about buying: an order, its way, and its end."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated
from uuid import uuid4

import typer

from marketplace_tui import failures
from marketplace_tui.commands.invocation import Group, Invocation
from marketplace_tui.commands.values import USUAL_LIMIT, Cursor, Key, Limit, Order, PartOf, Reason, amount
from services_stub.contracts.events.order import OrderStatus

if TYPE_CHECKING:
    from services_stub.contracts.http.order import Order as OrderBody

group = Group("user")

CARD = "pm_card_visa"
_LONGEST_WAIT = 3600.0


@group.command("buy", "Order what lies in the cart.")
async def buy(
    invocation: Invocation,
    card: Annotated[str, typer.Option(help="The payment method; `marketplace shop cards` lists them.")] = CARD,
    expect: Annotated[
        Decimal | None,
        typer.Option(parser=amount, metavar="AMOUNT", help="Only if it costs this; by default the sum of the cart."),
    ] = None,
    key: Key = "",
    wait: Annotated[bool, typer.Option("--wait", help="Until it is PAID or FAILED; then 1 is the exit code.")] = False,
    timeout: Annotated[float, typer.Option(min=0, max=_LONGEST_WAIT, help="Seconds to wait at most.")] = 30.0,
) -> None:
    """Say the sum, place the order with an idempotency key, and wait for the payment if asked to."""
    from marketplace_tui.commands.shop_views import order_page
    from marketplace_tui.operations.shop import cart_to_buy, until_settled
    from marketplace_tui.text.values import count, money
    from services_stub.client.errors import OutcomeUnknown, ServerFault, Unreachable

    client, output = invocation.client, invocation.output
    if expect is None:
        cart = await cart_to_buy(client)
        expect = cart.amount
        output.note(f"{count(len(cart.lines), 'line')}, {money(cart.amount, cart.currency)}, paid with {card}.")
    key = key or str(uuid4())
    try:
        order = await client.orders.place(card, expected_amount=expect, idempotency_key=key)
    except (Unreachable, OutcomeUnknown, ServerFault, asyncio.CancelledError):
        output.note("To repeat it so that at most one order comes of it: the same command, with")
        output.note(f"  --expect {expect} --idempotency-key {key}")
        raise
    if wait:
        output.note(f"Order {order.order_id} is placed.")
        order = await until_settled(client, order.order_id, seconds=timeout)
    output.answer(order, order_page)
    if wait:
        raise typer.Exit(_code_of(invocation, order, timeout))


@group.command("cards", "List the payment methods, and what each does.")
async def cards(invocation: Invocation) -> None:
    """Ask the payment service."""
    from marketplace_tui.commands.shop_views import methods

    invocation.output.answer(await invocation.client.payments.methods(), methods)


@group.command("orders", "List the own orders.")
async def orders(
    invocation: Invocation,
    status: Annotated[OrderStatus | None, typer.Option(help="Only these.", show_default=False)] = None,
    limit: Limit = USUAL_LIMIT,
    cursor: Cursor = "",
) -> None:
    """Newest first."""
    from marketplace_tui.commands.shop_views import order_list

    page = await invocation.client.orders.list(status=status, cursor=cursor, limit=limit)
    invocation.output.page(page, order_list)


@group.command("order", "Show an order, and all that happened to it.")
async def order(invocation: Invocation, order: Order) -> None:
    """Order, payment and messages, oldest first."""
    from marketplace_tui.commands.shop_views import timeline
    from marketplace_tui.operations.shop import find_order

    order_id = await find_order(invocation.client, order)
    invocation.output.answer(await invocation.client.orders.timeline(order_id), timeline)


@group.command("cancel", "Cancel what is not shipped yet; the money comes back.")
async def cancel(invocation: Invocation, order: Order, reason: Reason = "", seller: PartOf = "") -> None:
    """End one part, or all that can be."""
    from marketplace_tui.commands.shop_views import order_page
    from marketplace_tui.operations.shop import find_order

    order_id = await find_order(invocation.client, order)
    ended = await invocation.client.orders.cancel(order_id, reason, seller_id=seller)
    invocation.output.answer(ended, order_page)


@group.command("again", "Put the same products into the cart.")
async def again(invocation: Invocation, order: Order) -> None:
    """Those that cannot be had are named, with exit code 1."""
    from marketplace_tui.commands.shop_views import reordered
    from marketplace_tui.operations.shop import buy_again, find_order

    done = await buy_again(invocation.client, await find_order(invocation.client, order))
    invocation.output.answer(done, reordered)
    if done.left_out:
        raise typer.Exit(failures.FAILED)


def _code_of(invocation: Invocation, order: OrderBody, timeout: float) -> int:
    """The exit code after the wait for a payment."""
    match order.status:
        case OrderStatus.PENDING:
            invocation.output.note(f"Still PENDING after {timeout:g} s: look with `marketplace shop order`.")
            return failures.UNKNOWN
        case OrderStatus.FAILED | OrderStatus.CANCELLED | OrderStatus.REFUNDING | OrderStatus.REFUNDED:
            return failures.FAILED
    return 0
