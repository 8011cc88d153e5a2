"""The actions of shoppers and guests."""

from __future__ import annotations

from http import HTTPStatus

from simulator.measure.outcomes import Outcome
from simulator.personas import actions
from simulator.workload import answers, api
from simulator.workload.visitor import Reply, Visitor, reply_of


async def open_storefront(visitor: Visitor, _action: actions.OpenStorefront) -> Reply:
    """The first page."""
    return reply_of(await visitor.ask(api.storefront()))


async def search(visitor: Visitor, action: actions.Search) -> Reply:
    """A search."""
    request = api.search(action.query, cheapest_first=action.cheapest_first, max_price=action.max_price)
    return reply_of(await visitor.ask(request))


async def view_product(visitor: Visitor, action: actions.ViewProduct) -> Reply:
    """A product."""
    return reply_of(await visitor.ask(api.product(visitor.product(action.product))))


async def add_to_cart(visitor: Visitor, action: actions.AddToCart) -> Reply:
    """Units of a product into the cart."""
    answer = await visitor.ask(api.add_to_cart(visitor.product(action.product), action.quantity))
    visitor.cart_filled = bool(visitor.cart_filled) or answer.status != HTTPStatus.SERVICE_UNAVAILABLE
    return reply_of(answer)


async def read_cart(visitor: Visitor, _action: actions.ReadCart) -> Reply:
    """The cart, whose amount is kept for an order at this amount."""
    answer = await visitor.ask(api.cart())
    cart = answers.read(answer.body, answers.Cart) if answer.outcome is Outcome.OK else None
    visitor.seen_amount = None if cart is None else cart.amount
    return reply_of(answer)


async def change_quantity(visitor: Visitor, action: actions.ChangeQuantity) -> Reply:
    """The quantity of a line."""
    return reply_of(await visitor.ask(api.change_quantity(visitor.product(action.product), action.quantity)))


async def remove_from_cart(visitor: Visitor, action: actions.RemoveFromCart) -> Reply:
    """A line out of the cart."""
    return reply_of(await visitor.ask(api.remove_from_cart(visitor.product(action.product))))


async def place_order(visitor: Visitor, action: actions.PlaceOrder) -> Reply | None:
    """The order of the cart. An answer that is no order leaves unknown what came of it."""
    if visitor.cart_filled is False or (action.at_seen_price and visitor.seen_amount is None):
        return None
    amount = visitor.seen_amount if action.at_seen_price else None
    answer = await visitor.ask(api.place_order(action.card, visitor.key(action.idempotency_key), amount))
    if answer.outcome is not Outcome.OK:
        return reply_of(answer)
    order = answers.read(answer.body, answers.Order)
    if order is None:
        return Reply(Outcome.UNKNOWN, answer.status)
    visitor.order_id = order.order_id
    return Reply(Outcome.OK, answer.status, order.order_id, str(order.amount))


async def read_order(visitor: Visitor, _action: actions.ReadOrder) -> Reply | None:
    """The order that was placed last."""
    if not visitor.order_id:
        return None
    answer = await visitor.ask(api.order(visitor.order_id))
    return reply_of(answer)._replace(order_id=visitor.order_id)


async def cancel_order(visitor: Visitor, _action: actions.CancelOrder) -> Reply | None:
    """The end of the order that was placed last."""
    if not visitor.order_id:
        return None
    answer = await visitor.ask(api.cancel_order(visitor.order_id))
    return reply_of(answer)._replace(order_id=visitor.order_id)


async def list_orders(visitor: Visitor, _action: actions.ListOrders) -> Reply:
    """The own orders."""
    answer = await visitor.ask(api.orders())
    found = answers.read(answer.body, answers.Orders) if answer.outcome is Outcome.OK else None
    return reply_of(answer)._replace(seen=tuple(order.order_id for order in found.items) if found else ())


async def read_messages(visitor: Visitor, _action: actions.ReadMessages) -> Reply:
    """The own messages."""
    answer = await visitor.ask(api.messages())
    found = answers.read(answer.body, answers.Messages) if answer.outcome is Outcome.OK else None
    return reply_of(answer)._replace(seen=tuple(message.about for message in found.items) if found else ())
