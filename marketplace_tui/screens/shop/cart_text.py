"""The cart as lines of text."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from marketplace_tui.text.lines import Line, Span, apart, spans
from marketplace_tui.text.shown import shown
from marketplace_tui.text.signs import SEPARATOR, WARNING
from marketplace_tui.text.states import hint
from marketplace_tui.text.table import Column
from marketplace_tui.text.values import count, money
from services_stub.contracts.http.cart import Cart, CartLine

COLUMNS = (
    Column("Name", 14, grows=True),
    Column("Seller", 14, drop=1),
    Column("Price", 10, right=True),
    Column("Units", 5, right=True),
    Column("Total", 11, right=True),
    Column("", 19),
)

EMPTY: Sequence[Line] = (
    (Span("Your cart is empty."),),
    hint("1", "goes to the shop, where a puts products in.", "go.cart"),
)


def cells(line: CartLine, name_of: Callable[[str], str]) -> tuple[Line, ...]:
    """A line of the cart as a row."""
    return (
        spans(line.name),
        spans(name_of(line.seller_id), "dim"),
        (Span(money(line.unit_price)),),
        (Span(f"{line.quantity:,}"),),
        (Span(money(line.line_total) if line.available else "not counted", "plain" if line.available else "dim"),),
        (Span(_note(line), "warning"),),
    )


def _note(line: CartLine) -> str:
    """The change that matters most since the product was put in."""
    if not line.available:
        return f"{WARNING} cannot be bought"
    if "price" in line.changes and line.added_price is not None:
        return f"{WARNING} was {money(line.added_price)}"
    if "availability" in line.changes:
        return f"{WARNING} is back"
    return f"{WARNING} renamed" if "name" in line.changes else ""


def below(cart: Cart, line: CartLine | None, name_of: Callable[[str], str], width: int) -> Sequence[Line]:
    """The sum of the cart, and the selected line in words."""
    units = sum(one.quantity for one in cart.lines)
    left = (Span(f"{count(len(cart.lines), 'line')}, {count(units, 'unit')}", "dim"),)
    total = apart(left, (Span("Sum ", "dim"), Span(money(cart.amount, cart.currency), "strong")), width)
    return [total, _in_words(line, name_of) if line else ()]


def _in_words(line: CartLine, name_of: Callable[[str], str]) -> Line:
    parts = [shown(line.name), f"sold by {shown(name_of(line.seller_id))}"]
    if not line.available:
        parts.append("cannot be bought now, and is not counted")
    if "price" in line.changes and line.added_price is not None:
        parts.append(f"cost {money(line.added_price)} when you put it in")
    if "name" in line.changes and line.added_name is not None:
        parts.append(f"was called {shown(line.added_name)}")
    return (Span(f" {SEPARATOR} ".join(parts), "dim"),)
