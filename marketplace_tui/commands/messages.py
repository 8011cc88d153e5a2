"""The commands of `marketplace shop` about messages: the inbox, and where copies of them go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from marketplace_tui.commands.invocation import Group, Invocation
from marketplace_tui.commands.values import USUAL_LIMIT, Cursor, Limit

if TYPE_CHECKING:
    from services_stub.contracts.http.notification import MessageChannel

group = Group("user")

_CHANNELS = "email, sms, both as email,sms, or none"
Channels = Annotated[str | None, typer.Option(metavar="CHANNELS", show_default=False)]


@group.command("inbox", "List the messages.")
async def inbox(
    invocation: Invocation,
    unread: Annotated[bool, typer.Option("--unread", help="Leave out what was read.")] = False,
    limit: Limit = USUAL_LIMIT,
    cursor: Cursor = "",
) -> None:
    """Newest first."""
    from marketplace_tui.commands.shop_views import message_list

    page = await invocation.client.notifications.list(unread=True if unread else None, cursor=cursor, limit=limit)
    invocation.output.page(page, message_list)


@group.command("read", "Show a message and mark it as read, or mark all.")
async def read(
    invocation: Invocation,
    message: Annotated[str, typer.Argument(metavar="MESSAGE", help="The id of a message, or its end.")] = "",
    everything: Annotated[bool, typer.Option("--all", help="Mark all of them.")] = False,
) -> None:
    """One of the two."""
    from marketplace_tui.commands.shop_views import message_list, message_page
    from marketplace_tui.operations.shop import find_message

    if bool(message) == everything:
        raise typer.BadParameter("name a message, or give --all", param_hint="MESSAGE")
    if everything:
        invocation.output.answer(await invocation.client.notifications.mark_all_read(), message_list)
        return
    message_id = await find_message(invocation.client, message)
    invocation.output.answer(await invocation.client.notifications.mark_read(message_id), message_page)


@group.command("preferences", f"Show where messages go, or change it. CHANNELS: {_CHANNELS}.")
async def preferences(
    invocation: Invocation,
    phone: Annotated[str | None, typer.Option(help="A number like +15550100; empty: none.", show_default=False)] = None,
    delivery: Channels = None,
    sales: Channels = None,
    stock: Channels = None,
) -> None:
    """Leave what is not named as it is."""
    from marketplace_tui.commands.shop_views import preference_page

    client = invocation.client
    chosen = await client.notifications.preferences()
    if any(value is not None for value in (phone, delivery, sales, stock)):
        chosen = await client.notifications.change_preferences(
            phone=chosen.phone if phone is None else phone,
            delivery=chosen.delivery if delivery is None else channels_of(delivery),
            sales=chosen.sales if sales is None else channels_of(sales),
            stock=chosen.stock if stock is None else channels_of(stock),
        )
    invocation.output.answer(chosen, preference_page)


def channels_of(text: str) -> list[MessageChannel]:
    """The channels that a text names.

    Raises:
        typer.BadParameter: it names something else.

    """
    named = [] if text == "none" else sorted({part.strip() for part in text.split(",")})
    channels: list[MessageChannel] = []
    for name in named:
        if name not in ("email", "sms"):
            raise typer.BadParameter(f"{text!r}: expected {_CHANNELS}", param_hint="CHANNELS")
        channels.append(name)  # type: ignore[arg-type] # one of the two
    return channels
