"""The checkout: a card, the sum that the shopper accepted, one order, and its payment.

It outlives its screen, so that an order whose outcome is unknown is never placed a second time, and a declined card
gives the lines back to the cart even where the shopper looks at something else meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from uuid import uuid4

import msgspec

from marketplace_tui.model.cart import CartModel
from marketplace_tui.model.connection import Connection
from marketplace_tui.model.order_changes import put_back
from marketplace_tui.model.resource import Resource
from marketplace_tui.model.tasks import Tasks
from marketplace_tui.model.watched import Watched
from services_stub.client.errors import Conflict, InvalidInput, MarketplaceError, NotAllowed, RequestRefused
from services_stub.contracts.events import Event
from services_stub.contracts.events.order import OrderStatus, OrderUpdated
from services_stub.contracts.events.payment import PaymentFailed
from services_stub.contracts.http.order import Order
from services_stub.contracts.http.payment import PaymentMethod
from services_stub.contracts.http.product import LineProblem

POLL_SECONDS = 1.0
"""The order is read again after so long without an event about it."""

_REMEMBERED = 20
"""The card of the newest of so many orders that was not declined is offered again."""

_NOT_PLACED = (Conflict, InvalidInput, NotAllowed)
"""After these it is certain that no order was placed, by an earlier request with the same key either."""


@dataclass(frozen=True)
class Attempt:
    """An order that was sent: its idempotency key, and what it was sent with. A repetition is the same in all."""

    key: str
    card: str
    amount: Decimal


class CheckoutModel(Watched):
    """The order that is being made.

    `accepted` is the sum that the shopper has seen and accepted. `attempt` is an order whose outcome is not known yet.
    `order` was placed; while its payment is under way it is PENDING. `declined` is the last order that was not paid.
    """

    def __init__(self, connection: Connection, tasks: Tasks, clock: Callable[[], float], cart: CartModel) -> None:
        super().__init__()
        self.methods: Resource[tuple[PaymentMethod, ...]] = Resource(
            lambda: connection.ask(connection.client.payments.methods()), tasks, clock
        )
        self._connection, self._tasks, self._cart = connection, tasks, cart
        self._heard = asyncio.Event()
        self._following: asyncio.Task[None] | None = None
        self._begin()
        self.methods.watch(self.changed)
        cart.watch(self._on_cart)

    def _begin(self) -> None:
        self.card = ""
        self.accepted: Decimal | None = None
        self.attempt: Attempt | None = None
        self.placing = False
        self.order: Order | None = None
        self.declined: Order | None = None
        self.declined_reason = ""
        self.refusal: MarketplaceError | None = None
        self.line_problems: dict[str, LineProblem] = {}

    def start(self) -> None:
        """Begin to check out: the shopper sees the sum of now, and the card of the last order is offered."""
        self.refusal, self.line_problems = None, {}
        if self.order is not None and self.order.status is not OrderStatus.PENDING:
            self.order = None
        if self.attempt is None and self.order is None:
            self.accepted = self._cart.shown.amount if self._cart.kept.value else None
        self.methods.refresh()
        if not self.card:
            self._tasks.start(self._remember_card())
        self.changed()

    def forget(self) -> None:
        """Begin anew, as when another account signs in."""
        if self._following is not None:
            self._following.cancel()
        self._begin()
        self.changed()

    @property
    def is_changed(self) -> bool:
        """Whether the sum is another one than the shopper accepted."""
        return self.accepted is not None and self.attempt is None and self.accepted != self._cart.shown.amount

    @property
    def is_busy(self) -> bool:
        """Whether an answer is awaited: of the order, or of the payment."""
        return self.placing or self.order is not None

    def choose(self, card: str) -> None:
        """Pay with this card."""
        if self.attempt is None and not self.is_busy:
            self.card, self.declined = card, None
            self.changed()

    def accept(self) -> None:
        """Accept the sum of now."""
        self.accepted = self._cart.shown.amount
        self.refusal = None
        self.changed()

    def place(self) -> None:
        """Place the order, or ask once more after the one whose outcome is unknown."""
        if not self.is_busy and (self.card or self.attempt):
            self.placing, self.refusal, self.declined, self.line_problems = True, None, None, {}
            self.changed()
            self._tasks.start(self._place())

    def hear(self, events: Sequence[Event], missed: bool) -> None:
        """Read the order again at once when something happened to it."""
        if missed or any(isinstance(event, OrderUpdated | PaymentFailed) for event in events):
            self._heard.set()

    async def _place(self) -> None:
        try:
            await self._cart.sent()
            if self.attempt is None:
                if self.accepted is None or self.is_changed:
                    return
                self.attempt = Attempt(str(uuid4()), self.card, self.accepted)
            attempt = self.attempt
            order = await self._connection.ask(
                self._connection.client.orders.place(
                    attempt.card, expected_amount=attempt.amount, idempotency_key=attempt.key
                )
            )
        except MarketplaceError as error:
            self.refusal = error
            if isinstance(error, _NOT_PLACED):
                self.attempt = None
                self.line_problems = _line_problems(error)
                self._cart.kept.refresh()
        else:
            self.attempt, self.order = None, order
            self._cart.kept.refresh()
            self._following = self._tasks.start(self._follow(order), lasting=True)
        finally:
            self.placing = False
            self.changed()

    async def _follow(self, order: Order) -> None:
        while order.status is OrderStatus.PENDING:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._heard.wait(), POLL_SECONDS)
            self._heard.clear()
            with suppress(MarketplaceError):
                order = await self._connection.ask(self._connection.client.orders.read(order.order_id))
                self.order = order
                self.changed()
        if order.status is OrderStatus.FAILED:
            await self._give_back(order)

    async def _give_back(self, order: Order) -> None:
        """Have the lines in the cart again, and say why the order was not paid."""
        reason = order.reason
        try:
            reason = (await self._connection.ask(self._connection.client.payments.read(order.order_id))).reason
            self._cart.kept.replace(await self._connection.ask(self._connection.client.cart.read()))
        except MarketplaceError as error:
            self.refusal = error
        put_back(self._cart, order)
        await self._cart.sent()
        self.order, self.declined, self.declined_reason = None, order, reason
        self.accepted = order.amount
        self.changed()

    async def _remember_card(self) -> None:
        with suppress(MarketplaceError):
            orders = await self._connection.ask(self._connection.client.orders.list(limit=_REMEMBERED))
            paid = (order.payment_method for order in orders.items if order.status is not OrderStatus.FAILED)
            if not self.card:
                self.card = next(paid, "")
                self.changed()

    def _on_cart(self) -> None:
        if self.accepted is None and self._cart.kept.value is not None:
            self.accepted = self._cart.shown.amount
        self.changed()


def _line_problems(error: MarketplaceError) -> dict[str, LineProblem]:
    """The lines that were refused, by product."""
    if not isinstance(error, RequestRefused):
        return {}
    try:
        found = msgspec.convert(error.problem.extensions.get("lines", []), list[LineProblem])
    except msgspec.ValidationError:
        return {}
    return {one.product_id: one for one in found}
