"""Searching: words, beginnings, typos, filters, sort orders, facets, and pages that together are the list."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services_stub.contracts.http.search import CategoryFacet, FoundProduct, PriceFacet, SellerFacet, StockFacet
from services_stub.contracts.money import money
from services_stub.runtime.errors import Refused
from services_stub.search.store import TABLES
from services_stub.search.store.searching import Sort
from tests.fakes import transaction
from tests.unit.search.conftest import Index, created

SORTS: tuple[Sort, ...] = ("relevance", "newest", "name", "price", "-price")


@pytest.fixture
def shelf(index: Index) -> Index:
    index.hear(
        created("p1", "Straßenschild", category="Signs", price="30.00"),
        created("p2", "Cup 100% cotton_blend", category="Kitchen", price="4.00", quantity=0),
        created("p3", "Café au lait", category="kitchen", price="9.99", description="served in a CUP"),
        created("p4", "Zebra", category="Toys", price="250.00", seller="s2", description="stripes, O'Neill's own"),
    )
    return index


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("STRASSEN", ["Straßenschild"]),
        ("strassenschidl", ["Straßenschild"]),
        ("cup", ["Cup 100% cotton_blend", "Café au lait"]),
        ("cup lait", ["Café au lait"]),
        ("cafe", ["Café au lait"]),
        ("CAFE\u0301", ["Café au lait"]),
        ("la au ca", ["Café au lait"]),
        ("coton blnd", ["Cup 100% cotton_blend"]),
        ("kitchen", ["Café au lait", "Cup 100% cotton_blend"]),
        ("kichen cup", ["Cup 100% cotton_blend", "Café au lait"]),
        ("cap", []),
        ("zbra", ["Zebra"]),
        ("zbrr", []),
        ("o'neill's", ["Zebra"]),
        ('"zebra" OR NOT (name*:', []),
        ("'; DROP TABLE products; --", []),
        ("%", []),
        ("\\ \0", []),
        ("  ", ["Zebra", "Café au lait", "Cup 100% cotton_blend", "Straßenschild"]),
    ],
)
def test_all_words_must_occur_as_beginnings_or_with_one_typo(shelf: Index, query: str, found: list[str]) -> None:
    assert shelf.found(query) == found


def test_the_very_word_comes_before_its_beginning_and_that_before_a_typo_and_the_name_before_the_text(
    index: Index,
) -> None:
    index.hear(
        created("p1", "Plate"),
        created("p2", "Plates"),
        created("p3", "Plade"),
        created("p4", "A", description="plate"),
        created("p5", "B", description="plates"),
        created("p6", "C", description="plade"),
    )
    assert index.found("plate") == ["Plate", "Plates", "Plade", "A", "B", "C"]


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({"category": "KITCHEN"}, ["Café au lait", "Cup 100% cotton_blend"]),
        ({"seller_id": "s2"}, ["Zebra"]),
        ({"min_cents": 3000}, ["Zebra", "Straßenschild"]),
        ({"min_cents": 400, "max_cents": 999}, ["Café au lait", "Cup 100% cotton_blend"]),
        ({"in_stock": False}, ["Cup 100% cotton_blend"]),
        ({"in_stock": True, "category": "kitchen"}, ["Café au lait"]),
        ({"sort": "name"}, ["Café au lait", "Cup 100% cotton_blend", "Straßenschild", "Zebra"]),
        ({"sort": "price"}, ["Cup 100% cotton_blend", "Café au lait", "Straßenschild", "Zebra"]),
        ({"sort": "-price"}, ["Zebra", "Straßenschild", "Café au lait", "Cup 100% cotton_blend"]),
        ({"sort": "newest"}, ["Zebra", "Café au lait", "Cup 100% cotton_blend", "Straßenschild"]),
    ],
)
def test_filters_and_sort_orders(shelf: Index, options: dict[str, Any], found: list[str]) -> None:
    assert shelf.found(**options) == found


def test_facets_count_all_that_is_found(shelf: Index) -> None:
    facets = shelf.page(limit=1).facets
    assert facets.categories == [
        CategoryFacet(category="Kitchen", products=2),
        CategoryFacet(category="Signs", products=1),
        CategoryFacet(category="Toys", products=1),
    ]
    assert facets.prices == [
        PriceFacet(min_price=money("0.00"), max_price=money("9.99"), products=2),
        PriceFacet(min_price=money("25.00"), max_price=money("49.99"), products=1),
        PriceFacet(min_price=money("250.00"), max_price=None, products=1),
    ]
    assert facets.sellers == [SellerFacet(seller_id="s1", products=3), SellerFacet(seller_id="s2", products=1)]
    assert facets.stock == [StockFacet(in_stock=False, products=1), StockFacet(in_stock=True, products=3)]


def test_a_facet_leaves_out_its_own_filter_and_heeds_the_others(shelf: Index) -> None:
    facets = shelf.page("cup", category="kitchen", in_stock=True).facets
    assert facets.categories == [CategoryFacet(category="Kitchen", products=1)]
    assert [(facet.in_stock, facet.products) for facet in facets.stock] == [(False, 1), (True, 1)]
    assert [facet.category for facet in shelf.page(category="signs").facets.categories] == ["Kitchen", "Signs", "Toys"]


def test_highlights_show_where_the_words_stand(shelf: Index) -> None:
    (item,) = shelf.page("cafe cup").items
    texts = [(item.name, item.highlights.name), (item.description, item.highlights.description)]
    assert [[text[place.start : place.end] for place in places] for text, places in texts] == [["Café"], ["CUP"]]


@given(
    things=st.lists(st.tuples(st.sampled_from(["tea pot", "teapot", "Teas", "cup"]), st.booleans()), max_size=10),
    sort=st.sampled_from(SORTS),
    limit=st.integers(1, 4),
    query=st.sampled_from(["", "tea", "teapt"]),
)
@settings(max_examples=40, deadline=None)
def test_pages_together_are_the_list(things: list[tuple[str, bool]], sort: Sort, limit: int, query: str) -> None:
    with transaction(TABLES) as tx:
        index = Index(tx)
        for number, (name, cheap) in enumerate(things):
            index.hear(created(f"p{number}", name, price="1.00" if cheap else "2.00"))
        pieces: list[FoundProduct] = []
        cursor: str | None = ""
        while cursor is not None:
            page = index.page(query, sort=sort, limit=limit, cursor=cursor)
            pieces += page.items
            cursor = page.next_cursor
        assert pieces == index.page(query, sort=sort, limit=100).items
        assert query or len(pieces) == len(things)


@given(word=st.text("abcdefg", min_size=4, max_size=8), place=st.integers(0, 7), other=st.sampled_from("xyz"))
@settings(max_examples=40, deadline=None)
def test_a_word_is_found_by_each_of_its_typos(word: str, place: int, other: str) -> None:
    before, after = word[:place], word[place:]
    typos = {before + other + after, before + other + after[1:], before + after[1:2] + after[:1] + after[2:]}
    with transaction(TABLES) as tx:
        index = Index(tx)
        index.hear(created("p1", word))
        for typo in typos | ({before + after[1:]} if len(word) > 4 else set()):
            assert index.found(typo) == [word]


def test_a_cursor_belongs_to_its_sort_order(shelf: Index) -> None:
    first = shelf.page(limit=1)
    with pytest.raises(Refused):
        shelf.page(sort="newest", cursor=first.next_cursor or "")
