"""The changes of an order as they are asked for on any screen: which part, the reason, and then the call."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from marketplace_tui.model.order_changes import CHANGES, OrderChange, parts_with, put_back, total_of
from marketplace_tui.model.pages import Pages
from marketplace_tui.screens.asking import start, submit
from marketplace_tui.screens.base import ClientScreen
from marketplace_tui.screens.everywhere.dialogs import Choice, Choose, Form, FormField
from marketplace_tui.text.signs import of_status
from marketplace_tui.text.values import count, money, short_id
from services_stub.contracts.http.order import Order

Then = Callable[[Order], None]

_ALL_PARTS = "all"
"""The key of this choice; the client's calls mean all parts by no seller."""


def change_order(
    screen: ClientScreen, action_id: str, order: Order, then: Then, *, among: Pages[Order] | None = None
) -> None:
    """Make a change of `CHANGES`; `then` gets the changed order, which the list `among` shows at once."""
    change = CHANGES[action_id]

    def made(changed: Order) -> None:
        if among is not None:
            among.put(changed, lambda one: one.order_id == changed.order_id)
        screen.say(f"{short_id(changed.order_id)} {of_status(changed.status)}: {change.done}")
        then(changed)

    parts = parts_with(order, change.statuses)
    if len(parts) < 2:
        _ask_reason(screen, change, order, parts[0].seller_id if parts and len(order.parts) > 1 else "", made)
        return
    name_of = screen.client_app.marketplace.sellers.name_of
    choices = [Choice(_ALL_PARTS, "All of it", money(total_of(parts), order.currency))] if change.all_at_once else []
    choices += [
        Choice(
            part.seller_id, name_of(part.seller_id), f"{money(part.amount, order.currency)} {of_status(part.status)}"
        )
        for part in parts
    ]

    def chosen(key: str | None) -> None:
        if key is not None:
            _ask_reason(screen, change, order, "" if key == _ALL_PARTS else key, made)

    screen.app.push_screen(Choose(f"{change.words} the part of which seller?", choices), chosen)


def buy_again(screen: ClientScreen, order: Order) -> None:
    """Have the products of an order in the cart once more."""
    added = put_back(screen.client_app.marketplace.cart, order)
    screen.say(
        f"{count(added, 'product')} put into your cart: c shows it"
        if added
        else "All of it is in your cart: c shows it"
    )


def _ask_reason(screen: ClientScreen, change: OrderChange, order: Order, seller_id: str, made: Then) -> None:
    client = screen.client_app.marketplace.client
    if not change.asks_reason:
        start(screen, change.call(client, order.order_id, "", seller_id), made)
        return

    def send(form: Form, values: Mapping[str, str]) -> None:
        submit(screen, form, change.call(client, order.order_id, values["reason"].strip(), seller_id), made)

    title = f"{change.words} {short_id(order.order_id)}"
    screen.app.push_screen(Form(title, [FormField("reason", "Reason", hint="may stay empty")], send))
