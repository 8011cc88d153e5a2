"""The storefront as lines of text."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from marketplace_tui.model.storefront import StorefrontModel
from marketplace_tui.text.lines import Line, Range, Span, apart, cut_line, highlighted, spans, wrapped
from marketplace_tui.text.shown import shown
from marketplace_tui.text.signs import ELLIPSIS, FAILED, NONE, SEPARATOR
from marketplace_tui.text.table import Column
from marketplace_tui.text.values import count, money
from services_stub.contracts.http.search import FoundProduct

COLUMNS = (
    Column("Name", 16, grows=True),
    Column("Price", 10, right=True),
    Column("Stock", 6, right=True),
    Column("Seller", 16, drop=2),
    Column("", 10, drop=1),
)

CARD = ((0,), (1, 2), (3, 4))
"""The cells of each line of a product's card in the grid."""

NameOf = Callable[[str], str]
"""The name of a seller by id."""

FEW = 3
"""So many units or fewer are called the last ones."""


def cells(product: FoundProduct, in_cart: int, name_of: NameOf) -> tuple[Line, ...]:
    """A product as a row."""
    return (
        highlighted(product.name, [Range(one.start, one.end) for one in product.highlights.name]),
        (Span(money(product.price)),),
        (Span(f"{product.quantity:,}" if product.quantity > 0 else NONE),),
        spans(name_of(product.seller_id), "dim"),
        (_note(product, in_cart),),
    )


def _note(product: FoundProduct, in_cart: int) -> Span:
    if in_cart:
        return Span(f"in cart {in_cart}", "accent")
    if product.quantity <= 0:
        return Span("sold out", "dim")
    return Span(f"last {product.quantity}", "warning") if product.quantity <= FEW else Span("")


def facets(model: StorefrontModel, in_force: str, width: int) -> Line:
    """The filters in force, and the categories with how many products of each were found."""
    if model.first_page is None:
        return ()
    line: list[Span] = []
    if in_force:
        line += [Span("only ", "dim"), Span(shown(in_force), "accent"), Span("  ")]
        return cut_line((*line, Span("f", "key", "shop.filter"), Span(" changes it", "dim")), width)
    for facet in model.first_page.facets.categories:
        line += [Span(f" {SEPARATOR} ", "dim")] if line else []
        line.append(Span(f"{shown(facet.category)} {facet.products:,}"))
    return cut_line(tuple(line), width)


def empty(model: StorefrontModel) -> Sequence[Line]:
    """Instead of products: the reason that there are none, and the key that helps."""
    if model.found.error is not None and model.found.value is None:
        return [
            (Span(f"{FAILED} The shop cannot be reached: ", "bad"), *spans(str(model.found.error))),
            (Span("f5", "key", "app.refresh"), Span(" tries again.")),
        ]
    if model.found.value is None:
        return [(Span(f"Loading the shop{ELLIPSIS}", "dim"),)]
    if model.query.is_filtered:
        words = f"Nothing is called “{shown(model.query.text)}”." if model.query.text else "Nothing fits these filters."
        return [(Span(words),), (Span("esc", "key", "app.back"), Span(" shows all products."))]
    return [(Span("No seller offers anything yet."),), (Span("A seller adds products with n.", "dim"),)]


def below(model: StorefrontModel, product: FoundProduct | None, width: int) -> Sequence[Line]:
    """The selected product in two lines, and how many were found how fast."""
    took = f"{model.took * 1000:.1f} ms {SEPARATOR} " if model.took is not None else ""
    number = len(model.found.items)
    words = f"{number}+ products" if model.found.has_more else count(number, "product")
    found = (Span(f"{took}{words}", "dim"),)
    if product is None:
        return [apart((), found, width), ()]
    words = f" {SEPARATOR} {money(product.price, product.currency)} {SEPARATOR} {_stock(product)}"
    first = (*spans(product.name, "strong"), Span(words))
    return [apart(first, found, width), spans((wrapped(product.description, width, 1) or [""])[0], "dim")]


def pane(product: FoundProduct | None, name_of: NameOf, width: int, height: int) -> Sequence[Line]:
    """The selected product beside the table."""
    if product is None:
        return []
    lines: list[Line] = [spans(line, "strong") for line in wrapped(product.name, width, 3)]
    lines += [
        (Span(money(product.price, product.currency), "accent"), Span(f" {SEPARATOR} {_stock(product)}")),
        (Span(f"{shown(product.category)} {SEPARATOR} sold by {shown(name_of(product.seller_id))}", "dim"),),
        (),
    ]
    lines += [spans(line) for line in wrapped(product.description, width, max(height - len(lines), 0))]
    return lines[:height]


def _stock(product: FoundProduct) -> str:
    return f"{count(product.quantity, 'unit')} in stock" if product.quantity > 0 else "sold out"
