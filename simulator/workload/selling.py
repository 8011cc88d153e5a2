"""The actions of sellers and admins."""

from __future__ import annotations

from collections.abc import Callable

from services_stub.contracts.http.page import LARGEST_PAGE
from services_stub.contracts.http.product import ChangeProduct, CreateProduct
from simulator.engine.http import Request
from simulator.measure.outcomes import Outcome
from simulator.personas import actions
from simulator.personas.personas import Role
from simulator.population import texts_of
from simulator.workload import answers, api
from simulator.workload.visitor import Reply, Visitor, reply_of

_REASON = "load test"


async def read_dashboard(visitor: Visitor, _action: actions.ReadDashboard) -> Reply:
    """The own sales in numbers."""
    return reply_of(await visitor.ask(api.dashboard()))


async def list_sales(visitor: Visitor, _action: actions.ListSales) -> Reply:
    """The orders with own products."""
    answer = await visitor.ask(api.sales())
    found = answers.read(answer.body, answers.Orders) if answer.outcome is Outcome.OK else None
    return reply_of(answer)._replace(seen=tuple(order.order_id for order in found.items) if found else ())


async def change_price(visitor: Visitor, action: actions.ChangePrice) -> Reply:
    """Another price."""
    request = api.change_product(visitor.product(action.product), ChangeProduct(price=action.price))
    return reply_of(await visitor.ask(request))


async def take_in_stock(visitor: Visitor, action: actions.TakeInStock) -> Reply:
    """More units."""
    key = visitor.key(action.idempotency_key)
    return reply_of(await visitor.ask(api.take_in(visitor.product(action.product), action.units, key)))


async def replace_product(visitor: Visitor, action: actions.ReplaceProduct) -> Reply:
    """Another product in the place of one, under its number: for the sessions of this process."""
    market = visitor.market
    deleted = await visitor.ask(api.delete_product(visitor.product(action.product)))
    if deleted.outcome is not Outcome.OK:
        return reply_of(deleted)
    old = market.catalogue.products[action.product]
    texts = texts_of(market.seed, old)
    body = CreateProduct(
        name=texts.name,
        category=old.category,
        price=action.price,
        quantity=old.stock,
        description=texts.description,
    )
    answer = await visitor.ask_also(api.create_product(body))
    created = answers.read(answer.body, answers.Product) if answer.outcome is Outcome.OK else None
    if created is not None:
        market.people.products[action.product] = created.product_id
    return reply_of(answer)


async def ship_oldest_order(visitor: Visitor, _action: actions.ShipOldestOrder) -> Reply:
    """The own part of the oldest order that is PAID is on its way."""
    return await _move_oldest(visitor, "PAID", api.ship)


async def deliver_oldest_order(visitor: Visitor, _action: actions.DeliverOldestOrder) -> Reply:
    """The own part of the oldest order that is SHIPPED arrived."""
    return await _move_oldest(visitor, "SHIPPED", api.deliver)


async def read_overview(visitor: Visitor, _action: actions.ReadOverview) -> Reply:
    """The marketplace in numbers."""
    return reply_of(await visitor.ask(api.overview()))


async def block_seller(visitor: Visitor, action: actions.BlockSeller) -> Reply:
    """A seller may not sell."""
    return reply_of(await visitor.ask(api.block(_seller(visitor, action.seller), _REASON)))


async def unblock_seller(visitor: Visitor, action: actions.UnblockSeller) -> Reply:
    """A seller may sell again."""
    return reply_of(await visitor.ask(api.unblock(_seller(visitor, action.seller), _REASON)))


async def _move_oldest(visitor: Visitor, status: str, move: Callable[[str], Request]) -> Reply:
    """Of the newest orders with a status, as many as a page has, the oldest; where there is none, that was seen."""
    answer = await visitor.ask(api.sales(status, LARGEST_PAGE))
    found = answers.read(answer.body, answers.Orders) if answer.outcome is Outcome.OK else None
    if not found or not found.items:
        return reply_of(answer)
    order_id = found.items[-1].order_id
    return reply_of(await visitor.ask_also(move(order_id)))._replace(order_id=order_id)


def _seller(visitor: Visitor, number: int) -> str:
    return visitor.market.people.accounts[Role.SELLER][number].user_id
