"""The changes of own products, asked for on any screen that has some: create, edit, delete, intake, prices."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from marketplace_tui.model import seller_products
from marketplace_tui.model.bulk import BulkOperation, PriceChange, StockIntake
from marketplace_tui.model.seller_products import ProductEdit, typed_of, whole_units
from marketplace_tui.operations.seller import new_price
from marketplace_tui.screens.asking import start, submit
from marketplace_tui.screens.base import ClientScreen
from marketplace_tui.screens.everywhere.dialogs import Choice, Choose, Form, FormField
from marketplace_tui.screens.seller.preview import Preview, Previewed
from marketplace_tui.text.values import count, money
from services_stub.contracts.http.bulk import MOST_LINES, BulkChange, BulkLine
from services_stub.contracts.http.product import Product

_HINTS = {"price": "18.50", "quantity": "12", "category": "Kitchen"}
_WORDS = {"name": "Name", "category": "Category", "price": "Price", "quantity": "Stock", "description": "Description"}

_DELETE, _KEEP = "delete", "keep"

Done = Callable[[], None]
"""Called when it was done."""


def create(screen: ClientScreen, then: Callable[[str], None]) -> None:
    """Ask for a new product, and offer it; `then` gets its id."""
    marketplace = screen.client_app.marketplace

    def created(product: Product) -> None:
        screen.say(f"{product.name} is on sale.", "good")
        then(product.product_id)

    def offer(form: Form, typed: Mapping[str, str]) -> None:
        submit(screen, form, seller_products.create(marketplace, typed), created)

    screen.app.push_screen(Form("New product", _fields(dict.fromkeys(_WORDS, "")), offer))


def edit(screen: ClientScreen, product: Product, then: Done) -> None:
    """Ask for the fields of a product, and change those that differ."""
    marketplace = screen.client_app.marketplace
    model = ProductEdit(marketplace, product)

    def save(form: Form, typed: Mapping[str, str]) -> None:
        def saved(product: Product) -> None:
            changed = model.changed_by(typed)
            undoable = changed.keys() - {"quantity"}
            screen.say(f"{product.name} is changed." if changed else "Nothing was changed.", "good")
            if undoable:
                marketplace.undo.remember(f"the change of {model.opened.name}", lambda: take_back(changed))
            then()

        submit(screen, form, model.save(typed), saved)

    def take_back(changed: Mapping[str, object]) -> None:
        start(screen, model.take_back(changed), lambda _product: then())

    screen.app.push_screen(Form(f"Edit {product.name}", _fields(typed_of(product)), save))


def delete(screen: ClientScreen, product: Product, then: Done) -> None:
    """Ask, because it cannot be taken back, and delete a product."""

    def chosen(key: str | None) -> None:
        if key == _DELETE:
            start(screen, screen.client_app.marketplace.client.seller.delete_product(product.product_id), deleted)

    def deleted(_nothing: None) -> None:
        screen.say(f"{product.name} is off the market.", "good")
        then()

    choices = [
        Choice(_KEEP, "Keep it"),
        Choice(_DELETE, "Delete it for good", "this cannot be taken back"),
    ]
    screen.app.push_screen(Choose(f"Delete {product.name}?", choices), chosen)


def intake(screen: ClientScreen, products: Sequence[Product], then: Done) -> None:
    """Ask for the units that came in, show the new stock, and add them."""

    def look(form: Form, typed: Mapping[str, str]) -> None:
        units = whole_units(typed["units"])
        if units is None or units < 1:
            form.refused("", {"units": "whole units like 12 are expected"})
            return
        _preview(screen, form, StockIntake(screen.client_app.marketplace, products, units), words, added)

    def added(change: BulkChange) -> None:
        screen.say(f"The stock of {count(len(change.lines), 'product')} grew.", "good")
        then()

    words = Previewed(f"New stock of {_named(products)}", _stock)
    field = FormField("units", "Units that came in, of each", hint="12")
    _ask_for_many(screen, products, Form(f"Intake of {_named(products)}", [field], look))


def prices(screen: ClientScreen, products: Sequence[Product], then: Done) -> None:
    """Ask for the change of prices, show the new ones, and set them."""
    marketplace = screen.client_app.marketplace

    def look(form: Form, typed: Mapping[str, str]) -> None:
        def changed_price(old: Decimal) -> Decimal:
            return new_price(old, typed["change"])

        try:
            changed_price(Decimal(1))
        except ValueError as error:
            form.refused("", {"change": str(error)})
            return
        operation = PriceChange(marketplace, products, changed_price)
        _preview(screen, form, operation, words, lambda change: changed(operation, change))

    def changed(operation: PriceChange, change: BulkChange) -> None:
        differ = [line for line in change.lines if line.price != line.old_price]
        screen.say(f"{count(len(differ), 'price')} changed.", "good")
        if differ:
            marketplace.undo.remember(f"the new prices of {_named(products)}", lambda: take_back(operation, change))
        then()

    def take_back(operation: PriceChange, change: BulkChange) -> None:
        start(screen, operation.set_back(change), lambda _done: then())

    words = Previewed(f"New prices of {_named(products)}", _price)
    field = FormField("change", "New price, or change of each", hint="12.50, +10%, -5% or -0.50")
    _ask_for_many(screen, products, Form(f"Prices of {_named(products)}", [field], look))


def _ask_for_many(screen: ClientScreen, products: Sequence[Product], form: Form) -> None:
    if len(products) > MOST_LINES:
        screen.say(f"{len(products):,} products are marked; at most {MOST_LINES} are changed at once.", "warning")
    else:
        screen.app.push_screen(form)


def _preview(
    screen: ClientScreen, form: Form, operation: BulkOperation, words: Previewed, then: Callable[[BulkChange], None]
) -> None:
    def show(_change: BulkChange) -> None:
        screen.app.push_screen(Preview(screen, words, operation, then))

    submit(screen, form, operation.preview(), show)


def _fields(typed: Mapping[str, str]) -> list[FormField]:
    return [FormField(name, words, typed[name], _HINTS.get(name, "")) for name, words in _WORDS.items()]


def _named(products: Sequence[Product]) -> str:
    return products[0].name if len(products) == 1 else count(len(products), "product")


def _price(line: BulkLine) -> tuple[str, str]:
    return money(line.old_price), money(line.price)


def _stock(line: BulkLine) -> tuple[str, str]:
    return f"{line.old_quantity:,}", f"{line.quantity:,}"
