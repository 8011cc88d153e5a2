"""The operations of sellers: prices and stock of many products at once, from lines that name them."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from marketplace_tui.operations.finding import whole_id
from services_stub.client.errors import InvalidInput, NotFound
from services_stub.client.marketplace import MarketplaceClient
from services_stub.contracts.base import Body
from services_stub.contracts.http.bulk import MOST_LINES, IntakeLine, PriceLine
from services_stub.contracts.http.page import LARGEST_PAGE, Page
from services_stub.contracts.http.product import Product
from services_stub.contracts.http.seller import StockNotices
from services_stub.contracts.money import CENT
from services_stub.contracts.problem import FieldError, problem

_CHANGE = re.compile(r"(?P<sign>[+-]?)(?P<number>\d{1,10}(?:\.\d{1,2})?)(?P<percent>%?)", re.ASCII)
_UNITS = re.compile(r"\d{1,10}", re.ASCII)
_WHOLE_PERCENT = Decimal(100)


@dataclass(frozen=True)
class Line:
    """A line that names a product, by its id or the end of it, and says something of it."""

    product: str
    value: str


class Deleted(Body, frozen=True, kw_only=True):
    """A product that was taken off the market."""

    product_id: str


def read_lines(texts: Iterable[str]) -> list[Line]:
    """The lines `PRODUCT=VALUE` of texts; empty ones, and those that begin with #, are left out.

    Raises:
        InvalidInput: names the lines that are wrong, or there are none or too many.

    """
    kept = [text.strip() for text in texts if text.strip() and not text.strip().startswith("#")]
    parts = [text.partition("=") for text in kept]
    wrong = [
        text for text, (product, _, value) in zip(kept, parts, strict=True) if not product.strip() or not value.strip()
    ]
    if wrong:
        raise _wrong([FieldError(field=text, message="expected PRODUCT=VALUE") for text in wrong])
    if not kept:
        raise InvalidInput(problem(400, "invalid-input", "no product is named: give lines like PRODUCT=VALUE"))
    if len(kept) > MOST_LINES:
        raise InvalidInput(problem(400, "invalid-input", f"{len(kept)} lines; at most {MOST_LINES} go at once"))
    return [Line(product.strip(), value.strip()) for product, _, value in parts]


def new_price(old: Decimal, change: str) -> Decimal:
    """The price that a change makes of an old one: `12.50` is the new price, `+10%` and `-0.50` change the old one.

    Half cents are rounded up. A price does not fall below 0.00.

    Raises:
        ValueError: it is none of these.

    """
    match = _CHANGE.fullmatch(change.strip())
    if match is None or (match["percent"] and not match["sign"]):
        raise ValueError("expected a price like 12.50, or a change like +10%, -5% or -0.50")
    number = Decimal(match["number"])
    if not match["sign"]:
        return number.quantize(CENT)
    step = old * number / _WHOLE_PERCENT if match["percent"] else number
    changed = old + step if match["sign"] == "+" else old - step
    return max(changed, Decimal(0)).quantize(CENT, rounding=ROUND_HALF_UP)


def price_lines(lines: Sequence[Line], products: Mapping[str, Product]) -> list[PriceLine]:
    """The new prices of the products that the lines name.

    Raises:
        InvalidInput: names the lines whose change is none.

    """
    made, wrong = [], []
    for line in lines:
        product = products[line.product]
        try:
            price = new_price(product.price, line.value)
        except ValueError as error:
            wrong.append(FieldError(field=f"{line.product}={line.value}", message=str(error)))
        else:
            made.append(PriceLine(product_id=product.product_id, price=price))
    if wrong:
        raise _wrong(wrong)
    return made


def intake_lines(lines: Sequence[Line], products: Mapping[str, Product]) -> list[IntakeLine]:
    """The units that come in of the products that the lines name.

    Raises:
        InvalidInput: names the lines whose units are no whole number.

    """
    wrong = [line for line in lines if not _UNITS.fullmatch(line.value)]
    if wrong:
        raise _wrong(
            [FieldError(field=f"{line.product}={line.value}", message="expected whole units like 12") for line in wrong]
        )
    return [IntakeLine(product_id=products[line.product].product_id, units=int(line.value)) for line in lines]


async def named_products(client: MarketplaceClient, names: Iterable[str]) -> dict[str, Product]:
    """The own products by the ids, or ends of ids, that name them.

    Raises:
        InvalidInput: several products have an id that ends so.
        NotFound: no own product has such an id.

    """
    wanted = set(names)
    found: dict[str, list[Product]] = {name: [] for name in wanted}
    async for product in own_products(client):
        for name in wanted:
            if product.product_id.endswith(name.removeprefix("…")):
                found[name].append(product)
    missing = sorted(name for name, products in found.items() if not products)
    if missing:
        raise NotFound(problem(404, "product-not-found", f"none of your products has the id {', '.join(missing)}"))
    several = sorted(name for name, products in found.items() if len(products) > 1)
    if several:
        raise InvalidInput(
            problem(400, "ambiguous-id", f"several ids end with {', '.join(several)}: give more of them")
        )
    return {name: products[0] for name, products in found.items()}


async def own_products(client: MarketplaceClient) -> AsyncIterator[Product]:
    """All own products, page by page."""
    cursor: str | None = ""
    while cursor is not None:
        page = await client.seller.products(cursor=cursor, limit=LARGEST_PAGE)
        for product in page.items:
            yield product
        cursor = page.next_cursor


async def search_products(client: MarketplaceClient, words: str, *, cursor: str, limit: int) -> Page[Product]:
    """A page of the own products; with words, all of those whose name or category has each of them."""
    wanted = words.casefold().split()
    if not wanted:
        return await client.seller.products(cursor=cursor, limit=limit)
    found = [
        product
        async for product in own_products(client)
        if all(word in f"{product.name} {product.category}".casefold() for word in wanted)
    ]
    return Page(items=found[:limit])


async def find_own_product(client: MarketplaceClient, text: str) -> str:
    """The id of an own product, by its id or the end of it."""

    async def page(cursor: str) -> Page[Product]:
        return await client.seller.products(cursor=cursor, limit=LARGEST_PAGE)

    return await whole_id(text, "product", page, lambda product: product.product_id)


async def find_notice(client: MarketplaceClient, text: str) -> str:
    """The id of a notice of stock, by its id or the end of it."""

    async def page(cursor: str) -> StockNotices:
        return await client.seller.notices(cursor=cursor, limit=LARGEST_PAGE)

    return await whole_id(text, "notice", page, lambda notice: notice.notice_id)


def _wrong(errors: list[FieldError]) -> InvalidInput:
    return InvalidInput(problem(400, "invalid-input", "", errors=errors))
