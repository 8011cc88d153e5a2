"""The commands of `marketplace shop` that make an account and set a forgotten password.

To sign in, commands have options and the environment.
"""

from __future__ import annotations

import os
import sys
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


@group.command("forgot-password", "Have a token mailed that sets a new password.")
async def forgot_password(
    invocation: Invocation, email: Annotated[str, typer.Argument(help="The address of the account.")]
) -> None:
    """Ask for it; the marketplace does not tell who has an account."""
    await invocation.client.auth.forgot_password(email)
    invocation.output.note("If there is such an account, a mail with a token is on its way to it.")


@group.command("reset-password", f"Set the password that {PASSWORD} names, by the token of a mail.")
async def reset_password(invocation: Invocation) -> None:
    """Take both secrets from where no one else sees them: the token from standard input."""
    password = os.environ.get(PASSWORD, "")
    if not password:
        raise typer.BadParameter(f"set {PASSWORD} to the new password", param_hint="environment")
    asks = sys.stdin.isatty()
    token = typer.prompt("Token", hide_input=True) if asks else sys.stdin.readline()
    if not token.strip():
        raise typer.BadParameter("give the token of the mail on standard input", param_hint="standard input")
    await invocation.client.auth.reset_password(token.strip(), password)
    invocation.output.note("The password is set, and all sessions of the account have ended.")
