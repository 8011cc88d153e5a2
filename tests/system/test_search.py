"""Search through the gateway: it follows what happens to products, can be away, and is rebuilt while it answers."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from services_stub.client import MarketplaceClient
from services_stub.client.control import ControlRefused
from services_stub.contracts.control import KillService
from services_stub.contracts.http.search import FoundProduct, SearchPage
from services_stub.runtime.identifiers import new_id
from tests.system.accounts import admin, delete_once_allowed, new_person
from tests.system.marketplace import COMMAND, Marketplace
from tests.system.tools import curl
from tests.waiting import eventually, wait_for


async def found(guest: MarketplaceClient, query: str, fits: Callable[[FoundProduct], bool]) -> FoundProduct:
    """Search until one product fits, which must be the only one that is found."""

    async def look() -> FoundProduct | None:
        items = (await guest.search.find(query)).items
        return items[0] if len(items) == 1 and fits(items[0]) else None

    item = await eventually(look, seconds=15, what=f"a change of {query!r} in the index")
    assert item is not None
    return item


async def gone(guest: MarketplaceClient, query: str) -> None:
    """Search until nothing is found."""

    async def look() -> bool:
        page = await guest.search.find(query)
        return (page.items, page.facets.categories, page.facets.stock) == ([], [], [])

    await eventually(look, seconds=15, what=f"{query!r} out of the index")


def counts(page: SearchPage) -> list[int]:
    """The sum of each facet's counts; of sellers only the twenty with the most products are told."""
    facets = (page.facets.categories, page.facets.prices, page.facets.stock)
    sums = [sum(each.products for each in facet) for facet in facets]
    sellers = page.facets.sellers
    return sums if len(sellers) == 20 else [*sums, sum(each.products for each in sellers)]


def test_a_product_is_found_as_it_is_now(any_kafka: Marketplace) -> None:
    async def scenario() -> None:
        seller, operator = await new_person(any_kafka, "seller"), await admin(any_kafka)
        guest, word = any_kafka.client(), f"x{new_id()[-12:]}"
        product = await seller.seller.create_product(
            f"Théière {word}", category="test", price=Decimal("9.99"), quantity=2
        )
        name = f"theire {word}"
        item = await found(guest, name, lambda item: item.quantity == 2)
        assert (item.product_id, item.price) == (product.product_id, Decimal("9.99"))
        assert [(place.start, place.end) for place in item.highlights.name] == [(0, 7), (8, 8 + len(word))]
        await seller.seller.change_product(product.product_id, price=Decimal("12.00"), name=f"Bouilloire {word}")
        await found(guest, f"boulloire {word}", lambda item: item.price == Decimal("12.00"))
        await gone(guest, name)
        await seller.seller.change_product(product.product_id, quantity=0)
        await found(guest, word, lambda item: item.quantity == 0)
        assert (await guest.search.find(word, in_stock=True)).items == []
        assert [(each.in_stock, each.products) for each in (await guest.search.find(word)).facets.stock] == [(False, 1)]
        await operator.admin.block_product(product.product_id)
        await gone(guest, word)
        await operator.admin.unblock_product(product.product_id)
        await found(guest, word, lambda item: item.version > 4)
        await operator.admin.block_seller(product.seller_id)
        await gone(guest, word)
        await operator.admin.unblock_seller(product.seller_id)
        await found(guest, word, lambda item: item.version > 6)
        everything = await guest.search.find()
        assert len(set(counts(everything))) == 1
        await delete_once_allowed(seller, product.product_id)
        await gone(guest, word)

    asyncio.run(scenario())


def test_products_are_listed_while_search_is_away(any_kafka: Marketplace) -> None:
    path = f"{any_kafka.gateway}/search-service/api/search?q=kettle"

    def refused() -> bool:
        with contextlib.suppress(ControlRefused):  # it is down already
            any_kafka.control.act(KillService(service="search"))
        answer = curl("GET", path)
        return (answer.status, answer.content_type.partition(";")[0]) == (503, "application/problem+json")

    wait_for(refused, what="a refusal while search is away")
    listed = curl("GET", f"{any_kafka.gateway}/product-service/api/products?q=kettle&sort=price&inStock=true")
    assert (listed.status, len(listed.body["items"]) > 0) == (200, True)
    wait_for(lambda: curl("GET", path).status == 200, what="search is back")
    assert curl("GET", path).body["items"]


@pytest.mark.slow
def test_the_index_is_rebuilt_while_it_answers(any_kafka: Marketplace, tmp_path: Path) -> None:
    command = [*COMMAND, "rebuild", "search", "--data-dir"]

    async def scenario() -> str:
        seller, guest, word = await new_person(any_kafka, "seller"), any_kafka.client(), f"y{new_id()[-12:]}"
        product = await seller.seller.create_product(f"Kettle {word}", category="test", price=Decimal(5), quantity=1)
        old = await found(guest, f"kettle {word}", lambda item: item.quantity == 1)
        before = counts(await guest.search.find())
        running = await asyncio.create_subprocess_exec(
            *command, str(any_kafka.directory), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        ended = asyncio.create_task(running.communicate())
        while not ended.done():
            assert (await guest.search.find(f"ketle {word}")).items == [old]
            assert counts(await guest.search.find()) == before
        assert running.returncode == 0, (await ended)[0]
        assert (await guest.search.find(f"kettle {word}")).items == [old]
        assert counts(await guest.search.find()) == before
        await seller.seller.change_product(product.product_id, quantity=7)
        await found(guest, word, lambda item: item.quantity == 7)
        return (await ended)[0].decode()

    said = asyncio.run(scenario())
    assert "The index was rebuilt in" in said
    nothing = subprocess.run([*command, str(tmp_path)], capture_output=True, text=True, timeout=60, check=False)
    assert (nothing.returncode, "No marketplace runs on" in nothing.stderr) == (1, True)
