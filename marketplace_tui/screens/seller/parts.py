"""The own part of an order: shipped, delivered, refunded, from every screen that has orders."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from marketplace_tui.actions.state import Fact
from marketplace_tui.screens.asking import start, submit
from marketplace_tui.screens.base import ClientScreen
from marketplace_tui.screens.everywhere.dialogs import Form, FormField
from marketplace_tui.text.values import money, short_id
from services_stub.contracts.events.order import OrderStatus
from services_stub.contracts.http.order import Order

_FACTS = {
    OrderStatus.PAID: (Fact.SHIPPABLE, Fact.REFUNDABLE),
    OrderStatus.SHIPPED: (Fact.DELIVERABLE, Fact.REFUNDABLE),
    OrderStatus.DELIVERED: (Fact.REFUNDABLE,),
}


@dataclass(frozen=True)
class OwnPart:
    """The part of the signed-in seller in an order."""

    order_id: str
    status: OrderStatus
    amount: Decimal
    currency: str

    def facts(self) -> Iterator[Fact]:
        """The facts of the part that decide which actions apply."""
        yield Fact.SELECTED
        yield from _FACTS.get(self.status, ())


Then = Callable[[], None]
"""Called when a part was changed."""


def ship(screen: ClientScreen, part: OwnPart, then: Then) -> None:
    """Say that the items are on their way."""
    _move(screen, screen.client_app.marketplace.client.seller.ship(part.order_id), "is on its way", then)


def deliver(screen: ClientScreen, part: OwnPart, then: Then) -> None:
    """Say that the items arrived."""
    _move(screen, screen.client_app.marketplace.client.seller.deliver(part.order_id), "is delivered", then)


def refund(screen: ClientScreen, part: OwnPart, then: Then) -> None:
    """Ask for the reason, and give the money of the items back."""
    amount = money(part.amount, part.currency)
    if part.status == OrderStatus.PAID:
        explanation = f"Nothing is shipped yet: your items are cancelled, and the shopper gets {amount} back."
    else:
        explanation = f"The items stay sold, and the shopper gets {amount} back."
    area = screen.client_app.marketplace.client.seller

    def ended(order: Order) -> None:
        screen.say(f"Order {short_id(order.order_id)}: {amount} go back to the shopper.", "good")
        then()

    def give_back(form: Form, typed: Mapping[str, str]) -> None:
        submit(screen, form, area.refund(part.order_id, typed["reason"].strip()), ended)

    title = f"Refund {amount} of order {short_id(part.order_id)}"
    reason = FormField("reason", "Reason", hint="it is kept in the history of the order")
    form = Form(title, [reason], give_back, explanation=explanation)
    screen.app.push_screen(form)


def _move(screen: ClientScreen, call: Awaitable[Order], words: str, then: Then) -> None:
    def moved(order: Order) -> None:
        screen.say(f"Order {short_id(order.order_id)} {words}.", "good")
        then()

    start(screen, call, moved)
