"""`marketplace shop`: search, buy, and look after the own orders and messages."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

import typer

from marketplace_tui.commands import accounts, cart, messages, orders
from marketplace_tui.commands.invocation import Group, Invocation
from marketplace_tui.commands.values import USUAL_LIMIT, Cursor, Limit, Product, amount
from marketplace_tui.summaries import SUMMARIES

group = Group("user")


@group.command("search", "Search the products that can be bought.")
async def search(
    invocation: Invocation,
    words: Annotated[
        list[str] | None, typer.Argument(help="All of these, in name or text.", show_default=False)
    ] = None,
    category: Annotated[str, typer.Option(help="Of this category.", show_default=False)] = "",
    seller: Annotated[str, typer.Option(metavar="ID", help="Of this seller.", show_default=False)] = "",
    min_price: Annotated[Decimal | None, typer.Option(parser=amount, metavar="AMOUNT", show_default=False)] = None,
    max_price: Annotated[Decimal | None, typer.Option(parser=amount, metavar="AMOUNT", show_default=False)] = None,
    in_stock: Annotated[bool, typer.Option("--in-stock", help="Leave out what is sold out.")] = False,
    sort: Annotated[
        Literal["relevance", "newest", "name", "price", "-price"], typer.Option(help="What comes first.")
    ] = "relevance",
    limit: Limit = USUAL_LIMIT,
    cursor: Cursor = "",
) -> None:
    """Ask the search; misspelt words are found, too."""
    from marketplace_tui.commands.shop_views import found

    page = await invocation.client.search.find(
        " ".join(words or []),
        category=category,
        seller_id=seller,
        min_price=min_price,
        max_price=max_price,
        in_stock=True if in_stock else None,
        sort=sort,
        cursor=cursor,
        limit=limit,
    )
    invocation.output.page(page, found)


@group.command("show", "Show a product with its text, stock and seller.")
async def show(invocation: Invocation, product: Product) -> None:
    """Read one product."""
    from marketplace_tui.commands.shop_views import product_page
    from marketplace_tui.operations.shop import find_product

    product_id = await find_product(invocation.client, product)
    invocation.output.answer(await invocation.client.products.read(product_id), product_page)


group.app.add_typer(cart.group.app, name="cart", help="The cart: show it, add to it, change it.")
group.app.add_typer(orders.group.app)
group.app.add_typer(messages.group.app)
group.app.add_typer(accounts.group.app)

app = typer.Typer()
app.add_typer(group.app, name="shop", help=SUMMARIES["shop"])
"""The group alone: to make those of all areas would take long, and a command needs one."""
