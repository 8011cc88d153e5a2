"""The command of `marketplace shop` that makes an account; to sign in, commands have options and the environment."""

from __future__ import annotations

import os
from typing import Annotated, Literal

import typer

from marketplace_tui.commands.connecting import EMAIL, PASSWORD
from marketplace_tui.commands.invocation import Group, Invocation

group = Group("guest", signs_in=False)


@group.command("register", f"Make the account that {EMAIL} and {PASSWORD} name.")
async def register(
    invocation: Invocation,
    role: Annotated[Literal["user", "seller"], typer.Option(help="To buy, or to sell.")] = "user",
    name: Annotated[str, typer.Option(help="The name that others see.", show_default=False)] = "",
) -> None:
    """Take the password from the environment alone, as everywhere."""
    from marketplace_tui.commands.shop_views import account_page

    email, password = os.environ.get(EMAIL, ""), os.environ.get(PASSWORD, "")
    if not (email and password):
        raise typer.BadParameter(f"set {EMAIL} and {PASSWORD} to those of the new account", param_hint="environment")
    user = await invocation.client.auth.register(email, password, role=role, name=name)
    invocation.output.answer(user, account_page)
    invocation.output.note("Commands act for it while these variables are set.")
