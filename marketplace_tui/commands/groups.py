"""The groups of commands for shoppers, sellers and admins."""

from __future__ import annotations

import typer

from marketplace_tui.commands import admin, seller, shop
from marketplace_tui.summaries import SUMMARIES

app = typer.Typer(no_args_is_help=True)
app.add_typer(shop.group.app, name="shop", help=SUMMARIES["shop"])
app.add_typer(seller.group.app, name="seller", help=SUMMARIES["seller"])
app.add_typer(admin.group.app, name="admin", help=SUMMARIES["admin"])
