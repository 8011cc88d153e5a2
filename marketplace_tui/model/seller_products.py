"""A seller's own products: a search among them, and what is typed of one as values of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Literal, TypeAlias

from marketplace_tui.model.marketplace import Marketplace
from marketplace_tui.model.pages import PAGE, Loaded, Pages
from marketplace_tui.model.resource import Resource
from marketplace_tui.text.values import money
from services_stub.client.errors import Conflict, InvalidInput
from services_stub.contracts.decoding import number_of
from services_stub.contracts.events.product import ProductStatus
from services_stub.contracts.http.product import Product
from services_stub.contracts.http.seller import SellerSettings
from services_stub.contracts.problem import FieldError, problem

State: TypeAlias = Literal["on sale", "nearly sold out", "sold out", "blocked", "disabled"]
NEARLY_SOLD_OUT: Final = "nearly sold out"

FIELDS = ("name", "category", "price", "quantity", "description")
"""The fields of a product that its seller sets."""

_ATTEMPTS = 3


def state_of(product: Product, threshold: int) -> State:
    """Whether a product can be bought, and for how long."""
    if product.status == ProductStatus.BLOCKED:
        return "blocked"
    if product.status == ProductStatus.DISABLED:
        return "disabled"
    if product.quantity <= 0:
        return "sold out"
    return NEARLY_SOLD_OUT if product.quantity <= threshold else "on sale"


class SellerProducts:
    """The own products whose text has all of `words`, newest first, and the settings of the seller."""

    def __init__(self, marketplace: Marketplace) -> None:
        self.words = ""
        self._marketplace = marketplace
        tasks, clock, ask = marketplace.tasks, marketplace.clock, marketplace.connection.ask
        self.found: Pages[Product] = Pages(self._load_page, tasks, clock)
        self.settings: Resource[SellerSettings] = Resource(
            lambda: ask(marketplace.client.seller.settings()), tasks, clock
        )

    @property
    def threshold(self) -> int:
        """So many units or fewer are low stock."""
        return self.settings.value.low_stock_threshold if self.settings.value else 0

    def refresh(self) -> None:
        """Read products and settings again."""
        self.found.refresh()
        self.settings.refresh()

    def search(self, words: str) -> None:
        """Look for others; what was found before stays until the answer is there."""
        if words != self.words:
            self.words = words
            self.found.begin_anew()

    def product(self, product_id: str) -> Product | None:
        """A product that was found."""
        return next((product for product in self.found.items if product.product_id == product_id), None)

    async def _load_page(self, cursor: str) -> Loaded[Product]:
        area = self._marketplace.client.seller
        page = await self._marketplace.connection.ask(area.products(self.words, cursor=cursor, limit=PAGE))
        return Loaded(tuple(page.items), page.next_cursor)


@dataclass(frozen=True)
class ProductValues:
    """The fields of a product as they were typed."""

    name: str
    category: str
    price: Decimal
    quantity: int
    description: str


def typed_of(product: Product) -> dict[str, str]:
    """The fields of a product as a person would type them."""
    return {
        "name": product.name,
        "category": product.category,
        "price": f"{product.price:.2f}",
        "quantity": str(product.quantity),
        "description": product.description,
    }


def values_of(typed: Mapping[str, str]) -> ProductValues:
    """The values of a form.

    Raises:
        InvalidInput: `problem.errors` names every field that is none.

    """
    errors: list[FieldError] = []
    price, quantity = _price(typed["price"]), whole_units(typed["quantity"])
    if price is None:
        errors.append(FieldError(field="price", message="a price like 18.50 is expected"))
    if quantity is None:
        errors.append(FieldError(field="quantity", message="whole units like 12 are expected"))
    if price is None or quantity is None:
        raise InvalidInput(problem(400, "invalid-input", "", errors=errors))
    return ProductValues(typed["name"].strip(), typed["category"].strip(), price, quantity, typed["description"])


def whole_units(text: str) -> int | None:
    """A number of units, or None where the text is none."""
    digits = text.strip()
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) <= 10 else None


def _price(text: str) -> Decimal | None:
    try:
        return number_of(text)
    except ValueError:
        return None


async def create(marketplace: Marketplace, typed: Mapping[str, str]) -> Product:
    """Offer a new product.

    Raises:
        MarketplaceError: as the client does; InvalidInput also for what is no price and no number.

    """
    values = values_of(typed)
    return await marketplace.client.seller.create_product(
        values.name,
        category=values.category,
        price=values.price,
        quantity=values.quantity,
        description=values.description,
    )


class ProductEdit:
    """Changes the fields of a product that a person changed, and never those that others changed meanwhile.

    Every sale changes a product, so that its version says little: the fields are compared.
    """

    def __init__(self, marketplace: Marketplace, product: Product) -> None:
        self.opened = product
        self._seen = product
        self._marketplace = marketplace

    def changed_by(self, typed: Mapping[str, str]) -> dict[str, Any]:
        """The fields that differ from those of the product when its form was opened, with their new values."""
        values = values_of(typed)
        return {
            field: getattr(values, field) for field in FIELDS if getattr(values, field) != getattr(self.opened, field)
        }

    async def save(self, typed: Mapping[str, str]) -> Product:
        """Save what was typed.

        Raises:
            Conflict: the same fields were changed elsewhere since they were last shown here; `problem.errors` has what
                they are now, and saving again sets them all the same.
            MarketplaceError: as the client does.

        """
        changed = self.changed_by(typed)
        if not changed:
            return self.opened
        client, product_id = self._marketplace.client, self.opened.product_id
        for _ in range(_ATTEMPTS):
            try:
                return await client.seller.change_product(product_id, **changed, version=self._seen.version)
            except Conflict as error:
                if error.problem.code != "version-conflict":
                    raise
            before, self._seen = self._seen, await client.products.read(product_id)
            _refuse_overwriting(changed, before, self._seen)
        raise Conflict(problem(409, "version-conflict", "the product changes faster than it can be saved: save again"))

    async def take_back(self, changed: Mapping[str, Any]) -> Product:
        """Set fields back to what they were when the form was opened.

        Stock is left alone: what was sold since then must not come back.
        """
        before = {field: getattr(self.opened, field) for field in changed if field != "quantity"}
        return await self._marketplace.client.seller.change_product(self.opened.product_id, **before)


def _refuse_overwriting(changed: Mapping[str, Any], before: Product, now: Product) -> None:
    errors = [
        FieldError(field=field, message=f"is {_words(getattr(now, field))} now")
        for field in changed
        if getattr(before, field) != getattr(now, field)
    ]
    if errors:
        detail = "this was changed elsewhere since you opened it; save again to set it as you typed it"
        raise Conflict(problem(409, "version-conflict", detail, errors=errors))


def _words(value: object) -> str:
    return money(value) if isinstance(value, Decimal) else f"{value:,}" if isinstance(value, int) else str(value)
