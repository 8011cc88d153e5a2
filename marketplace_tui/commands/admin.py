"""`marketplace admin`: the numbers, accounts, products, orders and payments of a whole marketplace."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from marketplace_tui.commands import processes
from marketplace_tui.commands.invocation import Group, Invocation
from marketplace_tui.commands.values import USUAL_LIMIT, Cursor, Limit, Order, PartOf, Product, Reason
from marketplace_tui.summaries import SUMMARIES
from services_stub.contracts.events.order import OrderStatus
from services_stub.contracts.events.product import ProductStatus
from services_stub.contracts.http.auth import Role
from services_stub.contracts.http.payment import PaymentStatus

group = Group("admin")

Words = Annotated[list[str] | None, typer.Argument(help="All of these.", show_default=False)]
Seller = Annotated[str, typer.Argument(metavar="SELLER", help="An e-mail address, an id, or its end.")]


@group.command("overview", "Show the marketplace in numbers.")
async def overview(
    invocation: Invocation,
    by: Annotated[Literal["second", "minute", "hour"], typer.Option(help="The steps of the series.")] = "minute",
    points: Annotated[int, typer.Option(min=1, max=600, help="How many steps.")] = 60,
    top: Annotated[int, typer.Option(min=1, max=100, help="How many entries in each list of the best.")] = 5,
) -> None:
    """Ask the analytics service."""
    from marketplace_tui.commands.admin_views import overview_page
    from marketplace_tui.operations.admin import overview as read

    invocation.output.answer(await read(invocation.client, by, points=points, top=top), overview_page)


@group.command("users", "List the accounts.")
async def users(
    invocation: Invocation,
    words: Words = None,
    role: Annotated[Role | None, typer.Option(help="Only these.", show_default=False)] = None,
    limit: Limit = USUAL_LIMIT,
    cursor: Cursor = "",
) -> None:
    """Search e-mail and name."""
    from marketplace_tui.commands.admin_views import user_list

    page = await invocation.client.admin.users(" ".join(words or []), role=role, cursor=cursor, limit=limit)
    invocation.output.page(page, user_list)


@group.command("block-seller", "Block a seller: the products leave the shop, and pending orders end.")
async def block_seller(invocation: Invocation, seller: Seller, reason: Reason = "") -> None:
    """Say which orders it has cancelled so far."""
    from marketplace_tui.commands.admin_views import block_page
    from marketplace_tui.operations.admin import find_seller

    seller_id = await find_seller(invocation.client, seller)
    invocation.output.answer(await invocation.client.admin.block_seller(seller_id, reason), block_page)


@group.command("unblock-seller", "Let a seller sell again.")
async def unblock_seller(invocation: Invocation, seller: Seller, reason: Reason = "") -> None:
    """Take the block back."""
    from marketplace_tui.commands.admin_views import block_page
    from marketplace_tui.operations.admin import find_seller

    seller_id = await find_seller(invocation.client, seller)
    invocation.output.answer(await invocation.client.admin.unblock_seller(seller_id, reason), block_page)


@group.command("products", "List all products.")
async def products(
    invocation: Invocation,
    words: Words = None,
    status: Annotated[ProductStatus | None, typer.Option(help="Only these.", show_default=False)] = None,
    limit: Limit = USUAL_LIMIT,
    cursor: Cursor = "",
) -> None:
    """All of them, blocked ones included."""
    from marketplace_tui.commands.seller_views import product_list

    page = await invocation.client.admin.products(" ".join(words or []), status=status, cursor=cursor, limit=limit)
    invocation.output.page(page, product_list)


@group.command("block-product", "Take a product out of the shop.")
async def block_product(invocation: Invocation, product: Product, reason: Reason = "") -> None:
    """It cannot be bought then."""
    from marketplace_tui.commands.shop_views import product_page
    from marketplace_tui.operations.admin import find_any_product

    product_id = await find_any_product(invocation.client, product)
    invocation.output.answer(await invocation.client.admin.block_product(product_id, reason), product_page)


@group.command("unblock-product", "Put a product back into the shop.")
async def unblock_product(invocation: Invocation, product: Product, reason: Reason = "") -> None:
    """Take the block back."""
    from marketplace_tui.commands.shop_views import product_page
    from marketplace_tui.operations.admin import find_any_product

    product_id = await find_any_product(invocation.client, product)
    invocation.output.answer(await invocation.client.admin.unblock_product(product_id, reason), product_page)


@group.command("orders", "List all orders.")
async def orders(
    invocation: Invocation,
    status: Annotated[OrderStatus | None, typer.Option(help="Only these.", show_default=False)] = None,
    limit: Limit = USUAL_LIMIT,
    cursor: Cursor = "",
) -> None:
    """Newest first."""
    from marketplace_tui.commands.shop_views import order_list

    page = await invocation.client.admin.orders(status=status, cursor=cursor, limit=limit)
    invocation.output.page(page, order_list)


@group.command("payments", "List all payments.")
async def payments(
    invocation: Invocation,
    status: Annotated[PaymentStatus | None, typer.Option(help="Only these.", show_default=False)] = None,
    limit: Limit = USUAL_LIMIT,
    cursor: Cursor = "",
) -> None:
    """Newest first."""
    from marketplace_tui.commands.admin_views import payment_list

    page = await invocation.client.admin.payments(status=status, cursor=cursor, limit=limit)
    invocation.output.page(page, payment_list)


@group.command("cancel", "Cancel what is not shipped yet of an order.")
async def cancel(invocation: Invocation, order: Order, reason: Reason = "", seller: PartOf = "") -> None:
    """End one part, or all that can be."""
    from marketplace_tui.commands.shop_views import order_page
    from marketplace_tui.operations.shop import find_order

    order_id = await find_order(invocation.client, order)
    ended = await invocation.client.admin.cancel(order_id, reason, seller_id=seller)
    invocation.output.answer(ended, order_page)


@group.command("refund", "Give the money of an order back, of one part or of all.")
async def refund(invocation: Invocation, order: Order, reason: Reason = "", seller: PartOf = "") -> None:
    """Cancel what is not shipped yet."""
    from marketplace_tui.commands.shop_views import order_page
    from marketplace_tui.operations.shop import find_order

    order_id = await find_order(invocation.client, order)
    ended = await invocation.client.admin.refund(order_id, reason, seller_id=seller)
    invocation.output.answer(ended, order_page)


@group.command("ship", "Say for its seller that a part of an order is on its way.")
async def ship(invocation: Invocation, order: Order, seller: PartOf = "") -> None:
    """The only part need not be named."""
    from marketplace_tui.commands.shop_views import order_page
    from marketplace_tui.operations.shop import find_order

    order_id = await find_order(invocation.client, order)
    invocation.output.answer(await invocation.client.admin.ship(order_id, seller_id=seller), order_page)


@group.command("deliver", "Say for its seller that a part of an order arrived.")
async def deliver(invocation: Invocation, order: Order, seller: PartOf = "") -> None:
    """The only part need not be named."""
    from marketplace_tui.commands.shop_views import order_page
    from marketplace_tui.operations.shop import find_order

    order_id = await find_order(invocation.client, order)
    invocation.output.answer(await invocation.client.admin.deliver(order_id, seller_id=seller), order_page)


group.app.add_typer(processes.group.app)

app = typer.Typer()
app.add_typer(group.app, name="admin", help=SUMMARIES["admin"])
"""The group alone: to make those of all areas would take long, and a command needs one."""
