"""The tour: four things that happen in a marketplace, each done for real, and told as the events that it caused."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal, TypeVar

from marketplace_tui.actions.state import Fact
from marketplace_tui.model.marketplace import Marketplace
from marketplace_tui.model.order import source_of
from marketplace_tui.model.watched import Watched
from marketplace_tui.text.values import count
from services_stub.client.errors import Conflict, MarketplaceError
from services_stub.client.marketplace import MarketplaceClient
from services_stub.contracts.control import State
from services_stub.contracts.events.order import OrderStatus
from services_stub.contracts.http.order import Order
from services_stub.contracts.http.product import Product
from simulator.trace import Flow, live_flow
from simulator.trace.kafka_source import SourceUnavailable

Found = TypeVar("Found")

GOOD_CARD, DECLINED_CARD, SLOW_CARD = "pm_card_visa", "pm_card_chargeDeclined", "pm_card_slow"
SETTLED = frozenset(OrderStatus) - {OrderStatus.PENDING}
_LOOK_SECONDS = 0.1
_LONGEST = 15.0


@dataclass(frozen=True)
class Told:
    """The outcome of a step in words, and the order whose events belong to it."""

    lines: tuple[str, ...]
    order_id: str = ""


@dataclass(frozen=True)
class Step:
    """One step: its title, the explanation before it, and the function that does it."""

    title: str
    explanation: str
    run: Callable[[People], Awaitable[Told]]


class People:
    """The people of the tour: the development shopper and admin, and a seller and a rival who join for it.

    `kafka` is where the events of what they do are read.
    """

    def __init__(self, state: State, make: Callable[[str], MarketplaceClient] = MarketplaceClient) -> None:
        self._state = state
        self.kafka = state.kafka.bootstrap_servers
        self.shopper, self.rival, self.seller, self.admin = (make(state.gateway) for _ in range(4))

    async def join(self) -> None:
        """Sign all of them in. What lies in the shopper's cart is taken out: the tour needs an empty one."""
        for client, role in ((self.shopper, "user"), (self.admin, "admin")):
            user = self._state.user(role)
            await client.auth.login(user.email, user.password)
        await self._register(self.seller, "seller")
        await self._register(self.rival, "user")
        await self.shopper.cart.clear()

    async def offer(self, name: str, price: str, quantity: int) -> Product:
        """A new product of the seller, as soon as carts know it."""
        product = await self.seller.seller.create_product(
            name=name, category="Tour", price=Decimal(price), quantity=quantity
        )
        await _until(lambda: self._is_known(product.product_id))
        return product

    async def buy(self, client: MarketplaceClient, product: Product, card: str) -> Order:
        """An order of one unit."""
        await client.cart.clear()
        await client.cart.add(product.product_id)
        return await client.orders.place(card)

    async def settled(
        self, client: MarketplaceClient, order_id: str, wanted: frozenset[OrderStatus] = SETTLED
    ) -> Order:
        """The order, once its status is one of those that are wanted."""

        async def look() -> Order | None:
            order = await client.orders.read(order_id)
            return order if order.status in wanted else None

        found = await _until(look)
        return found or await client.orders.read(order_id)

    async def close(self) -> None:
        """Close all connections."""
        for client in (self.shopper, self.rival, self.seller, self.admin):
            await client.close()

    async def _is_known(self, product_id: str) -> bool:
        try:
            await self.rival.cart.add(product_id)
            await self.rival.cart.clear()
        except MarketplaceError:
            return False
        return True

    async def _register(self, client: MarketplaceClient, role: Literal["user", "seller"]) -> None:
        email, password = f"tour-{secrets.token_hex(6)}@example.com", secrets.token_urlsafe(18)
        await client.auth.register(email, password, role=role, name=f"Tour {role}")
        await client.auth.login(email, password)


async def purchase(people: People) -> Told:
    """A shopper buys with a card that pays."""
    product = await people.offer("Tour teapot", "47.00", 10)
    placed = await people.buy(people.shopper, product, GOOD_CARD)
    order = await people.settled(people.shopper, placed.order_id)
    return Told((f"The order is {order.status}: {order.amount} {order.currency}.",), order.order_id)


async def declined(people: People) -> Told:
    """A shopper buys with a card that is declined."""
    product = await people.offer("Tour kettle", "72.00", 10)
    placed = await people.buy(people.shopper, product, DECLINED_CARD)
    order = await people.settled(people.shopper, placed.order_id)
    return Told((f"The order is {order.status}: {order.reason}. The stock is free again.",), order.order_id)


