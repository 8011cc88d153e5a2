"""The products: each is made from a stream of its own, so that more of them change nothing about the others."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from services_stub.contracts.money import from_cents
from simulator.population.zipf import Zipf
from simulator.random_stream import RandomStream
from simulator.scenario import Scenario

THINGS: dict[str, tuple[str, ...]] = {
    "Books": ("Atlas", "Cookbook", "Field Guide", "Notebook", "Novel"),
    "Garden": ("Hammock", "Herb Pot", "Lantern", "Shears", "Watering Can"),
    "Kitchen": ("Coffee Grinder", "Cutting Board", "Kettle", "Knife", "Teapot"),
    "Living": ("Blanket", "Clock", "Cushion", "Lamp", "Vase"),
    "Office": ("Desk Lamp", "Keyboard", "Monitor Stand", "Paper Tray", "Pinboard"),
    "Sports": ("Bicycle Bell", "Climbing Rope", "Headlamp", "Water Bottle", "Yoga Mat"),
    "Toys": ("Kite", "Marble Run", "Puzzle", "Wooden Train", "Yo-yo"),
}
"""Categories with their kinds of product. Shoppers search for a kind."""

_CHEAPEST, _DEAREST = 199, 19_999
_SCALE = 1_000_000


class Product(msgspec.Struct, frozen=True, kw_only=True):
    """A product before the first arrival. `rank` is its place in popularity, from 0; price in the shop's currency."""

    number: int
    seller: int
    category: str
    thing: str
    price: Decimal
    stock: int
    rank: int


class Catalogue:
    """All products of a scenario."""

    def __init__(self, scenario: Scenario, seed: int) -> None:
        population = scenario.population
        self._hot, self._hot_share = scenario.hot.products, scenario.hot.share
        self._sellers = population.sellers
        popularity = {
            n: RandomStream(seed, "product", n, "popularity").below(1 << 63) for n in range(population.products)
        }
        self._by_rank = sorted(popularity, key=lambda number: (popularity[number], number))
        self._zipf = Zipf(population.products, population.zipf)
        ranks = {number: rank for rank, number in enumerate(self._by_rank)}
        self.products = [self._made(scenario, seed, number, ranks[number]) for number in range(population.products)]

    def choose(self, stream: RandomStream) -> int:
        """The number of a product, as shoppers choose: a hot one, or by popularity."""
        if self._hot and stream.percent(self._hot_share):
            return stream.below(self._hot)
        return self._by_rank[self._zipf.draw(stream)]

    def choose_of_seller(self, seller: int, stream: RandomStream) -> Product:
        """A product of a seller, each as likely as the other."""
        return stream.pick(self.products[seller :: self._sellers])

    def choose_seller(self, stream: RandomStream) -> int:
        """The number of a seller, each as likely as the other."""
        return stream.below(self._sellers)

    def _made(self, scenario: Scenario, seed: int, number: int, rank: int) -> Product:
        stream = RandomStream(seed, "product", number)
        category = stream.pick(tuple(THINGS))
        share = stream.below(_SCALE)
        return Product(
            number=number,
            seller=number % self._sellers,
            category=category,
            thing=stream.pick(THINGS[category]),
            # The square: many cheap ones, few dear ones.
            price=from_cents(_CHEAPEST + (_DEAREST - _CHEAPEST) * share * share // _SCALE**2),
            stock=scenario.hot.stock if number < self._hot else scenario.population.stock,
            rank=rank,
        )
