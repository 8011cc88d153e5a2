"""All products as lines of text."""

from __future__ import annotations

from marketplace_tui.screens.admin.list_text import exactly, joined, pair, paragraph
from marketplace_tui.text.lines import OF_STATUS, Line, Span, spans
from marketplace_tui.text.shown import cut, shown
from marketplace_tui.text.signs import of_status
from marketplace_tui.text.table import Column
from marketplace_tui.text.values import count, money
from services_stub.contracts.events.product import ProductStatus
from services_stub.contracts.http.product import Product

COLUMNS = (
    Column("Name", 16, grows=True),
    Column("Price", 10, right=True),
    Column("Stock", 6, right=True),
    Column("Status", 10),
    Column("Seller", 12, drop=1),
    Column("Category", 10, drop=2),
)

BLOCK = "It leaves the shop at once, and cannot be bought from carts that have it."
UNBLOCK = "It comes back into the shop, unless its seller is blocked."


def name_of(product: Product) -> str:
    """The name of a product, short enough for a title."""
    return cut(shown(product.name), 30)


def cells(product: Product, seller: str) -> tuple[Line, ...]:
    """A product as a row."""
    return (
        spans(product.name),
        (Span(money(product.price)),),
        (Span(f"{product.quantity:,}"),),
        (Span(of_status(product.status), OF_STATUS[product.status]),),
        spans(seller, "dim"),
        spans(product.category, "dim"),
    )


def details(product: Product, seller: str, width: int) -> list[Line]:
    """A product in full."""
    return [
        spans(product.name, "strong"),
        joined(money(product.price, product.currency), f"{count(product.quantity, 'unit')} in stock", product.category),
        (),
        (Span(f"{'Status':<12}", "dim"), Span(of_status(product.status), OF_STATUS[product.status])),
        pair("Reserved", count(product.reserved, "unit")),
        pair("Category", product.category),
        pair("Seller", seller),
        pair("Seller's id", product.seller_id),
        exactly("Added", product.created_at),
        pair("Version", str(product.version)),
        pair("Id", product.product_id),
        *([(), *paragraph(product.description, width)] if product.description else []),
    ]


def outcome(product: Product) -> str:
    """The answer to a block or an unblock in a line."""
    if product.status is ProductStatus.BLOCKED:
        return f"{name_of(product)} is blocked."
    suffix = ", but its seller is blocked" if product.status is ProductStatus.DISABLED else ""
    return f"{name_of(product)} is unblocked{suffix}."
