"""A scenario: who uses the marketplace, how often, and for which purpose. Each key has a default and a description."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from functools import partial
from typing import Annotated

import msgspec
from msgspec import Meta, field

from simulator.scenario.quantities import Duration, Point, Rate, duration_of, rate_of

Weight = Annotated[int, Meta(ge=0, le=1_000_000)]
Percent = Annotated[int, Meta(ge=0, le=100)]
Stock = Annotated[int, Meta(ge=0, le=1_000_000_000)]


class Loop(StrEnum):
    """The relation between arrivals and answers."""

    OPEN = "open"
    PARTLY_OPEN = "partly-open"
    CLOSED = "closed"


class Arrivals(StrEnum):
    """The gaps between arrivals: all the same, or those of a Poisson process."""

    CONSTANT = "constant"
    POISSON = "poisson"


class Shape(StrEnum):
    """The rate over the duration."""

    FLAT = "flat"
    RAMP = "ramp"
    SPIKE = "spike"
    SOAK = "soak"


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of a scenario file; a key that it does not know is an error."""


class Load(Section, frozen=True, kw_only=True):
    """When sessions arrive, and how long people think."""

    loop: Annotated[
        Loop,
        Meta(
            description="open and partly-open: sessions arrive at the rate, whatever the answers do, without and with "
            "think time between their steps; closed: each virtual user begins a session when the last one has ended."
        ),
    ] = Loop.PARTLY_OPEN
    arrivals: Annotated[Arrivals, Meta(description="The gaps between arrivals; not for the closed loop.")] = (
        Arrivals.POISSON
    )
    shape: Annotated[
        Shape,
        Meta(
            description="The rate over time: flat; ramp, from 0 to the rate; spike, five times the rate for a tenth of "
            "the duration in its middle; soak, with a tenth of the duration to rise and a tenth to fall."
        ),
    ] = Shape.FLAT
    rate: Annotated[Rate, Meta(description="Sessions per s, m or h, as 200/s.")] = field(
        default_factory=partial(rate_of, "50/s")
    )
    duration: Annotated[Duration, Meta(description="How long sessions begin, as 90s or 1m30s.")] = field(
        default_factory=partial(duration_of, "60s")
    )
    profile: Annotated[
        tuple[Point, ...],
        Meta(description="Moments and rates, as 30s:200, instead of shape, rate and duration; rates change evenly."),
    ] = ()
    users: Annotated[int, Meta(ge=1, le=100_000, description="Virtual users of the closed loop.")] = 50
    think: Annotated[Duration, Meta(description="The mean of the exponential think times; not for the open loop.")] = (
        field(default_factory=partial(duration_of, "1s"))
    )

    def __post_init__(self) -> None:
        """Raises ValueError where the keys do not fit together; the text begins with the key."""
        if not self.rate:
            raise ValueError("`rate` must be above 0")
        if not self.duration:
            raise ValueError("`duration` must be above 0")
        if not self.profile:
            return
        times = [point.at for point in self.profile]
        if times[0] != 0 or times != sorted(times) or not times[-1]:
            raise ValueError("`profile` must begin at 0 and go forward in time, as 0:50, 30s:200")
        if not any(point.rate for point in self.profile):
            raise ValueError("`profile` never has a rate above 0")

    @property
    def end(self) -> Duration:
        """No session begins at this moment or later."""
        return self.profile[-1].at if self.profile else self.duration


class Population(Section, frozen=True, kw_only=True):
    """The people and products that are in the marketplace before the first arrival."""

    shoppers: Annotated[int, Meta(ge=1, le=1_000_000, description="Accounts that buy.")] = 2_000
    sellers: Annotated[int, Meta(ge=1, le=10_000)] = 20
    products: Annotated[int, Meta(ge=1, le=100_000, description="Products of all sellers together.")] = 200
    stock: Annotated[Stock, Meta(description="Units of each product at the start.")] = 10_000
    zipf: Annotated[
        Decimal, Meta(description="The exponent of Zipf's law for the popularity of products, 0 to 5; 0 is uniform.")
    ] = Decimal(1)

    def __post_init__(self) -> None:
        """Raises ValueError where the keys do not fit together; the text begins with the key."""
        if not (self.zipf.is_finite() and 0 <= self.zipf <= 5):
            raise ValueError("`zipf` must lie between 0 and 5")
        if self.products < self.sellers:
            raise ValueError("`products` must be at least as many as `sellers`, so that each sells one")


