"""One product as lines of text."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from marketplace_tui.text.lines import Line, Span, spans, wrapped
from marketplace_tui.text.shown import shown
from marketplace_tui.text.signs import NONE, SEPARATOR, WARNING
from marketplace_tui.text.table import Column
from marketplace_tui.text.values import count, money
from services_stub.contracts.events.product import ProductStatus
from services_stub.contracts.http.product import Product
from services_stub.contracts.http.search import FoundProduct

COLUMNS = (
    Column("Related", 16, grows=True),
    Column("Price", 10, right=True),
    Column("Stock", 6, right=True),
    Column("Seller", 16, drop=1),
    Column("", 10, drop=2),
)


def head(product: Product, in_cart: int, name_of: Callable[[str], str], width: int) -> Sequence[Line]:
    """Name, price, stock, seller, and how many lie in the cart."""
    facts: list[Span] = [
        Span(money(product.price, product.currency), "accent"),
        Span(f" {SEPARATOR} {_stock(product)}"),
    ]
    if in_cart:
        facts.append(Span(f" {SEPARATOR} {in_cart:,} in your cart", "accent"))
    return [
        *(spans(line, "strong") for line in wrapped(product.name, width, 3)),
        tuple(facts),
        (Span(f"{shown(product.category)} {SEPARATOR} sold by {shown(name_of(product.seller_id))}", "dim"),),
        (),
    ]


def _stock(product: Product) -> str:
    if product.status is not ProductStatus.ACTIVE:
        return f"{WARNING} {product.status}: cannot be bought"
    return f"{count(product.quantity, 'unit')} in stock" if product.quantity > 0 else "sold out"


def description(product: Product, width: int) -> Sequence[Line]:
    """The text of the product."""
    return [spans(line) for line in wrapped(product.description, width)]


def related_cells(product: FoundProduct, in_cart: int, name_of: Callable[[str], str]) -> tuple[Line, ...]:
    """A related product as a row."""
    return (
        spans(product.name),
        (Span(money(product.price)),),
        (Span(f"{product.quantity:,}" if product.quantity > 0 else NONE),),
        spans(name_of(product.seller_id), "dim"),
        (Span(f"in cart {in_cart}", "accent") if in_cart else Span("" if product.quantity > 0 else "sold out", "dim"),),
    )
