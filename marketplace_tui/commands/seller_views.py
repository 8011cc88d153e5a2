"""The answers of `marketplace seller` as people see them."""

from __future__ import annotations

from collections.abc import Iterator

from marketplace_tui.commands.output import Column, Look, Part, Table
from marketplace_tui.commands.shop_views import ID, NAME, STATUS, facts
from marketplace_tui.operations.seller import Deleted
from marketplace_tui.text.signs import ARROW, sparkline
from marketplace_tui.text.values import count, money
from services_stub.contracts.http.bulk import BulkChange
from services_stub.contracts.http.page import Page
from services_stub.contracts.http.product import Product
from services_stub.contracts.http.seller import Dashboard, SellerSettings, StockNotice, StockNotices

_STEPS = 40


def dashboard(board: Dashboard, look: Look) -> Iterator[Part]:
    """The numbers, the series, the best products and the newest sales."""
    counts = board.counts
    yield facts(
        [
            ("revenue", money(board.revenue, board.currency)),
            ("refunded", money(board.refunded, board.currency)),
            ("units", f"{board.units:,}"),
            ("orders", f"{counts.all:,}, of which {counts.to_ship:,} to ship, {counts.open:,} not paid yet"),
            ("series", sparkline([float(point.revenue) for point in board.series], _STEPS)),
        ]
    )
    if board.top_products:
        yield Table(
            (Column("Best product", flexible=True), Column("Revenue", right=True), Column("Units", right=True)),
            [[top.name, money(top.revenue), str(top.units)] for top in board.top_products],
        )
    yield Table(
        (
            Column("Order"),
            STATUS,
            Column("Amount", right=True),
            Column("Placed"),
            Column("Items", flexible=True),
        ),
        [
            [
                look.id(sale.order_id),
                look.status(sale.status),
                money(sale.amount),
                look.when(sale.placed_at),
                ", ".join(f"{item.units} × {item.name}" for item in sale.items),
            ]
            for sale in board.sales.items
        ],
        "Nothing is sold yet.",
    )
    if board.staleness_seconds:
        yield f"These numbers are up to {board.staleness_seconds:.1f} s old."


def product_list(page: Page[Product], look: Look) -> Iterator[Part]:
    """Own products, one in each row."""
    yield Table(
        (
            NAME,
            Column("Price", right=True),
            Column("Stock", right=True),
            Column("Reserved", right=True),
            STATUS,
            Column("Category", flexible=True),
            ID,
        ),
        [
            [
                product.name,
                money(product.price),
                str(product.quantity),
                str(product.reserved),
                look.status(product.status),
                product.category,
                look.id(product.product_id),
            ]
            for product in page.items
        ],
        "No products. `marketplace seller create` offers one.",
    )


def deleted(value: Deleted, _look: Look) -> Iterator[Part]:
    """That it is gone."""
    yield f"Product {value.product_id} is off the market."


def bulk_change(value: BulkChange, look: Look) -> Iterator[Part]:
    """Each product before and after."""
    yield Table(
        (NAME, Column("Price", right=True), Column("Stock", right=True), ID),
        [
            [
                line.name,
                _step(money(line.old_price), money(line.price)),
                _step(str(line.old_quantity), str(line.quantity)),
                look.id(line.product_id),
            ]
            for line in value.lines
        ],
    )
    changed = sum((line.old_price, line.old_quantity) != (line.price, line.quantity) for line in value.lines)
    words = "would change: nothing was done" if value.dry_run else "changed"
    yield f"{count(changed, 'product')} {words}."


def _step(old: str, new: str) -> str:
    return new if old == new else f"{old} {ARROW} {new}"


def notice_list(page: StockNotices, look: Look) -> Iterator[Part]:
    """Notices, one in each row; those that are new are marked."""
    yield Table(
        (Column(""), NAME, Column("Left", right=True), Column("When"), ID),
        [
            [
                "" if notice.read else "new",
                notice.name,
                "sold out" if notice.sold_out else str(notice.quantity),
                look.when(notice.happened_at),
                look.id(notice.notice_id),
            ]
            for notice in page.items
        ],
        "No notices.",
    )
    yield f"{count(page.unread, 'notice')} unread."


def notice_page(notice: StockNotice, look: Look) -> Iterator[Part]:
    """One notice."""
    left = "is sold out" if notice.sold_out else f"has {count(notice.quantity, 'unit')} left"
    yield f"{notice.name} {left}, {look.when(notice.happened_at)}."


def settings_page(value: SellerSettings, _look: Look) -> Iterator[Part]:
    """The threshold."""
    yield f"Stock of {count(value.low_stock_threshold, 'unit')} or fewer is low."
