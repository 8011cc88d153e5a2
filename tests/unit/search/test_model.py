"""The index against a model: any history of events, any search, answered by looking at every product."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services_stub.contracts.base import Event
from services_stub.contracts.events.product import ProductCreated, ProductDeleted, ProductStatus, ProductUpdated
from services_stub.contracts.http.search import SearchPage
from services_stub.contracts.money import from_cents
from services_stub.search.domain import PRICE_BOUNDS, is_hit, price_band, query_words, sort_key, words
from services_stub.search.store import TABLES, hits, searching
from tests.fakes import transaction
from tests.unit.search.conftest import Index, created

State = ProductCreated | ProductUpdated
Options = dict[str, Any]

states = st.builds(
    created,
    product_id=st.sampled_from(["p1", "p2", "p3", "p4", "p5"]),
    name=st.sampled_from(["Tea pot", "teapot", "Téa", "cup", "Tea cup", "paper tiger"]),
    description=st.sampled_from(["", "a cup", "tea for two"]),
    category=st.sampled_from(["Kitchen", "kitchen", "Toys"]),
    price=st.sampled_from(["0.50", "9.99", "10.00", "24.99", "300.00"]),
    quantity=st.integers(0, 2),
    seller=st.sampled_from(["s1", "s2"]),
    version=st.integers(1, 4),
    status=st.sampled_from([ProductStatus.ACTIVE, ProductStatus.ACTIVE, ProductStatus.BLOCKED]),
    kind=st.sampled_from([ProductCreated, ProductUpdated]),
)
deletions = st.builds(
    ProductDeleted,
    product_id=st.sampled_from(["p1", "p2", "p3"]),
    seller_id=st.just("s1"),
    version=st.integers(1, 4),
)
searches = st.fixed_dictionaries(
    {
        "query": st.sampled_from(["", "tea", "teapt", "pot cup", "te cu", "cupp", "papre", "%"]),
        "sort": st.sampled_from(["relevance", "newest", "name", "price", "-price"]),
    },
    optional={
        "category": st.sampled_from(["KITCHEN", "none"]),
        "seller_id": st.sampled_from(["s1", "s2"]),
        "min_cents": st.sampled_from([0, 999, 1000, 1001]),
        "max_cents": st.sampled_from([50, 999, 2499, 50_000]),
        "in_stock": st.booleans(),
    },
)


def cents(state: State) -> int:
    return int(state.price * 100)


def buyable_after(events: list[Event]) -> list[State]:
    """The products that can be bought: of each, the first event that says the highest version; none that is deleted."""
    known: dict[str, State] = {}
    gone = {event.product_id for event in events if isinstance(event, ProductDeleted)}
    for event in events:
        if isinstance(event, ProductCreated | ProductUpdated) and event.product_id not in gone:
            before = known.get(event.product_id)
            known[event.product_id] = event if before is None or event.version > before.version else before
    return [state for state in known.values() if state.status is ProductStatus.ACTIVE]


def matches(state: State, query: str) -> bool:
    texts = [word.text for text in (state.name, state.category, state.description) for word in words(text)]
    wanted = query_words(query)
    return (bool(wanted) or not query) and all(any(is_hit(word, each) for word in texts) for each in wanted)


def passes(state: State, options: Options, *, without: str = "") -> bool:
    """Whether a product passes the filters, or all but those of one facet."""
    given = {name: value for name, value in options.items() if name not in FILTERS.get(without, ())}
    return (
        sort_key(state.category) == sort_key(given.get("category", state.category))
        and state.seller_id == given.get("seller_id", state.seller_id)
        and given.get("min_cents", 0) <= cents(state) <= given.get("max_cents", 10**12)
        and (state.quantity > 0) == given.get("in_stock", state.quantity > 0)
    )


FILTERS = {
    "categories": ("category",),
    "sellers": ("seller_id",),
    "prices": ("min_cents", "max_cents"),
    "stock": ("in_stock",),
}
VALUES: dict[str, Callable[[State], object]] = {
    "categories": lambda state: sort_key(state.category),
    "sellers": lambda state: state.seller_id,
    "prices": lambda state: from_cents(PRICE_BOUNDS[price_band(cents(state))]),
    "stock": lambda state: state.quantity > 0,
}


def counted(page: SearchPage) -> dict[str, dict[object, int]]:
    """The facets of an answer, as `VALUES` names their values."""
    facets = page.facets
    return {
        "categories": {sort_key(each.category): each.products for each in facets.categories},
        "sellers": {each.seller_id: each.products for each in facets.sellers},
        "prices": {each.min_price: each.products for each in facets.prices},
        "stock": {each.in_stock: each.products for each in facets.stock},
    }


def is_in_order(page: SearchPage, sort: str) -> bool:
    keys: dict[str, list[Any]] = {
        "newest": [item.product_id for item in page.items][::-1],
        "name": [sort_key(item.name) for item in page.items],
        "price": [item.price for item in page.items],
        "-price": [item.price for item in page.items][::-1],
    }
    return sort == "relevance" or keys[sort] == sorted(keys[sort])


@pytest.mark.parametrize("large", [False, True], ids=["small", "as a large one"])
@given(batches=st.lists(st.lists(states | deletions, max_size=6), max_size=4), options=searches)
@settings(max_examples=30, deadline=None)
def test_a_search_finds_and_counts_what_a_look_at_every_product_does(
    large: bool, batches: list[list[Event]], options: Options
) -> None:
    with transaction(TABLES) as tx, pytest.MonkeyPatch.context() as patch:
        if large:  # the ways that a large index takes
            patch.setattr(searching, "FEW", 0)
            patch.setattr(hits, "KEPT_FROM", 0)
        index, heard = Index(tx), list[Event]()
        for batch in batches:
            index.hear(*batch)
            heard += batch
            page = index.page(limit=100, **options)
            matching = [state for state in buyable_after(heard) if matches(state, options["query"])]
            assert {(item.product_id, item.name, item.version) for item in page.items} == {
                (state.product_id, state.name, state.version) for state in matching if passes(state, options)
            }
            assert is_in_order(page, options["sort"])
            assert counted(page) == {
                facet: Counter(value(state) for state in matching if passes(state, options, without=facet))
                for facet, value in VALUES.items()
            }
