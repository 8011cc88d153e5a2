"""The personas: for each, the states of a visit and how often one follows another.

The weights after a state add up to 100. A person begins in the first state of the table, and has ended in `leave`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum

from simulator.personas import states as s
from simulator.personas.actions import Action
from simulator.personas.states import State
from simulator.personas.visit import Visit
from simulator.random_stream import Weighted

Table = Mapping[State, Mapping[State, int]]


class Role(StrEnum):
    """The identity that a session has at the marketplace."""

    GUEST = "guest"
    SHOPPER = "shopper"
    SELLER = "seller"
    ADMIN = "admin"


class Persona:
    """A kind of person: a role, and a Markov chain of states."""

    def __init__(self, role: Role, table: Table) -> None:
        self.role, self.table = role, table
        self._first = next(iter(table))
        self._following = {state: Weighted(following) for state, following in table.items()}

    def actions(self, visit: Visit) -> Iterator[Action]:
        """All actions of a visit."""
        state = self._first
        while state is not s.leave:
            yield from state(visit)
            state = self._following[state].draw(visit.stream)


_LEAVE: Mapping[State, int] = {s.leave: 100}

PERSONAS: dict[str, Persona] = {
    "browser": Persona(
        Role.GUEST,
        {
            s.storefront: {s.search: 50, s.view: 40, s.leave: 10},
            s.search: {s.view: 60, s.search: 20, s.leave: 20},
            s.view: {s.view: 40, s.search: 20, s.leave: 40},
        },
    ),
    "buyer": Persona(
        Role.SHOPPER,
        {
            s.storefront: {s.search: 60, s.view: 40},
            s.search: {s.view: 90, s.search: 10},
            s.view: {s.add: 70, s.view: 20, s.search: 10},
            s.add: {s.order: 60, s.view: 20, s.cart: 20},
            s.cart: {s.order: 100},
            s.order: {s.see_order: 80, s.leave: 20},
            s.see_order: {s.see_order: 30, s.leave: 70},
        },
    ),
    "hesitant": Persona(
        Role.SHOPPER,
        {
            s.storefront: {s.search: 50, s.view: 50},
            s.search: {s.view: 100},
            s.view: {s.add: 60, s.view: 20, s.leave: 20},
            s.add: {s.cart: 80, s.view: 20},
            s.cart: {s.remove: 25, s.change_quantity: 25, s.order: 20, s.leave: 30},
            s.remove: {s.cart: 50, s.view: 20, s.leave: 30},
            s.change_quantity: {s.cart: 100},
            s.order: {s.cancel: 50, s.see_order: 50},
            s.see_order: _LEAVE,
            s.cancel: _LEAVE,
        },
    ),
    "bargain_hunter": Persona(
        Role.SHOPPER,
        {
            s.search_cheapest: {s.view: 60, s.search_cheapest: 30, s.leave: 10},
            s.view: {s.add: 40, s.search_cheapest: 50, s.leave: 10},
            s.add: {s.order_at_seen_price: 70, s.search_cheapest: 30},
            s.order_at_seen_price: {s.see_order: 50, s.leave: 50},
            s.see_order: _LEAVE,
        },
    ),
    "returning": Persona(
        Role.SHOPPER,
        {
            s.orders: {s.messages: 50, s.add_favourite: 50},
            s.messages: {s.add_favourite: 80, s.leave: 20},
            s.add_favourite: {s.order: 100},
            s.order: {s.see_order: 50, s.leave: 50},
            s.see_order: _LEAVE,
        },
    ),
    "repeating": Persona(
        Role.SHOPPER,
        {
            s.fill: {s.order_twice: 100},
            s.order_twice: {s.see_order: 50, s.leave: 50},
            s.see_order: _LEAVE,
        },
    ),
    "seller": Persona(
        Role.SELLER,
        {
            s.dashboard: {s.sales: 60, s.change_price: 20, s.take_in_stock: 20},
            s.sales: {s.ship: 70, s.leave: 30},
            s.ship: {s.ship: 50, s.deliver: 40, s.leave: 10},
            s.deliver: {s.deliver: 40, s.change_price: 20, s.leave: 40},
            s.change_price: {s.change_price: 30, s.take_in_stock: 20, s.leave: 50},
            s.take_in_stock: _LEAVE,
        },
    ),
    "admin": Persona(
        Role.ADMIN,
        {s.overview: {s.block: 30, s.overview: 30, s.leave: 40}, s.block: _LEAVE},
    ),
    "checkout": Persona(Role.SHOPPER, {s.fill: {s.order: 100}, s.order: _LEAVE}),
    "dashboard": Persona(Role.SELLER, {s.dashboard: _LEAVE}),
    "price_update": Persona(Role.SELLER, {s.raise_price: _LEAVE}),
    "product_update": Persona(Role.SELLER, {s.replace: _LEAVE}),
    "delivery": Persona(Role.SELLER, {s.ship: {s.deliver: 100}, s.deliver: _LEAVE}),
}
"""Every persona of a mix. The last five are the transactions of Online Marketplace."""
