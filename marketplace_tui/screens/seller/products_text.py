"""Own products as lines of text."""

from __future__ import annotations

from collections.abc import Sequence

from marketplace_tui.model.seller_products import SellerProducts, State, state_of
from marketplace_tui.screens.seller.answers import instead
from marketplace_tui.text.lines import Line, Look, Span, apart, spans, wrapped
from marketplace_tui.text.shown import shown
from marketplace_tui.text.signs import NONE, SEPARATOR, STATUS
from marketplace_tui.text.table import Column
from marketplace_tui.text.values import count, money, short_id
from services_stub.contracts.http.product import Product

COLUMNS = (
    Column("Name", 20, grows=True),
    Column("Price", 10, right=True),
    Column("Stock", 6, right=True),
    Column("Reserved", 8, right=True, drop=1),
    Column("State", 17),
    Column("Category", 10, drop=2),
)

_LOOKS: dict[State, tuple[str, Look]] = {
    "on sale": (STATUS["ACTIVE"], "good"),
    "nearly sold out": (STATUS["PENDING"], "warning"),
    "sold out": (STATUS["DISABLED"], "bad"),
    "blocked": (STATUS["BLOCKED"], "bad"),
    "disabled": (STATUS["DISABLED"], "dim"),
}


def state_words(product: Product, threshold: int) -> Line:
    """The state of a product as sign and words."""
    state = state_of(product, threshold)
    sign, look = _LOOKS[state]
    return (Span(f"{sign} {state}", look),)


def units(number: int) -> Line:
    """A number of units, or that there is none."""
    return (Span(f"{number:,}" if number else NONE),)


def cells(product: Product, threshold: int) -> tuple[Line, ...]:
    """A product as a row."""
    return (
        spans(product.name),
        (Span(money(product.price)),),
        units(product.quantity),
        units(product.reserved),
        state_words(product, threshold),
        spans(product.category, "dim"),
    )


def number_line(model: SellerProducts, marked: int, width: int) -> Line:
    """How many were found, and how many of them are marked."""
    more = "+" if model.found.has_more else ""
    found = f"{len(model.found.items)}{more} products" if model.found.value else ""
    return apart((), (Span(f"{marked} marked  ", "accent") if marked else Span(""), Span(found, "dim")), width)


def empty(model: SellerProducts) -> Sequence[Line]:
    """Instead of products: the reason that there are none, and the key that helps."""
    if model.words:
        nothing: list[Line] = [
            (Span(f"None of your products is called “{shown(model.words)}”."),),
            (Span("esc", "key", "app.back"), Span(" shows all of them.")),
        ]
    else:
        nothing = [(Span("You offer nothing yet."),), (Span("n", "key", "product.create"), Span(" adds a product."))]
    return instead(model.found, "your products", nothing)


def below(product: Product | None, width: int) -> Sequence[Line]:
    """The selected product in two lines."""
    if product is None:
        return [(), ()]
    words = f" {SEPARATOR} {money(product.price, product.currency)} {SEPARATOR} {_stock(product)}"
    text = wrapped(f"{product.category} {SEPARATOR} {product.description}", width, 1)
    return [(*spans(product.name, "strong"), Span(words)), spans(text[0], "dim")]


def pane(model: SellerProducts, product: Product | None, now_words: str, width: int, height: int) -> Sequence[Line]:
    """The selected product beside the table."""
    if product is None:
        return []
    lines: list[Line] = [spans(line, "strong") for line in wrapped(product.name, width, 3)]
    lines += [
        (Span(money(product.price, product.currency), "accent"), Span(f" {SEPARATOR} {_stock(product)}")),
        state_words(product, model.threshold),
        spans(f"{product.category} {SEPARATOR} {now_words} {SEPARATOR} {short_id(product.product_id)}", "dim"),
        (),
    ]
    lines += [spans(line) for line in wrapped(product.description, width, max(height - len(lines), 0))]
    return lines[:height]


def _stock(product: Product) -> str:
    reserved = f", {product.reserved:,} reserved" if product.reserved else ""
    return f"{count(product.quantity, 'unit')} in stock{reserved}" if product.quantity > 0 else f"sold out{reserved}"
