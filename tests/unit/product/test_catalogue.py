"""Lists: which products they find and leave out, and that pages together are the list."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services_stub.contracts.events.product import ProductStatus
from services_stub.contracts.http.product import CategoryCount, CreateProduct
from services_stub.product import domain
from services_stub.product.handlers import products
from services_stub.product.store import catalogue
from services_stub.product.store.catalogue import ProductQuery, Sort
from services_stub.product.store.tables import TABLES
from services_stub.runtime.errors import Refused
from tests.fakes import FakeTransaction, transaction
from tests.unit.product.conftest import NOW, Stock


def add(
    tx: FakeTransaction,
    name: str,
    *,
    category: str = "Things",
    price: str = "1.00",
    quantity: int = 1,
    description: str = "",
    seller: str = "s1",
) -> str:
    body = CreateProduct(name=name, category=category, price=Decimal(price), quantity=quantity, description=description)
    return products.create(tx, products.Create(seller, body)).product_id


def names(stock: Stock, query: ProductQuery) -> list[str]:
    return [product.name for product in catalogue.page(stock.tx.connection, query).items]


def test_a_seller_has_so_many_products_and_no_more_until_one_is_deleted(
    stock: Stock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(domain, "MOST_PRODUCTS", 2)
    first, _ = add(stock.tx, "one"), add(stock.tx, "two")
    add(stock.tx, "of another", seller="s2")
    with pytest.raises(Refused, match="too-many-products"):
        add(stock.tx, "three")
    products.delete(stock.tx, products.Delete("s1", first))
    add(stock.tx, "three")


@pytest.fixture
def shelf(stock: Stock) -> Stock:
    add(stock.tx, "Straßenschild", category="Signs", price="30.00")
    add(stock.tx, "Cup 100% cotton_blend", category="Kitchen", price="4.00", quantity=0)
    add(stock.tx, "Café au lait", category="kitchen", price="3.00", description="served in a CUP")
    add(stock.tx, "Zebra", category="Toys", price="20.00", seller="s2")
    return stock


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("STRASSEN", ["Straßenschild"]),
        ("cup", ["Café au lait", "Cup 100% cotton_blend"]),
        ("cup café", ["Café au lait"]),
        ("CAFE\u0301", ["Café au lait"]),
        ("100%", ["Cup 100% cotton_blend"]),
        ("%", ["Cup 100% cotton_blend"]),
        ("n_b", ["Cup 100% cotton_blend"]),
        ("_", ["Cup 100% cotton_blend"]),
        ("\\", []),
        ("kitchen", ["Café au lait", "Cup 100% cotton_blend"]),
        ("nothing like it", []),
        ("'; DROP TABLE products; --", []),
        ("  ", ["Zebra", "Café au lait", "Cup 100% cotton_blend", "Straßenschild"]),
    ],
)
def test_search_finds_words_in_any_case_and_takes_no_wildcards(shelf: Stock, query: str, found: list[str]) -> None:
    assert names(shelf, ProductQuery(query=query)) == found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (ProductQuery(category="KITCHEN"), ["Café au lait", "Cup 100% cotton_blend"]),
        (ProductQuery(seller_id="s2"), ["Zebra"]),
        (ProductQuery(min_price=Decimal("20.00")), ["Zebra", "Straßenschild"]),
        (ProductQuery(min_price=Decimal("3.50"), max_price=Decimal("20")), ["Zebra", "Cup 100% cotton_blend"]),
        (ProductQuery(in_stock=False), ["Cup 100% cotton_blend"]),
        (ProductQuery(in_stock=True, category="kitchen"), ["Café au lait"]),
        (ProductQuery(sort="name"), ["Café au lait", "Cup 100% cotton_blend", "Straßenschild", "Zebra"]),
        (ProductQuery(sort="price"), ["Café au lait", "Cup 100% cotton_blend", "Zebra", "Straßenschild"]),
        (ProductQuery(sort="-price"), ["Straßenschild", "Zebra", "Cup 100% cotton_blend", "Café au lait"]),
    ],
)
def test_filters_and_sort_orders(shelf: Stock, query: ProductQuery, found: list[str]) -> None:
    assert names(shelf, query) == found


def test_status_decides_who_is_listed(shelf: Stock) -> None:
    zebra = catalogue.page(shelf.tx.connection, ProductQuery(query="zebra")).items[0]
    products.block(shelf.tx, products.Block(zebra.product_id, "", blocked=True))
    assert names(shelf, ProductQuery(query="zebra", status=ProductStatus.ACTIVE)) == []
    assert names(shelf, ProductQuery(status=ProductStatus.BLOCKED)) == ["Zebra"]
    assert names(shelf, ProductQuery(status=ProductStatus.DISABLED)) == []


def test_deleted_products_are_in_no_list(shelf: Stock) -> None:
    zebra = catalogue.page(shelf.tx.connection, ProductQuery(query="zebra")).items[0]
    products.delete(shelf.tx, products.Delete("s2", zebra.product_id))
    assert names(shelf, ProductQuery(query="zebra")) == []


def test_categories_count_what_shoppers_see_and_differ_by_more_than_case(shelf: Stock) -> None:
    zebra = catalogue.page(shelf.tx.connection, ProductQuery(query="zebra")).items[0]
    products.block(shelf.tx, products.Block(zebra.product_id, "", blocked=True))
    assert catalogue.categories(shelf.tx.connection) == [
        CategoryCount(category="Kitchen", products=2),
        CategoryCount(category="Signs", products=1),
    ]


@given(
    things=st.lists(st.tuples(st.sampled_from("aAbB"), st.sampled_from(["1.00", "2.00"])), max_size=12),
    sort=st.sampled_from(["newest", "name", "price", "-price"]),
    limit=st.integers(1, 5),
)
@settings(max_examples=40, deadline=None)
def test_pages_together_are_the_list(things: list[tuple[str, str]], sort: Sort, limit: int) -> None:
    with transaction(TABLES, now=NOW) as tx:
        for name, price in things:
            add(tx, name, price=price)
        whole = catalogue.page(tx.connection, ProductQuery(sort=sort, limit=100))
        pieces, cursor = [], ""
        while True:
            page = catalogue.page(tx.connection, ProductQuery(sort=sort, limit=limit, cursor=cursor))
            pieces += page.items
            assert len(page.items) == limit or page.next_cursor is None
            if page.next_cursor is None:
                break
            cursor = page.next_cursor
        assert pieces == whole.items
        assert len(pieces) == len(things)


def test_a_page_is_not_disturbed_by_what_comes_and_goes(shelf: Stock) -> None:
    first = catalogue.page(shelf.tx.connection, ProductQuery(sort="name", limit=2))
    add(shelf.tx, "Abacus")
    products.delete(shelf.tx, products.Delete("s1", first.items[-1].product_id))
    assert names(shelf, ProductQuery(sort="name", limit=2, cursor=first.next_cursor or "")) == [
        "Straßenschild",
        "Zebra",
    ]


@pytest.mark.parametrize("cursor", ["x", "WzFd", "é", "W10", "WyJwcmljZSIsOTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5LCJhIl0"])
def test_a_cursor_that_is_none_is_refused_by_name(shelf: Stock, cursor: str) -> None:
    for sort in ("newest", "price"):
        with pytest.raises(Refused) as refused:
            catalogue.page(shelf.tx.connection, ProductQuery(sort=sort, cursor=cursor))
        assert refused.value.problem.errors[0].field == "cursor"


def test_a_cursor_belongs_to_its_sort_order(shelf: Stock) -> None:
    first = catalogue.page(shelf.tx.connection, ProductQuery(sort="price", limit=1))
    with pytest.raises(Refused):
        catalogue.page(shelf.tx.connection, ProductQuery(sort="-price", cursor=first.next_cursor or ""))
