"""`marketplace shop cart`: the own cart, or the guest's."""

from __future__ import annotations

from typing import Annotated

import typer

from marketplace_tui.commands.invocation import Group, Invocation
from marketplace_tui.commands.values import Product
from services_stub.contracts.http.cart import MOST_PER_LINE

group = Group("user")

Line = Annotated[str, typer.Argument(metavar="PRODUCT", help="The id of a product in the cart, or its end.")]


@group.command("show", "Show the cart.")
async def show(invocation: Invocation) -> None:
    """Today's prices, with what changed since a line was put in."""
    from marketplace_tui.commands.shop_views import cart

    invocation.output.answer(await invocation.client.cart.read(), cart)


@group.command("add", "Put a product into the cart.")
async def add(
    invocation: Invocation,
    product: Product,
    quantity: Annotated[int, typer.Argument(min=1, max=MOST_PER_LINE, help="How many more.")] = 1,
) -> None:
    """Add to what is there."""
    from marketplace_tui.commands.shop_views import cart
    from marketplace_tui.operations.shop import find_product

    product_id = await find_product(invocation.client, product)
    invocation.output.answer(await invocation.client.cart.add(product_id, quantity), cart)


@group.command("set", "Set the quantity of a line; 0 removes it.")
async def set_quantity(
    invocation: Invocation,
    product: Line,
    quantity: Annotated[int, typer.Argument(min=0, max=MOST_PER_LINE, help="How many in all.")],
) -> None:
    """Replace the quantity."""
    from marketplace_tui.commands.shop_views import cart
    from marketplace_tui.operations.shop import find_line

    product_id = await find_line(invocation.client, product)
    invocation.output.answer(await invocation.client.cart.change(product_id, quantity), cart)


@group.command("remove", "Take a line out of the cart.")
async def remove(invocation: Invocation, product: Line) -> None:
    """Remove it, whatever its quantity."""
    from marketplace_tui.commands.shop_views import cart
    from marketplace_tui.operations.shop import find_line

    product_id = await find_line(invocation.client, product)
    invocation.output.answer(await invocation.client.cart.remove(product_id), cart)


@group.command("clear", "Take everything out of the cart.")
async def clear(invocation: Invocation) -> None:
    """Remove all lines."""
    from marketplace_tui.commands.shop_views import cart

    invocation.output.answer(await invocation.client.cart.clear(), cart)
