"""`marketplace seller`: sales, products, and the orders to ship."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from marketplace_tui.commands import stock
from marketplace_tui.commands.invocation import Group, Invocation
from marketplace_tui.commands.values import USUAL_LIMIT, Cursor, Limit, Order, Reason
from marketplace_tui.summaries import SUMMARIES
from services_stub.contracts.events.order import OrderStatus
from services_stub.contracts.http.seller import HIGHEST_THRESHOLD

group = Group("seller")


@group.command("sales", "Show the sales in numbers, and the newest of them.")
async def sales(
    invocation: Invocation,
    by: Annotated[Literal["hour", "day"], typer.Option(help="The steps of the series.")] = "day",
    limit: Limit = USUAL_LIMIT,
) -> None:
    """Read numbers and list of one moment, so that they add up."""
    from marketplace_tui.commands.seller_views import dashboard

    invocation.output.answer(await invocation.client.seller.dashboard(interval=by, limit=limit), dashboard)


@group.command("orders", "List the orders with own items.")
async def orders(
    invocation: Invocation,
    status: Annotated[OrderStatus | None, typer.Option(help="Only these; PAID is to be shipped.")] = None,
    limit: Limit = USUAL_LIMIT,
    cursor: Cursor = "",
) -> None:
    """Newest first."""
    from marketplace_tui.commands.shop_views import order_list

    page = await invocation.client.seller.orders(status=status, cursor=cursor, limit=limit)
    invocation.output.page(page, order_list)


@group.command("ship", "Say that the own items of an order are on their way.")
async def ship(invocation: Invocation, order: Order) -> None:
    """Move the own part on."""
    from marketplace_tui.commands.shop_views import order_page
    from marketplace_tui.operations.shop import find_order

    order_id = await find_order(invocation.client, order)
    invocation.output.answer(await invocation.client.seller.ship(order_id), order_page)


@group.command("deliver", "Say that the own items of an order arrived.")
async def deliver(invocation: Invocation, order: Order) -> None:
    """Move the own part on."""
    from marketplace_tui.commands.shop_views import order_page
    from marketplace_tui.operations.shop import find_order

    order_id = await find_order(invocation.client, order)
    invocation.output.answer(await invocation.client.seller.deliver(order_id), order_page)


@group.command("refund", "Give the money of the own items back.")
async def refund(invocation: Invocation, order: Order, reason: Reason = "") -> None:
    """End the own part; cancel what is not shipped yet."""
    from marketplace_tui.commands.shop_views import order_page
    from marketplace_tui.operations.shop import find_order

    order_id = await find_order(invocation.client, order)
    invocation.output.answer(await invocation.client.seller.refund(order_id, reason), order_page)


@group.command("notices", "List the notices of low stock, or mark them as read.")
async def notices(
    invocation: Invocation,
    unread: Annotated[bool, typer.Option("--unread", help="Leave out what was read.")] = False,
    read: Annotated[str, typer.Option(metavar="NOTICE", help="Mark this one as read.", show_default=False)] = "",
    read_all: Annotated[bool, typer.Option("--read-all", help="Mark all of them as read.")] = False,
    limit: Limit = USUAL_LIMIT,
    cursor: Cursor = "",
) -> None:
    """Newest first."""
    from marketplace_tui.commands.seller_views import notice_list, notice_page
    from marketplace_tui.operations.seller import find_notice

    client, output = invocation.client, invocation.output
    if read and read_all:
        raise typer.BadParameter("give --read or --read-all, not both", param_hint="--read")
    if read:
        output.answer(await client.seller.mark_notice_read(await find_notice(client, read)), notice_page)
    elif read_all:
        output.answer(await client.seller.mark_all_notices_read(), notice_list)
    else:
        page = await client.seller.notices(unread=True if unread else None, cursor=cursor, limit=limit)
        output.page(page, notice_list)


@group.command("settings", "Show the own settings, or change them.")
async def settings(
    invocation: Invocation,
    low_stock: Annotated[
        int | None, typer.Option(min=0, max=HIGHEST_THRESHOLD, help="Units at which stock is low.", show_default=False)
    ] = None,
) -> None:
    """Without a new value, they stay as they are."""
    from marketplace_tui.commands.seller_views import settings_page

    area = invocation.client.seller
    chosen = await area.settings() if low_stock is None else await area.change_settings(low_stock_threshold=low_stock)
    invocation.output.answer(chosen, settings_page)


group.app.add_typer(stock.group.app)

app = typer.Typer()
app.add_typer(group.app, name="seller", help=SUMMARIES["seller"])
"""The group alone: to make those of all areas would take long, and a command needs one."""
