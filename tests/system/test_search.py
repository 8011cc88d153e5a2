"""Search through the gateway: a product is found as soon as its events arrive, and follows what happens to it."""

from __future__ import annotations

import asyncio
from decimal import Decimal

from services_stub.contracts.http.search import FoundProduct
from services_stub.runtime.identifiers import new_id
from tests.system.accounts import admin, new_person
from tests.system.marketplace import Marketplace
from tests.waiting import eventually


def test_a_product_is_found_follows_its_changes_and_goes_with_its_block(marketplace: Marketplace) -> None:
    async def scenario() -> None:
        seller, guest, operator = (
            await new_person(marketplace, "seller"),
            marketplace.client(),
            await admin(marketplace),
        )
        name = f"Théière {new_id()[-12:]}"

        async def found(price: str) -> FoundProduct | None:
            items = (await guest.search.find(f"theire {name[8:]}")).items
            return next((item for item in items if item.price == Decimal(price)), None)

        async def is_gone() -> bool:
            return not (await guest.search.find(name)).items

        product = await seller.seller.create_product(name, category="test", price=Decimal("9.99"), quantity=2)
        item = await eventually(lambda: found("9.99"), seconds=10, what="the new product in the index")
        assert item is not None
        assert (item.product_id, item.name, item.quantity) == (product.product_id, name, 2)
        assert [(place.start, place.end) for place in item.highlights.name] == [(0, 7), (8, len(name))]
        await seller.seller.change_product(product.product_id, price=Decimal("12.00"))
        await eventually(lambda: found("12.00"), seconds=10, what="the new price in the index")
        await operator.admin.block_product(product.product_id)
        await eventually(is_gone, seconds=10, what="the blocked product out of the index")
        await operator.admin.unblock_product(product.product_id)
        await eventually(lambda: found("12.00"), seconds=10, what="the unblocked product in the index")
        await seller.seller.delete_product(product.product_id)
        await eventually(is_gone, seconds=10, what="the deleted product out of the index")

    asyncio.run(scenario())
