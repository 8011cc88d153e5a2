"""The checkout as lines of text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

from marketplace_tui.model.checkout import CheckoutModel
from marketplace_tui.text.lines import MOST_OF_ERROR, Line, Look, Span, apart, spans, wrapped
from marketplace_tui.text.reasons import reason_words
from marketplace_tui.text.shown import shown
from marketplace_tui.text.signs import ARROW, DONE, ELLIPSIS, FAILED, SEPARATOR, WARNING, of_status
from marketplace_tui.text.table import Column
from marketplace_tui.text.values import count, money, short_id
from services_stub.client.errors import RequestRefused
from services_stub.contracts.http.cart import Cart, CartLine
from services_stub.contracts.http.product import LineProblem

COLUMNS = (Column("Step", 8), Column("", 30, grows=True), Column("", 30, grows=True))

CARD, ORDER, PAYMENT = "card", "order", "payment"
"""The keys of the steps."""


def summary(model: CheckoutModel, cart: Cart, name_of: Callable[[str], str], width: int, most: int) -> Sequence[Line]:
    """The lines of the cart with what is wrong with each, and the sum."""
    lines: list[Line] = []
    if model.order is not None:
        for item in model.order.items[:most]:
            total = (Span(money(item.unit_price * item.quantity)),)
            lines.append(apart((Span(f"{item.quantity:,} × {shown(item.name)}"),), total, width))
        return [*lines, (), _sum(model.order.amount, model.order.currency, width)]
    shown_lines = cart.lines[:most]
    for line in shown_lines:
        lines.append(_line(line, model.line_problems.get(line.product_id), name_of, width))
    more = len(cart.lines) - len(shown_lines)
    if more > 0:
        lines.append((Span(f"and {count(more, 'more line')}", "dim"),))
    return [*lines, (), _sum(cart.amount, cart.currency, width)]


def _line(line: CartLine, problem: LineProblem | None, name_of: Callable[[str], str], width: int) -> Line:
    name: Line = (
        Span(f"{line.quantity:,} × {shown(line.name)}"),
        Span(f" {SEPARATOR} {shown(name_of(line.seller_id))}", "dim"),
    )
    words = _problem_words(problem) if problem else "" if line.available else "cannot be bought, not counted"
    if words:
        name = (*name, Span(f"  {FAILED} {words}", "bad"))
    return apart(name, (Span(money(line.line_total) if line.available else "–"),), width)


def _problem_words(problem: LineProblem) -> str:
    if problem.new_price is not None:
        was = f", it was {money(problem.old_price)}" if problem.old_price is not None else ""
        return f"costs {money(problem.new_price)} now{was}"
    if problem.problem == "out-of-stock":
        return f"only {problem.available:,} left" if problem.available else "sold out"
    return "cannot be bought any more"


def _sum(amount: Decimal, currency: str, width: int) -> Line:
    return apart((Span("Sum", "dim"),), (Span(money(amount, currency), "strong"),), width)


def steps(model: CheckoutModel, cart: Cart, *, is_loaded: bool) -> list[tuple[str, tuple[Line, ...]]]:
    """The steps by key: the card, the order, and once it is placed the payment; errors beside each.

    `is_loaded` says whether the marketplace told what lies in the cart.
    """
    found = [(CARD, _card(model)), (ORDER, _order(model, cart, is_loaded=is_loaded))]
    return [*found, (PAYMENT, _payment(model))] if model.order is not None else found


def _card(model: CheckoutModel) -> tuple[Line, ...]:
    label = (Span("1 Card", "dim"),)
    if model.declined is not None:
        return (label, spans(model.card), (Span(f"{FAILED} declined: choose another", "bad"),))
    if not model.card:
        return (label, (Span("choose a card", "accent"),), ())
    known = next((one for one in model.methods.value or () if one.payment_method == model.card), None)
    return (label, (Span(f"{DONE} ", "good"), *spans(model.card)), spans(known.description if known else "", "dim"))


def _order(model: CheckoutModel, cart: Cart, *, is_loaded: bool) -> tuple[Line, ...]:
    label = (Span("2 Order", "dim"),)
    if model.order is not None:
        return (label, (Span(f"{DONE} placed ", "good"), Span(short_id(model.order.order_id), "dim")), ())
    if model.placing:
        return (label, (Span(f"Placing the order{ELLIPSIS}"),), ())
    if model.attempt is not None:
        words = f"Ask again for {money(model.attempt.amount, cart.currency)}"
        return (label, (Span(words, "accent"),), (Span(f"{WARNING} perhaps placed already", "warning"),))
    if not cart.lines:
        words = "Your cart is empty." if is_loaded else f"Loading your cart{ELLIPSIS}"
        return (label, (Span(words, "dim"),), ())
    if model.is_changed and model.accepted is not None:
        words = f"Accept {money(cart.amount, cart.currency)}"
        changed = f"{WARNING} changed: {money(model.accepted)} {ARROW} {money(cart.amount)}"
        return (label, (Span(words, "accent"),), (Span(changed, "warning"),))
    words = f"Place the order for {money(cart.amount, cart.currency)}"
    return (label, (Span(words, "accent" if model.card else "dim"),), ())


def _payment(model: CheckoutModel) -> tuple[Line, ...]:
    assert model.order is not None
    waits = (Span(f"the bank is asked{ELLIPSIS}", "dim"),)
    return ((Span("3 Paid", "dim"),), (Span(of_status(model.order.status), "warning"),), waits)


def explanation(model: CheckoutModel, width: int) -> Sequence[Line]:
    """The reason that it did not go on and its meaning for the shopper, or what is waited for; else nothing."""
    words, look = _explained(model)
    return [spans(line, look) for line in wrapped(words, width, MOST_OF_ERROR)] if words else []


def _explained(model: CheckoutModel) -> tuple[str, Look]:
    error = model.refusal
    if model.declined is not None:
        why = reason_words(model.declined_reason)
        return f"{FAILED} Not paid: {why}. Nothing was charged, and what you wanted is in your cart again.", "bad"
    if model.order is not None:
        return (
            "You can go on meanwhile: your orders show how it ends, and a declined card fills your cart again.",
            "dim",
        )
    if model.attempt is not None and error is not None:
        return f"{WARNING} {error}. Asking again is safe: it never makes a second order.", "warning"
    if error is None:
        return "", "plain"
    known = _KNOWN.get(error.problem.code) if isinstance(error, RequestRefused) else None
    return f"{FAILED} Not ordered: {known or error}", "bad"


_KNOWN = {
    "price-changed": "prices changed. Look at them above; you order only what you accept.",
    "out-of-stock": "there is less in stock than you want. Change the quantity in your cart.",
    "product-unavailable": "a product cannot be bought any more. Take it out of your cart.",
    "cart-empty": "your cart is empty.",
}
