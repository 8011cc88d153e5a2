"""The population: Zipf's law, entities that do not depend on each other, and what the contracts take."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from math import sqrt

import pytest

from services_stub.contracts.http.auth import Register
from services_stub.contracts.http.product import CreateProduct
from simulator.population import Catalogue, account_of, name_of, texts_of
from simulator.population.zipf import Zipf
from simulator.random_stream import RandomStream
from simulator.scenario import Hot, Population, Scenario

DRAWS = 20_000


def catalogue(seed: int = 7, *, hot: Hot | None = None, **population: object) -> Catalogue:
    people = Population(**population)  # type: ignore[arg-type]
    return Catalogue(Scenario(population=people, hot=hot or Hot()), seed)


@pytest.mark.parametrize("exponent", ["0", "0.5", "0.99", "1", "2"])
def test_ranks_come_as_often_as_zipfs_law_says(exponent: str) -> None:
    zipf, stream = Zipf(50, Decimal(exponent)), RandomStream(7, "x")
    drawn = Counter(zipf.draw(stream) for _ in range(DRAWS))
    weights = [(rank + 1) ** -float(exponent) for rank in range(50)]
    for rank, weight in enumerate(weights):
        share = weight / sum(weights)
        assert abs(drawn[rank] - DRAWS * share) <= 5 * sqrt(DRAWS * share * (1 - share))


def test_more_products_change_nothing_about_the_others() -> None:
    fewer, more = catalogue(products=50), catalogue(products=60)
    alike = ("number", "seller", "category", "thing", "price", "stock")
    for one, other in zip(fewer.products, more.products, strict=False):
        assert [getattr(one, name) for name in alike] == [getattr(other, name) for name in alike]
    old = sorted(more.products[:50], key=lambda product: product.rank)
    assert [each.number for each in old] == [
        each.number for each in sorted(fewer.products, key=lambda product: product.rank)
    ]


def test_the_most_popular_product_is_chosen_most_often() -> None:
    shop, stream = catalogue(products=50), RandomStream(7, "x")
    chosen = Counter(shop.choose(stream) for _ in range(DRAWS))
    by_rank = sorted(shop.products, key=lambda product: product.rank)
    assert [chosen.most_common(1)[0][0]] == [by_rank[0].number]
    assert chosen[by_rank[0].number] > 5 * chosen[by_rank[9].number]


def test_hot_products_get_their_share_and_have_their_own_stock() -> None:
    shop, stream = catalogue(hot=Hot(products=1, share=80, stock=100), zipf=Decimal(0)), RandomStream(7, "x")
    share = sum(shop.choose(stream) == 0 for _ in range(DRAWS)) / DRAWS
    assert share == pytest.approx(0.8 + 0.2 / 200, abs=5 * sqrt(0.8 * 0.2 / DRAWS))
    assert [shop.products[0].stock, shop.products[1].stock] == [100, 10_000]


def test_every_seller_has_products_and_is_asked_for_own_ones_only() -> None:
    shop, stream = catalogue(sellers=7, products=10), RandomStream(7, "x")
    for seller in range(7):
        assert {shop.choose_of_seller(seller, stream).seller for _ in range(20)} == {seller}
    assert {shop.choose_seller(stream) for _ in range(200)} == set(range(7))


def test_prices_are_many_low_ones_and_few_high_ones() -> None:
    prices = sorted(product.price for product in catalogue(products=1000).products)
    assert Decimal("1.99") <= prices[0] < prices[-1] < Decimal("200")
    assert prices[500] < (prices[0] + prices[-1]) / 3
    assert all(price == round(price, 2) for price in prices)


def test_the_contracts_take_the_population() -> None:
    products = catalogue(products=100).products
    for product in products:
        texts = texts_of(7, product)
        CreateProduct(
            name=texts.name,
            description=texts.description,
            category=product.category,
            price=product.price,
            quantity=product.stock,
        )
    assert len({texts_of(7, product).name for product in products}) == 100
    account = account_of(2**63 - 1, "seller", 9_999)
    Register(email=account.email, password=account.password, role=account.role, name=name_of(7, "seller", 9_999))


def test_accounts_differ_and_stay_what_they_are() -> None:
    accounts = [account_of(seed, role, number) for seed in (7, 8) for role in ("user", "seller") for number in (0, 1)]
    assert len({account.email for account in accounts}) == len({account.password for account in accounts}) == 8
    assert account_of(7, "user", 1) == accounts[1]
    assert (name_of(7, "shopper", 3), texts_of(7, catalogue().products[3])) == (
        name_of(7, "shopper", 3),
        texts_of(7, catalogue().products[3]),
    )
