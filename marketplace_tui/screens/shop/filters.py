"""The filters of the storefront: what the facets offer, and the search that a choice makes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from marketplace_tui.model.storefront import Query
from marketplace_tui.screens.everywhere.dialogs import Choice
from marketplace_tui.text.signs import MARKED, SEPARATOR
from marketplace_tui.text.values import count, money
from services_stub.contracts.http.search import Facets, PriceFacet

_ALL = "all"


def choices(query: Query, facets: Facets, name_of: Callable[[str], str]) -> list[Choice]:
    """Every filter that finds something, with how many products; the one in force is marked, and a choice lifts it."""
    found = [Choice(_ALL, "All products", "lifts every filter")] if query.is_filtered else []
    for stock in facets.stock:
        if stock.in_stock:
            found.append(_choice("stock:in", "In stock", stock.products, query.in_stock is True))
    for category in facets.categories:
        words = f"Category {category.category}"
        chosen = category.category == query.category
        found.append(_choice(f"category:{category.category}", words, category.products, chosen))
    for price in facets.prices:
        chosen = (query.min_price, query.max_price) == (price.min_price, price.max_price)
        found.append(_choice(_price_key(price), f"Price {price_words(price)}", price.products, chosen))
    for seller in facets.sellers:
        words, chosen = f"Seller {name_of(seller.seller_id)}", seller.seller_id == query.seller_id
        found.append(_choice(f"seller:{seller.seller_id}", words, seller.products, chosen))
    return found


def price_words(price: PriceFacet) -> str:
    """A price band."""
    if price.max_price is None:
        return f"from {money(price.min_price)}"
    return f"{money(price.min_price)} to {money(price.max_price)}"


def chosen(query: Query, key: str) -> Query:
    """The search after a choice; one that is in force already is lifted."""
    kind, _, value = key.partition(":")
    if kind == "category":
        return replace(query, category="" if query.category == value else value)
    if kind == "seller":
        return replace(query, seller_id="" if query.seller_id == value else value)
    if kind == "stock":
        return replace(query, in_stock=None if query.in_stock else True)
    if kind == "price":
        low, _, high = value.partition(":")
        band = (Decimal(low), Decimal(high) if high else None)
        low_price, high_price = (None, None) if band == (query.min_price, query.max_price) else band
        return replace(query, min_price=low_price, max_price=high_price)
    return replace(Query(), order=query.order)


def in_force(query: Query, name_of: Callable[[str], str]) -> str:
    """The filters of a search in words; empty where there is none."""
    words = [query.category] if query.category else []
    if query.seller_id:
        words.append(name_of(query.seller_id))
    if query.min_price is not None:
        words.append(price_words(PriceFacet(min_price=query.min_price, max_price=query.max_price, products=0)))
    if query.in_stock:
        words.append("in stock")
    return f" {SEPARATOR} ".join(words)


def _choice(key: str, words: str, products: int, is_chosen: bool) -> Choice:
    return Choice(key, f"{MARKED} {words}" if is_chosen else words, count(products, "product"))


def _price_key(price: PriceFacet) -> str:
    return f"price:{price.min_price}:{price.max_price if price.max_price is not None else ''}"
