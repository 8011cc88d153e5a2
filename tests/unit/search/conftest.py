"""A search service over a database of its own, and the words in which its tests speak."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from services_stub.contracts.base import Event
from services_stub.contracts.events.product import ProductCreated, ProductStatus, ProductUpdated
from services_stub.contracts.http.search import SearchPage
from services_stub.search.service import SERVICE
from services_stub.search.store import TABLES
from services_stub.search.store.hits import Kept
from services_stub.search.store.searching import SearchQuery, search
from tests.databases import each_database as each_database
from tests.fakes import FakeTransaction, handle, received, transaction


def created(
    product_id: str,
    name: str,
    *,
    description: str = "",
    category: str = "Things",
    price: str = "1.00",
    quantity: int = 1,
    seller: str = "s1",
    version: int = 1,
    status: ProductStatus = ProductStatus.ACTIVE,
    kind: type[ProductCreated | ProductUpdated] = ProductCreated,
) -> ProductCreated | ProductUpdated:
    """The state of a product, as an event says it."""
    return kind(
        product_id=product_id,
        seller_id=seller,
        name=name,
        category=category,
        description=description,
        price=Decimal(price),
        quantity=quantity,
        status=status,
        version=version,
    )


class Index:
    """The handlers and the search over one transaction."""

    def __init__(self, tx: FakeTransaction) -> None:
        self.tx = tx
        self.kept = Kept()

    def hear(self, *events: Event) -> None:
        """Let the index hear of products."""
        for event in events:
            handle(SERVICE, self.tx, received(event))
        self.tx.commit()

    def page(self, query: str = "", **options: Any) -> SearchPage:
        """A page of what is found."""
        return search(self.tx.connection, SearchQuery(query=query, **options), self.kept)

    def found(self, query: str = "", **options: Any) -> list[str]:
        """The names of what is found, in order."""
        return [item.name for item in self.page(query, **options).items]


@pytest.fixture
def index() -> Iterator[Index]:
    with transaction(TABLES) as tx:
        yield Index(tx)
