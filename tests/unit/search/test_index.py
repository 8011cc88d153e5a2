"""The index follows events in any order: late and repeated ones change nothing, and what is deleted stays away."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services_stub.contracts.base import Event
from services_stub.contracts.events.product import ProductDeleted, ProductStatus, ProductUpdated
from services_stub.contracts.money import money
from services_stub.runtime.errors import Poison
from services_stub.search.store import TABLES
from tests.fakes import transaction
from tests.unit.search.conftest import Index, created

HISTORY: list[Event] = [
    created("p1", "Kettle", version=1),
    created("p1", "Kettle", price="2.00", version=2, kind=ProductUpdated),
    created("p1", "Teapot", version=3, kind=ProductUpdated),
]
DELETED = ProductDeleted(product_id="p1", seller_id="s1", version=4)


@given(st.permutations(HISTORY * 2))
@settings(max_examples=25, deadline=None)
def test_the_newest_version_stands_in_whatever_order_events_come(events: list[Event]) -> None:
    with transaction(TABLES) as tx:
        index = Index(tx)
        index.hear(*events)
        (item,) = index.page().items
        assert (item.name, item.version, item.price) == ("Teapot", 3, money("1.00"))
        assert (index.found("teapot"), index.found("kettle")) == (["Teapot"], [])


@given(st.permutations([*HISTORY, DELETED, DELETED]))
@settings(max_examples=25, deadline=None)
def test_a_deleted_product_does_not_come_back_in_whatever_order_events_come(events: list[Event]) -> None:
    with transaction(TABLES) as tx:
        index = Index(tx)
        index.hear(*events)
        assert (index.found(), index.found("kettle"), index.found("teapot")) == ([], [], [])


@pytest.mark.parametrize("status", [ProductStatus.BLOCKED, ProductStatus.DISABLED])
def test_only_products_that_can_be_bought_are_found(index: Index, status: ProductStatus) -> None:
    index.hear(created("p1", "Kettle", status=status))
    assert (index.found("kettle"), index.page().facets.categories) == ([], [])
    index.hear(created("p1", "Kettle", version=2, kind=ProductUpdated))
    assert index.found("kettle") == ["Kettle"]


@pytest.mark.parametrize(
    "event",
    [created("p1", "Kettle", quantity=2**63), created("p1", "Kettle", version=2**63)],
    ids=["quantity", "version"],
)
def test_a_number_that_no_database_takes_is_poison(index: Index, event: Event) -> None:
    with pytest.raises(Poison):
        index.hear(event)


def test_a_product_without_stock_is_found_and_said_to_have_none(index: Index) -> None:
    index.hear(created("p1", "Kettle", quantity=0))
    assert [facet.in_stock for facet in index.page("kettle").facets.stock] == [False]
