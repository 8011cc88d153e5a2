"""A seller's sales as the seller sees them, checked to add up."""

from __future__ import annotations

from services_stub.client import MarketplaceClient
from services_stub.contracts.http.seller import Dashboard, Sale
from services_stub.contracts.money import ZERO

SOLD = {"PAID", "SHIPPED", "DELIVERED"}


async def all_sales(seller: MarketplaceClient, board: Dashboard, limit: int) -> list[Sale]:
    """The sales on the first page of a dashboard and on all further ones."""
    found, page = list(board.sales.items), board.sales
    while page.next_cursor:
        page = await seller.seller.sales(position=page.position, cursor=page.next_cursor, limit=limit)
        found += page.items
    return found


async def dashboard_that_adds_up(seller: MarketplaceClient, *, limit: int = 100) -> Dashboard:
    """The dashboard; its numbers are the sums over the list behind them."""
    board = await seller.seller.dashboard(limit=limit)
    sales = await all_sales(seller, board, limit)
    assert board.revenue == sum((sale.amount for sale in sales if sale.status in SOLD), ZERO)
    assert board.units == sum(sale.units for sale in sales if sale.status in SOLD)
    assert board.refunded == sum((sale.amount for sale in sales if sale.status == "REFUNDED"), ZERO)
    assert board.counts.all == len({sale.order_id for sale in sales}) == len(sales)
    assert board.counts.to_ship == sum(sale.status == "PAID" for sale in sales)
    assert sum((point.revenue for point in board.series), ZERO) == board.revenue
    assert sum((top.revenue for top in board.top_products), ZERO) == board.revenue
    return board
