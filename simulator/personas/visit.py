"""The state of one visit: the choices that are left, the product on the screen, the cart."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from services_stub.contracts.money import CENT
from simulator.population import Catalogue
from simulator.random_stream import RandomStream, Weighted
from simulator.scenario import Cart


class Visit:
    """The state that the steps of one session share. `person` is the number of the shopper or seller."""

    def __init__(
        self,
        catalogue: Catalogue,
        cart: Cart,
        cards: Weighted[str],
        stream: RandomStream,
        *,
        name: str,
        person: int,
        favourite: int,
    ) -> None:
        self.catalogue, self.limits, self.stream, self.person = catalogue, cart, stream, person
        self._cards, self._name, self._keys = cards, name, 0
        self.favourite = favourite
        """The number of the product that a returning shopper always buys."""
        self.product = favourite
        """The number of the product that was looked at last."""
        self.in_cart: list[int] = []
        """The numbers of the products that were put into the cart, and not taken out."""
        self.ordered = False
        """Whether an order was placed."""

    def look(self) -> int:
        """Choose a product to look at."""
        self.product = self.catalogue.choose(self.stream)
        return self.product

    def units(self) -> int:
        """Choose how many units to take."""
        return self.stream.between(1, self.limits.units)

    def several(self) -> list[int]:
        """Choose different products for a cart; fewer where the same one is chosen again and again."""
        wanted = self.stream.between(1, self.limits.products)
        chosen: dict[int, None] = {}
        for _ in range(3 * wanted):
            if len(chosen) < wanted:
                chosen[self.look()] = None
        return list(chosen)

    def card(self) -> str:
        """Choose a payment method."""
        return self._cards.draw(self.stream)

    def key(self) -> str:
        """A new idempotency key."""
        self._keys += 1
        return f"{self._name}-{self._keys}"

    def changed_price(self, lowest: int, highest: int) -> tuple[int, Decimal]:
        """An own product of the seller, and its first price changed by a percentage in this range."""
        product = self.catalogue.choose_of_seller(self.person, self.stream)
        factor = 100 + self.stream.between(lowest, highest)
        return product.number, (product.price * factor / 100).quantize(CENT, ROUND_HALF_UP)