async def race(people: People) -> Told:
    """Two shoppers want the last unit at the same time."""
    product = await people.offer("Tour lamp, the last one", "30.00", 1)

    async def attempt(client: MarketplaceClient) -> Order | Conflict:
        try:
            return await people.buy(client, product, GOOD_CARD)
        except Conflict as refusal:
            return refusal

    results = await asyncio.gather(attempt(people.shopper), attempt(people.rival))
    lines: list[str] = []
    won = ""
    for name, result in zip(("The shopper", "The rival"), results, strict=True):
        if isinstance(result, Order):
            won = result.order_id
            lines.append(f"{name} got the last unit.")
        else:
            lines.append(f"{name} was refused: {result}.")
    return Told(tuple(lines), won)


async def block(people: People) -> Told:
    """An admin blocks a seller while an order with the seller waits for its payment."""
    product = await people.offer("Tour watch, surely genuine", "99.00", 10)
    placed = await people.buy(people.shopper, product, SLOW_CARD)
    answer = await people.admin.admin.block_seller(product.seller_id, "tour")
    ended = frozenset({OrderStatus.CANCELLED, OrderStatus.REFUNDED})
    order = await people.settled(people.shopper, placed.order_id, ended)
    lines = (
        f"The answer to the admin: {count(answer.cancelled_orders, 'order')} cancelled by the block so far.",
        f"The order is {order.status}, and the products of the seller have left the shop.",
    )
    return Told(lines, order.order_id)


STEPS: Sequence[Step] = (
    Step(
        "A purchase",
        "A shopper orders. The order service takes the lines out of the cart and has the product service reserve the "
        "stock, by HTTP; all else happens by events. order-created lets payment charge; payment-success makes the "
        "order PAID; order-updated commits the stock and tells the shopper.",
        purchase,
    ),
    Step(
        "A declined card",
        "The same, with a card that the provider declines: payment publishes payment-failed, the order becomes FAILED, "
        "and order-updated gives the reserved stock back.",
        declined,
    ),
    Step(
        "A race for the last unit",
        "Two shoppers order the last unit at the same moment. The product service reserves all lines of an order in "
        "one transaction, or none: one order is placed, and the other is refused before it exists.",
        race,
    ),
    Step(
        "A blocked seller",
        "An order waits for a slow card when an admin blocks its seller. auth tells order and product at once, and "
        "publishes seller-blocked; the order is cancelled, the products become DISABLED, and what was charged is given "
        "back.",
        block,
    ),
)


class TourModel(Watched):
    """The tour as far as it has come. `told` is the outcome of the last step, `flow` its events so far."""

    def __init__(self, marketplace: Marketplace) -> None:
        super().__init__()
        self.position = 0
        self.running = False
        self.told: Told | None = None
        self.flow: Flow | None = None
        self.problem = ""
        self._marketplace = marketplace
        self._people = People(marketplace.state) if marketplace.state is not None else None
        self._joined = False
        self._following: asyncio.Task[None] | None = None

    @property
    def step(self) -> Step | None:
        """The step that comes next, or whose outcome is shown; None at the end."""
        return STEPS[self.position] if self.position < len(STEPS) else None

    def next(self) -> None:
        """Do the step; once it is done, go on to the next one."""
        if self.running or self.step is None:
            return
        if self._people is None:
            self.problem = Fact.LOCAL.value
            self.changed()
            return
        if self.told is not None:
            self.position, self.told, self.flow = self.position + 1, None, None
            self.changed()
            return
        self.running, self.problem = True, ""
        self.changed()
        self._marketplace.tasks.start(self._run(self.step, self._people))

    async def close(self) -> None:
        """Close the connections of the people."""
        if self._following is not None:
            self._following.cancel()
        if self._people is not None:
            await self._people.close()

    async def _run(self, step: Step, people: People) -> None:
        begun = self._marketplace.now()
        try:
            if not self._joined:
                await people.join()
                self._joined = True
            self.told = await step.run(people)
        except MarketplaceError as error:
            self.problem = str(error)
        finally:
            self.running = False
            self.changed()
        if self.told is not None and self.told.order_id:
            if self._following is not None:
                self._following.cancel()
            self._following = self._marketplace.tasks.start(
                self._follow(people.kafka, self.told.order_id, begun), lasting=True
            )

    async def _follow(self, servers: str, order_id: str, begun: datetime) -> None:
        try:
            async with aclosing(live_flow(lambda: source_of(servers, begun), order_id)) as flows:
                async for flow in flows:
                    self.flow = flow
                    self.changed()
        except SourceUnavailable as error:
            self.problem = f"The events cannot be read: {error}"
            self.changed()


async def _until(look: Callable[[], Awaitable[Found]]) -> Found:
    """Look again and again until there is something true, or it takes too long; the last that was found."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + _LONGEST
    while not (found := await look()) and loop.time() < deadline:
        await asyncio.sleep(_LOOK_SECONDS)
    return found
