"""The commands of `marketplace seller` about products: one by one, and prices and stock of many at once."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Annotated
from uuid import uuid4

import typer

from marketplace_tui.commands.invocation import Group, Invocation
from marketplace_tui.commands.values import (
    USUAL_LIMIT,
    Cursor,
    DryRun,
    File,
    Key,
    Limit,
    Product,
    amount,
    lines_of,
)
from services_stub.contracts.http.bulk import MOST_UNITS

group = Group("seller")


@group.command("products", "List the own products, or those whose name or category has some words.")
async def products(
    invocation: Invocation,
    words: Annotated[list[str] | None, typer.Argument(help="All of these.", show_default=False)] = None,
    limit: Limit = USUAL_LIMIT,
    cursor: Cursor = "",
) -> None:
    """All of them, blocked ones included."""
    from marketplace_tui.commands.seller_views import product_list
    from marketplace_tui.operations.seller import search_products

    page = await search_products(invocation.client, " ".join(words or []), cursor=cursor, limit=limit)
    invocation.output.page(page, product_list)


@group.command("create", "Offer a new product.")
async def create(
    invocation: Invocation,
    name: Annotated[str, typer.Argument(help="What it is called.")],
    category: Annotated[str, typer.Option(help="Where shoppers find it.")],
    price: Annotated[Decimal, typer.Option(parser=amount, metavar="AMOUNT")],
    units: Annotated[int, typer.Option("--stock", min=0, max=MOST_UNITS, help="Units that can be sold.")],
    description: Annotated[str, typer.Option(help="Its text.", show_default=False)] = "",
) -> None:
    """Put it into the shop."""
    from marketplace_tui.commands.shop_views import product_page

    made = await invocation.client.seller.create_product(
        name, category=category, price=price, quantity=units, description=description
    )
    invocation.output.answer(made, product_page)


@group.command("change", "Change name, category, price, stock or text of a product.")
async def change(
    invocation: Invocation,
    product: Product,
    name: Annotated[str | None, typer.Option(show_default=False)] = None,
    category: Annotated[str | None, typer.Option(show_default=False)] = None,
    price: Annotated[Decimal | None, typer.Option(parser=amount, metavar="AMOUNT", show_default=False)] = None,
    units: Annotated[
        int | None, typer.Option("--stock", min=0, max=MOST_UNITS, help="Units that can be sold.", show_default=False)
    ] = None,
    description: Annotated[str | None, typer.Option(show_default=False)] = None,
    version: Annotated[
        int | None, typer.Option(min=1, help="Only if it still has this version.", show_default=False)
    ] = None,
) -> None:
    """Leave what is not named as it is."""
    from marketplace_tui.commands.shop_views import product_page
    from marketplace_tui.operations.seller import find_own_product

    if all(value is None for value in (name, category, price, units, description)):
        raise typer.BadParameter("say what to change: --name, --category, --price, --stock or --description")
    changed = await invocation.client.seller.change_product(
        await find_own_product(invocation.client, product),
        name=name,
        category=category,
        price=price,
        quantity=units,
        description=description,
        version=version,
    )
    invocation.output.answer(changed, product_page)


@group.command("delete", "Take a product off the market for good.")
async def delete(invocation: Invocation, product: Product) -> None:
    """There is no way back."""
    from marketplace_tui.commands.seller_views import deleted
    from marketplace_tui.operations.seller import Deleted, find_own_product

    product_id = await find_own_product(invocation.client, product)
    await invocation.client.seller.delete_product(product_id)
    invocation.output.answer(Deleted(product_id=product_id), deleted)


@group.command("prices", "Change prices: PRODUCT=12.50, PRODUCT=+10%, PRODUCT=-0.50. All lines or none.")
async def prices(
    invocation: Invocation,
    lines: Annotated[list[str] | None, typer.Argument(metavar="PRODUCT=PRICE", show_default=False)] = None,
    file: File = None,
    dry_run: DryRun = False,
) -> None:
    """Look the products up, and set all prices at once."""
    from marketplace_tui.commands.seller_views import bulk_change
    from marketplace_tui.operations.seller import named_products, price_lines, read_lines

    wanted = read_lines(lines_of(lines, file))
    found = await named_products(invocation.client, (line.product for line in wanted))
    done = await invocation.client.seller.change_prices(price_lines(wanted, found), dry_run=dry_run)
    invocation.output.answer(done, bulk_change)


@group.command("intake", "Add units to the stock: PRODUCT=12. All lines or none.")
async def intake(
    invocation: Invocation,
    lines: Annotated[list[str] | None, typer.Argument(metavar="PRODUCT=UNITS", show_default=False)] = None,
    file: File = None,
    dry_run: DryRun = False,
    key: Key = "",
) -> None:
    """Add them at most once for each idempotency key."""
    from marketplace_tui.commands.seller_views import bulk_change
    from marketplace_tui.operations.seller import intake_lines, named_products, read_lines
    from services_stub.client.errors import OutcomeUnknown, ServerFault, Unreachable

    wanted = read_lines(lines_of(lines, file))
    found = await named_products(invocation.client, (line.product for line in wanted))
    key = key or str(uuid4())
    try:
        done = await invocation.client.seller.take_in_stock(
            intake_lines(wanted, found), dry_run=dry_run, idempotency_key=key
        )
    except (Unreachable, OutcomeUnknown, ServerFault, asyncio.CancelledError):
        if not dry_run:
            invocation.output.note(f"To repeat it and not add the units twice: the same, with --idempotency-key {key}.")
        raise
    invocation.output.answer(done, bulk_change)
