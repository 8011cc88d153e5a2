"""The cart: a change shows at once, and what the marketplace says wins.

A person who presses a key five times wants the fifth quantity. So each change is kept as the quantity that is wanted;
it is shown over the marketplace's own cart, sent one product at a time, and given up where it is refused.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

import msgspec

from marketplace_tui.model.connection import Connection
from marketplace_tui.model.resource import Resource
from marketplace_tui.model.tasks import Tasks
from marketplace_tui.model.undo import Undo
from marketplace_tui.model.watched import Watched
from services_stub.client.errors import MarketplaceError
from services_stub.contracts.http.cart import MOST_PER_LINE, Cart, CartLine


@dataclass(frozen=True)
class Offer:
    """A product as a cart needs it."""

    product_id: str
    seller_id: str
    name: str
    price: Decimal
    currency: str


@dataclass(frozen=True)
class Wanted:
    """The quantity that a person wants of a product, and the line that shows it until the marketplace has it."""

    quantity: int
    line: CartLine


class CartModel(Watched):
    """The cart of the account that is signed in, or of the guest.

    `problem` is the refusal of the last change that could not be made, until the next change.
    """

    def __init__(
        self, connection: Connection, tasks: Tasks, clock: Callable[[], float], undo: Undo, currency: str = "USD"
    ) -> None:
        super().__init__()
        self.kept: Resource[Cart] = Resource(lambda: connection.ask(connection.client.cart.read()), tasks, clock)
        self.problem: MarketplaceError | None = None
        self._connection = connection
        self._tasks = tasks
        self._undo = undo
        self._currency = currency
        self._wanted: dict[str, Wanted] = {}
        self._sending = False
        self.kept.watch(self.changed)

    @property
    def is_pending(self) -> bool:
        """Whether changes are on their way."""
        return bool(self._wanted)

    @property
    def is_loaded(self) -> bool:
        """Whether the marketplace told what lies in it."""
        return self.kept.value is not None

    @property
    def shown(self) -> Cart:
        """The cart as it will be when every change has been made."""
        kept = self.kept.value or Cart(owner="", lines=[], amount=Decimal(0), currency=self._currency)
        if not self._wanted:
            return kept
        lines = [self._overlaid(line) for line in kept.lines]
        known = {line.product_id for line in kept.lines}
        lines += [_with_quantity(one.line, one.quantity) for key, one in self._wanted.items() if key not in known]
        lines = [line for line in lines if line.quantity]
        amount = sum((line.line_total for line in lines if line.available), Decimal(0))
        return msgspec.structs.replace(kept, lines=lines, amount=amount)

    @property
    def units(self) -> int:
        """How many units lie in the cart."""
        return sum(line.quantity for line in self.shown.lines)

    def quantity_of(self, product_id: str) -> int:
        """How many units of a product lie in the cart."""
        return next((line.quantity for line in self.shown.lines if line.product_id == product_id), 0)

    def add(self, offer: Offer, units: int = 1) -> None:
        """Put units of a product into the cart; negative ones take out."""
        self.set(offer, self.quantity_of(offer.product_id) + units)

    def set(self, offer: Offer, quantity: int) -> None:
        """Have so many units of a product in the cart; 0 takes the line out."""
        line = CartLine(
            product_id=offer.product_id,
            seller_id=offer.seller_id,
            name=offer.name,
            quantity=quantity,
            unit_price=offer.price,
            available=True,
            line_total=offer.price * quantity,
        )
        self._want(line, quantity)

    def change(self, product_id: str, quantity: int) -> None:
        """Set the quantity of a line that lies in the cart; 0 takes it out."""
        line = next((line for line in self.shown.lines if line.product_id == product_id), None)
        if line is not None:
            self._want(line, quantity)

    def remove(self, product_id: str) -> None:
        """Take a line out, in a way that can be taken back."""
        line = next((line for line in self.shown.lines if line.product_id == product_id), None)
        if line is None:
            return
        self._want(line, 0)
        self._undo.remember(f"{line.name} out of the cart", lambda: self._want(line, line.quantity))

    def clear(self) -> None:
        """Take all lines out, in a way that can be taken back."""
        lines = self.shown.lines
        for line in lines:
            self._want(line, 0)

        def put_back() -> None:
            for line in lines:
                self._want(line, line.quantity)

        self._undo.remember("the cart emptied", put_back)

    async def sent(self) -> None:
        """Wait until the marketplace has, or has refused, every change that was made."""
        while self._wanted:
            changed = asyncio.Event()
            end = self.watch(changed.set)
            await changed.wait()
            end()

    def forget(self) -> None:
        """Begin anew, as when another account signs in."""
        self._wanted.clear()
        self.problem = None
        self.kept.forget()

    def _want(self, line: CartLine, quantity: int) -> None:
        self.problem = None
        self._wanted[line.product_id] = Wanted(min(max(quantity, 0), MOST_PER_LINE), line)
        self.changed()
        if not self._sending:
            self._sending = True
            self._tasks.start(self._send())

    def _overlaid(self, line: CartLine) -> CartLine:
        wanted = self._wanted.get(line.product_id)
        return line if wanted is None else _with_quantity(line, wanted.quantity)

    async def _send(self) -> None:
        try:
            while self._wanted:
                product_id, wanted = next(iter(self._wanted.items()))
                try:
                    cart = await self._connection.ask(self._carry_out(product_id, wanted.quantity))
                except MarketplaceError as error:
                    if self._wanted.get(product_id) is wanted:
                        del self._wanted[product_id]
                    self.problem = error
                    self.kept.refresh()
                    self.changed()
                else:
                    if self._wanted.get(product_id) is wanted:
                        del self._wanted[product_id]
                    self.kept.replace(cart)
        finally:
            self._sending = False

    async def _carry_out(self, product_id: str, quantity: int) -> Cart:
        client = self._connection.client
        if self.kept.value is None:
            self.kept.replace(await client.cart.read())
        lines = self.kept.value.lines if self.kept.value else []
        has = next((line.quantity for line in lines if line.product_id == product_id), 0)
        if quantity == has:
            return await client.cart.read()
        if not has:
            return await client.cart.add(product_id, quantity)
        return await (client.cart.change(product_id, quantity) if quantity else client.cart.remove(product_id))


def _with_quantity(line: CartLine, quantity: int) -> CartLine:
    return msgspec.structs.replace(line, quantity=quantity, line_total=line.unit_price * quantity)