class Hot(Section, frozen=True, kw_only=True):
    """Products that many want at the same time, beyond their popularity: those with the first numbers."""

    products: Annotated[int, Meta(ge=0, le=1_000)] = 0
    share: Annotated[Percent, Meta(description="The percentage of choices that fall on them.")] = 80
    stock: Annotated[Stock, Meta(description="Units of each at the start.")] = 100


class Cart(Section, frozen=True, kw_only=True):
    """How much a shopper takes."""

    products: Annotated[int, Meta(ge=1, le=50, description="At most so many different ones.")] = 3
    units: Annotated[int, Meta(ge=1, le=100, description="At most so many of each.")] = 2


class Mix(Section, frozen=True, kw_only=True):
    """How many sessions each persona has, as weights. Those that a file does not name have none."""

    browser: Annotated[Weight, Meta(description="Looks around as a guest, and leaves.")] = 0
    buyer: Annotated[Weight, Meta(description="Searches, fills the cart, orders, and looks at the order.")] = 0
    hesitant: Annotated[Weight, Meta(description="Changes the cart, leaves it, or cancels the order.")] = 0
    bargain_hunter: Annotated[Weight, Meta(description="Looks for low prices, and orders at the price seen only.")] = 0
    returning: Annotated[Weight, Meta(description="Reads orders and messages, and buys the same product again.")] = 0
    repeating: Annotated[
        Weight, Meta(description="Orders, and sends the checkout again under its key, as one who got no answer.")
    ] = 0
    seller: Annotated[Weight, Meta(description="Reads sales, ships, changes prices, takes in stock.")] = 0
    admin: Annotated[Weight, Meta(description="Reads the overview, blocks a seller and takes the block back.")] = 0
    checkout: Annotated[Weight, Meta(description="Fills the cart and orders, nothing else.")] = 0
    dashboard: Annotated[Weight, Meta(description="A seller reads the dashboard.")] = 0
    price_update: Annotated[Weight, Meta(description="A seller raises a price.")] = 0
    product_update: Annotated[Weight, Meta(description="A seller puts a new product in the place of one.")] = 0
    delivery: Annotated[Weight, Meta(description="A seller ships and delivers the oldest order.")] = 0

    def __post_init__(self) -> None:
        """Raises ValueError where no persona has a weight."""
        if not any(msgspec.structs.astuple(self)):
            raise ValueError("`mix` needs a persona with a weight above 0")


_SHOPPING = Mix(browser=560, buyer=200, hesitant=100, bargain_hunter=60, returning=60, seller=19, admin=1)
_CARDS = {"pm_card_visa": 95, "pm_card_chargeDeclined": 4, "pm_card_chargeDeclinedInsufficientFunds": 1}


class Scenario(Section, frozen=True, kw_only=True):
    """A load on a marketplace. With a seed it makes a plan."""

    description: Annotated[str, Meta(max_length=500, description="For people.")] = ""
    load: Load = field(default_factory=Load)
    population: Population = Population()
    hot: Hot = Hot()
    cart: Cart = Cart()
    mix: Mix = _SHOPPING
    transaction_distribution: Annotated[
        tuple[int, ...],
        Meta(
            description="Online Marketplace's mix instead of `mix`: the cumulative percentages of checkout, dashboard, "
            "price_update, product_update and delivery, as [30, 35, 38, 40, 100]."
        ),
    ] = ()
    cards: Annotated[
        dict[str, Weight], Meta(min_length=1, max_length=100, description="Payment methods, as weights.")
    ] = field(default_factory=_CARDS.copy)

    def __post_init__(self) -> None:
        """Raises ValueError where the keys do not fit together; the text begins with the key."""
        bounds = self.transaction_distribution
        if bounds and not (len(bounds) == 5 and [0, *bounds] == sorted([0, *bounds]) and bounds[-1] == 100):
            raise ValueError("`transaction_distribution` must have five percentages that rise to 100")
        if not any(self.cards.values()):
            raise ValueError("`cards` needs a payment method with a weight above 0")
        if any(not 1 <= len(name) <= 100 for name in self.cards):
            raise ValueError("`cards` must have names of 1 to 100 characters")
        if self.hot.products > self.population.products:
            raise ValueError("`hot` has more products than `population`")

    @property
    def weights(self) -> dict[str, int]:
        """The weight of each persona."""
        if not self.transaction_distribution:
            return msgspec.structs.asdict(self.mix)
        bounds = self.transaction_distribution
        names = ("checkout", "dashboard", "price_update", "product_update", "delivery")
        return {name: high - low for name, low, high in zip(names, (0, *bounds), bounds, strict=False)}
