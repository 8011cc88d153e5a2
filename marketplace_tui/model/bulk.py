"""Changes of many own products at once: shown before they are made, and made as they were shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Protocol
from uuid import uuid4

from marketplace_tui.model.marketplace import Marketplace
from services_stub.client.errors import Conflict
from services_stub.contracts.http.bulk import BulkChange, BulkLine, IntakeLine, PriceLine
from services_stub.contracts.http.product import Product
from services_stub.contracts.problem import problem

_ATTEMPTS = 3


class BulkOperation(Protocol):
    """A change of many products. `shown` is what it would do, as the marketplace answered last."""

    shown: BulkChange

    async def preview(self) -> BulkChange:
        """Ask what the change would do, and change nothing."""
        ...

    async def apply(self) -> BulkChange:
        """Make the change."""
        ...


NOTHING = BulkChange(dry_run=True, lines=[])


class PriceChange:
    """New prices, each made from the old one by `new_price`."""

    def __init__(
        self, marketplace: Marketplace, products: Sequence[Product], new_price: Callable[[Decimal], Decimal]
    ) -> None:
        self.shown = NOTHING
        self._marketplace = marketplace
        self._prices = {product.product_id: product.price for product in products}
        self._new_price = new_price

    async def preview(self) -> BulkChange:
        """Ask for old and new prices, made from the old ones that the marketplace has now."""
        for _ in range(_ATTEMPTS):
            lines = [PriceLine(product_id=key, price=self._new_price(price)) for key, price in self._prices.items()]
            self.shown = await self._marketplace.client.seller.change_prices(lines, dry_run=True)
            before, self._prices = self._prices, _old_prices(self.shown)
            if self._prices == before:
                return self.shown
        raise Conflict(problem(409, "version-conflict", "the prices change faster than they can be read: try again"))

    async def apply(self) -> BulkChange:
        """Set the prices that are shown, if the old ones are still those that are shown, too.

        Raises:
            Conflict: some of them were changed elsewhere; `shown` has the present ones.

        """
        for _ in range(_ATTEMPTS):
            lines = [
                PriceLine(product_id=line.product_id, price=line.price, version=_version_before(line))
                for line in self.shown.lines
            ]
            try:
                return await self._marketplace.client.seller.change_prices(lines)
            except Conflict as error:
                # A sale changes the version of a product, too: then the prices are the same, and it is tried again.
                shown = _old_prices(self.shown)
                if await self._differ_now(shown):
                    detail = "prices were changed elsewhere; these are the present ones"
                    raise Conflict(problem(409, "version-conflict", detail)) from error
        raise Conflict(
            problem(409, "version-conflict", "the products change faster than the prices are set: try again")
        )

    async def set_back(self, change: BulkChange) -> BulkChange:
        """Set the prices that a change found."""
        lines = [PriceLine(product_id=line.product_id, price=line.old_price) for line in change.lines]
        return await self._marketplace.client.seller.change_prices(lines)

    async def _differ_now(self, shown: dict[str, Decimal]) -> bool:
        return _old_prices(await self.preview()) != shown


class StockIntake:
    """Units that came in, so many of each product. Applying it again after a lost answer adds them once."""

    def __init__(self, marketplace: Marketplace, products: Sequence[Product], units: int) -> None:
        self.shown = NOTHING
        self._marketplace = marketplace
        self._lines = [IntakeLine(product_id=product.product_id, units=units) for product in products]
        self._key = str(uuid4())

    async def preview(self) -> BulkChange:
        """Ask for old and new stock."""
        self.shown = await self._marketplace.client.seller.take_in_stock(self._lines, dry_run=True)
        return self.shown

    async def apply(self) -> BulkChange:
        """Add the units."""
        return await self._marketplace.client.seller.take_in_stock(self._lines, idempotency_key=self._key)


def _old_prices(change: BulkChange) -> dict[str, Decimal]:
    return {line.product_id: line.old_price for line in change.lines}


def _version_before(line: BulkLine) -> int:
    """The version that a line of a dry run was made from: where something differs, the answer has the next one."""
    return line.version - int(line.price != line.old_price)
