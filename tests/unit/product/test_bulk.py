"""Many products are changed at once: all lines or none, exactly as a dry run says, and an intake once for each key."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services_stub.contracts.events.product import ProductUpdated
from services_stub.contracts.http.bulk import BulkChange, ChangePrices, IntakeLine, PriceLine, TakeInStock
from services_stub.contracts.http.product import Product
from services_stub.product.handlers.bulk import ChangeAllPrices, TakeIn, change_prices, take_in_stock
from services_stub.product.service import SERVICE
from services_stub.product.store.tables import TABLES
from services_stub.runtime.errors import Refused
from tests.fakes import transaction
from tests.unit.product.conftest import NOW, Stock
from tests.unit.serving import Serving, serving

PRICES, INTAKE = "/api/products/bulk/prices", "/api/products/bulk/stock"


def set_prices(stock: Stock, *prices: tuple[Product, str], dry_run: bool = False) -> BulkChange:
    lines = [PriceLine(product_id=product.product_id, price=Decimal(price)) for product, price in prices]
    return change_prices(stock.tx, ChangeAllPrices("s1", ChangePrices(lines=lines, dry_run=dry_run)))


def take_in(stock: Stock, *units: tuple[Product, int], key: str = "k1", dry_run: bool = False) -> BulkChange:
    lines = [IntakeLine(product_id=product.product_id, units=count) for product, count in units]
    return take_in_stock(stock.tx, TakeIn("s1", key, TakeInStock(lines=lines, dry_run=dry_run)))


def told(stock: Stock) -> list[ProductUpdated]:
    return [event for event, _ in stock.tx.published if isinstance(event, ProductUpdated)]


def refusal(error: pytest.ExceptionInfo[Refused]) -> tuple[str, list[Any]]:
    problem = error.value.problem
    return problem.code, problem.extensions["lines"]


def test_prices_are_set_in_order_with_one_event_each(stock: Stock) -> None:
    first, second, third = (stock.product(price=price) for price in ("5.00", "6.00", "7.00"))
    change = set_prices(stock, (second, "1.00"), (first, "5.00"), (third, "2.50"))
    assert [(line.old_price, line.price, line.version) for line in change.lines] == [
        (Decimal("6.00"), Decimal("1.00"), 2),
        (Decimal("5.00"), Decimal("5.00"), 1),  # as it was: no new version, no event
        (Decimal("7.00"), Decimal("2.50"), 2),
    ]
    assert [(event.product_id, event.price, event.version) for event in told(stock)] == [
        (second.product_id, Decimal("1.00"), 2),
        (third.product_id, Decimal("2.50"), 2),
    ]
    assert stock.look(second).price == Decimal("1.00")


def test_an_intake_leaves_what_is_reserved_alone(stock: Stock) -> None:
    product = stock.product(quantity=10)
    stock.reserve("o1", (product, 4))
    change = take_in(stock, (product, 5))
    assert [(line.old_quantity, line.quantity) for line in change.lines] == [(6, 11)]
    assert stock.levels(product) == (11, 4)


def test_an_intake_is_added_once_for_each_key(stock: Stock) -> None:
    product = stock.product(quantity=10)
    first = take_in(stock, (product, 5))
    assert take_in(stock, (product, 5)) == first
    assert stock.levels(product) == (15, 0)
    take_in(stock, (product, 5), key="k2")
    assert take_in(stock, (product, 5)) == first
    assert stock.levels(product) == (20, 0)
    with pytest.raises(Refused) as error:
        take_in(stock, (product, 6))
    assert error.value.problem.code == "idempotency-key-reused"
    take_in_stock(stock.tx, TakeIn("s2", "k1", TakeInStock(lines=[line(stock.product(seller="s2"), units=1)])))


def test_a_key_is_kept_for_seven_days(stock: Stock) -> None:
    product = stock.product(quantity=0)
    take_in(stock, (product, 1))
    for days, quantity in ((7, 1), (8, 2)):
        stock.tx.now = NOW + timedelta(days=days)
        take_in(stock, (stock.product(), 1), key=f"other {days}")
        take_in(stock, (product, 1))
        assert stock.levels(product) == (quantity, 0)


def line(product: Product, *, units: int, version: int | None = None) -> IntakeLine:
    if version is None:
        return IntakeLine(product_id=product.product_id, units=units)
    return IntakeLine(product_id=product.product_id, units=units, version=version)


def test_one_line_that_cannot_be_carried_out_refuses_all_and_every_problem_is_named(stock: Stock) -> None:
    good, full, foreign = stock.product(), stock.product(quantity=999_999_999), stock.product(seller="s2")
    unknown = good.product_id[:-1] + "x"
    lines = [
        line(good, units=1),
        IntakeLine(product_id=unknown, units=1),
        line(foreign, units=1),
        line(full, units=2),
        line(stock.product(), units=1, version=3),
    ]
    before = len(told(stock))
    with pytest.raises(Refused) as error:
        take_in_stock(stock.tx, TakeIn("s1", "k1", TakeInStock(lines=lines)))
    code, problems = refusal(error)
    assert (code, error.value.problem.status) == ("lines-refused", 409)
    assert [(each.line, each.problem, each.version, each.quantity) for each in problems] == [
        (1, "product-not-found", None, None),
        (2, "not-your-product", None, None),
        (3, "too-much-stock", None, 999_999_999),
        (4, "version-conflict", 1, None),
    ]
    assert stock.levels(good) == (10, 0)
    assert len(told(stock)) == before
    take_in(stock, (good, 1))  # the key was not used up
    assert stock.levels(good) == (11, 0)


@given(st.dictionaries(st.integers(0, 3), st.integers(1, 9), min_size=1))
@settings(max_examples=20, deadline=None)
def test_a_dry_run_answers_the_same_and_changes_nothing(lines: dict[int, int]) -> None:
    with transaction(TABLES) as tx:
        stock = Stock(tx)
        products = [stock.product(quantity=number, price="5.00") for number in range(4)]
        prices = [(products[place], f"{amount}.00") for place, amount in lines.items()]
        units = [(products[place], amount) for place, amount in lines.items()]
        for attempt, change in ((set_prices, prices), (take_in, units)):
            before = [stock.look(product) for product in products]
            preview: BulkChange = attempt(stock, *change, dry_run=True)
            assert [stock.look(product) for product in products] == before
            done: BulkChange = attempt(stock, *change)
            assert (preview.dry_run, done.dry_run) == (True, False)
            assert preview.lines == done.lines
            for each in done.lines:
                now = next(stock.look(product) for product in products if product.product_id == each.product_id)
                assert (each.price, each.quantity, each.version) == (now.price, now.quantity, now.version)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Serving]:
    with serving(SERVICE, tmp_path) as running:
        yield running


def new_product(shop: Serving) -> str:
    body = {"name": "Lamp", "category": "Light", "price": 5, "quantity": 1}
    product_id: str = shop.request("POST", "/api/products", by="seller:s1", json=body).json()["productId"]
    return product_id


def test_an_intake_needs_a_key_and_a_dry_run_does_not(shop: Serving) -> None:
    body: dict[str, Any] = {"lines": [{"productId": new_product(shop), "units": 2}]}
    refused = shop.request("POST", INTAKE, by="seller:s1", json=body)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "Idempotency-Key")
    assert shop.request("POST", INTAKE, by="seller:s1", json=body | {"dryRun": True}).status_code == 200
    for key in ("with space", "k" * 129, "ü"):
        wrong = shop.request("POST", INTAKE, by="seller:s1", json=body, headers={"idempotency-key": key.encode()})
        assert wrong.status_code == 400, key
    answers = [
        shop.request("POST", INTAKE, by="seller:s1", json=body, headers={"idempotency-key": "k1"}) for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert answers[0].json()["lines"][0]["quantity"] == 3


@pytest.mark.parametrize(
    ("path", "lines", "field"),
    [
        (PRICES, [], "lines"),
        (PRICES, [{"productId": "p1", "price": 1}] * 2, "lines[1].productId"),
        (PRICES, [{"productId": f"p{n}", "price": 1} for n in range(501)], "lines"),
        (PRICES, [{"productId": "p1", "price": 1}, {"productId": "p2", "price": 1.005}], "lines[1].price"),
        (PRICES, [{"productId": "p1", "price": -1}], "lines[0].price"),
        (PRICES, [{"productId": "", "price": 1}], "lines[0].productId"),
        (PRICES, [{"productId": "p1", "price": 1, "version": 0}], "lines[0].version"),
        (PRICES, [{"productId": "p1", "price": 1, "units": 1}], "lines[0]"),
        (INTAKE, [{"productId": "p1", "units": 0}], "lines[0].units"),
        (INTAKE, [{"productId": "p1", "units": 1}] * 2, "lines[1].productId"),
    ],
)
def test_input_outside_its_range_is_refused(shop: Serving, path: str, lines: list[Any], field: str) -> None:
    refused = shop.request("POST", path, by="seller:s1", json={"lines": lines}, headers={"idempotency-key": "k1"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, field)


def test_five_hundred_lines_are_one_change(stock: Stock) -> None:
    products = [stock.product(name=f"Kettle {number}") for number in range(500)]
    lines = [PriceLine(product_id=product.product_id, price=Decimal("7.00"), version=1) for product in products]
    command = ChangeAllPrices("s1", ChangePrices(lines=lines))
    assert {each.version for each in change_prices(stock.tx, command).lines} == {2}
    assert [event.product_id for event in told(stock)] == [product.product_id for product in products]
    with pytest.raises(Refused) as error:
        change_prices(stock.tx, command)
    assert len(refusal(error)[1]) == 500
