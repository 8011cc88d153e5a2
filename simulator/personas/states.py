"""The states of a persona: each makes the actions that are done there, from the choices of a visit."""

from __future__ import annotations

from collections.abc import Callable

from simulator.personas import actions
from simulator.personas.actions import Action
from simulator.personas.visit import Visit

State = Callable[[Visit], list[Action]]

_INTAKE = 50
"""Units of a product that a seller takes in at a time."""


def leave(_visit: Visit) -> list[Action]:
    """The end of the visit."""
    return []


def storefront(_visit: Visit) -> list[Action]:
    """The first page."""
    return [actions.OpenStorefront()]


def search(visit: Visit) -> list[Action]:
    """A search for a kind of product."""
    return [actions.Search(query=visit.catalogue.products[visit.look()].thing)]


def search_cheapest(visit: Visit) -> list[Action]:
    """A search for the cheapest of a kind, up to the price of a product."""
    wanted = visit.catalogue.products[visit.look()]
    return [actions.Search(query=wanted.thing, cheapest_first=True, max_price=wanted.price)]


def view(visit: Visit) -> list[Action]:
    """Another product."""
    return [actions.ViewProduct(product=visit.look())]


def add(visit: Visit) -> list[Action]:
    """The product that was looked at goes into the cart."""
    if visit.product not in visit.in_cart:
        visit.in_cart.append(visit.product)
    return [actions.AddToCart(product=visit.product, quantity=visit.units())]


def fill(visit: Visit) -> list[Action]:
    """Several products go into the cart, unseen."""
    visit.in_cart = visit.several()
    return [actions.AddToCart(product=product, quantity=visit.units()) for product in visit.in_cart]


def add_favourite(visit: Visit) -> list[Action]:
    """The product that this shopper always buys."""
    visit.in_cart = [visit.favourite]
    return [actions.AddToCart(product=visit.favourite, quantity=visit.units())]


def cart(_visit: Visit) -> list[Action]:
    """The cart."""
    return [actions.ReadCart()]


def change_quantity(visit: Visit) -> list[Action]:
    """Another quantity of a line."""
    if not visit.in_cart:
        return cart(visit)
    return [actions.ChangeQuantity(product=visit.stream.pick(visit.in_cart), quantity=visit.units())]


def remove(visit: Visit) -> list[Action]:
    """A line goes."""
    if not visit.in_cart:
        return cart(visit)
    return [actions.RemoveFromCart(product=visit.in_cart.pop(visit.stream.below(len(visit.in_cart))))]


def order(visit: Visit) -> list[Action]:
    """The cart is ordered; where nothing is left in it, it is looked at."""
    if not visit.in_cart:
        return cart(visit)
    visit.in_cart, visit.ordered = [], True
    return [actions.PlaceOrder(card=visit.card(), idempotency_key=visit.key())]


def order_twice(visit: Visit) -> list[Action]:
    """The cart is ordered, and the same checkout sent again under its key; with an empty cart that is looked at."""
    if not visit.in_cart:
        return cart(visit)
    return order(visit) * 2


def order_at_seen_price(visit: Visit) -> list[Action]:
    """The cart is looked at and ordered, if its prices are still the same then."""
    visit.in_cart, visit.ordered = [], True
    return [
        actions.ReadCart(),
        actions.PlaceOrder(card=visit.card(), idempotency_key=visit.key(), at_seen_price=True),
    ]


def orders(_visit: Visit) -> list[Action]:
    """All own orders."""
    return [actions.ListOrders()]


def see_order(visit: Visit) -> list[Action]:
    """The order of this visit; where nothing was ordered, all own orders."""
    return [actions.ReadOrder()] if visit.ordered else orders(visit)


def cancel(visit: Visit) -> list[Action]:
    """The order is cancelled, and looked at; where nothing was ordered, all own orders are looked at."""
    return [actions.CancelOrder(), actions.ReadOrder()] if visit.ordered else orders(visit)


def messages(_visit: Visit) -> list[Action]:
    """The own messages."""
    return [actions.ReadMessages()]


def dashboard(_visit: Visit) -> list[Action]:
    """The own sales in numbers."""
    return [actions.ReadDashboard()]


def sales(_visit: Visit) -> list[Action]:
    """The own sales."""
    return [actions.ListSales()]


def change_price(visit: Visit) -> list[Action]:
    """A price goes up or down."""
    product, price = visit.changed_price(-20, 20)
    return [actions.ChangePrice(product=product, price=price)]


def raise_price(visit: Visit) -> list[Action]:
    """A price goes up by 1 to 9 %, as in Online Marketplace."""
    product, price = visit.changed_price(1, 9)
    return [actions.ChangePrice(product=product, price=price)]


def take_in_stock(visit: Visit) -> list[Action]:
    """More units of a product."""
    product = visit.catalogue.choose_of_seller(visit.person, visit.stream)
    return [actions.TakeInStock(product=product.number, units=_INTAKE, idempotency_key=visit.key())]


def replace(visit: Visit) -> list[Action]:
    """A new product in the place of one."""
    product, price = visit.changed_price(-20, 20)
    return [actions.ReplaceProduct(product=product, price=price)]


def ship(_visit: Visit) -> list[Action]:
    """The oldest paid order is shipped."""
    return [actions.ShipOldestOrder()]


def deliver(_visit: Visit) -> list[Action]:
    """The oldest shipped order is delivered."""
    return [actions.DeliverOldestOrder()]


def overview(_visit: Visit) -> list[Action]:
    """The marketplace in numbers."""
    return [actions.ReadOverview()]


def block(visit: Visit) -> list[Action]:
    """A seller is blocked, the overview read, and the block taken back."""
    seller = visit.catalogue.choose_seller(visit.stream)
    return [actions.BlockSeller(seller=seller), actions.ReadOverview(), actions.UnblockSeller(seller=seller)]
