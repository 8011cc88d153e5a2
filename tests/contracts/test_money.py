"""Laws of money: two decimals, never a binary float, a JSON number on the wire."""

from __future__ import annotations

import json
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some

from services_stub.contracts.encoding import encode_json
from services_stub.contracts.events import OrderCreated, ProductCreated
from services_stub.contracts.money import (
    LARGEST_AMOUNT,
    LARGEST_PRICE,
    checked_amount,
    checked_price,
    from_cents,
    money,
    to_cents,
)
from services_stub.contracts.schemas import component_schemas

_cents = some.integers(min_value=-int(LARGEST_PRICE) * 100, max_value=int(LARGEST_PRICE) * 100)
_amounts = _cents.map(from_cents)
_decimals = some.decimals(allow_nan=False, allow_infinity=False, min_value=-LARGEST_PRICE, max_value=LARGEST_PRICE)


@given(_cents)
def test_cents_come_back_as_they_went(cents: int) -> None:
    amount = from_cents(cents)
    assert to_cents(amount) == cents
    assert amount.as_tuple().exponent == -2


@given(_amounts)
def test_rounding_an_amount_changes_nothing(amount: Decimal) -> None:
    assert money(amount) == amount
    assert str(money(amount)) == str(amount)


@given(_decimals)
def test_rounding_is_half_up_and_never_off_by_more_than_half_a_cent(value: Decimal) -> None:
    rounded = money(value)
    assert abs(rounded - value) <= Decimal("0.005")
    assert rounded.as_tuple().exponent == -2
    assert money(-value) == -rounded


@given(some.lists(_amounts, max_size=20))
def test_sums_are_exact(amounts: list[Decimal]) -> None:
    assert to_cents(sum(amounts, Decimal("0.00"))) == sum(to_cents(amount) for amount in amounts)


@given(_amounts, some.integers(min_value=1, max_value=1000))
def test_a_line_is_its_price_times_its_quantity(price: Decimal, quantity: int) -> None:
    assert to_cents(price * quantity) == to_cents(price) * quantity


@given(_amounts)
def test_on_the_wire_an_amount_is_a_number_with_two_decimals(amount: Decimal) -> None:
    text = encode_json({"amount": amount})
    assert text == f'{{"amount":{amount}}}'.encode()
    assert msgspec.json.decode(text, type=dict[str, Decimal]) == {"amount": amount}
    assert to_cents(Decimal(str(json.loads(text)["amount"]))) == to_cents(amount)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "100000000000000.01", "1e400"])
def test_what_is_no_amount_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="amount"):
        money(value)
    with pytest.raises(ValueError, match="`price`"):
        checked_price("price", Decimal(value))


@pytest.mark.parametrize("value", ["-0.01", "0.001", "19.999", "1e-30"])
def test_what_is_no_price_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="`price`"):
        checked_price("price", Decimal(value))


@pytest.mark.parametrize("value", ["0", "0.00", "0.01", "10.5", "1E+2", "1000000000"])
def test_prices_are_accepted(value: str) -> None:
    checked_price("price", Decimal(value))
    assert to_cents(money(value)) == Decimal(value) * 100


@pytest.mark.parametrize(("value", "rounded"), [("0.005", "0.01"), ("0.015", "0.02"), ("-0.005", "-0.01"), (7, "7.00")])
def test_halves_are_rounded_away_from_zero(value: str | int, rounded: str) -> None:
    assert str(money(value)) == rounded


def test_a_sum_of_prices_may_exceed_the_limit_of_a_price() -> None:
    checked_amount("amount", 100 * LARGEST_PRICE)
    assert money(100 * LARGEST_PRICE) == 100 * LARGEST_PRICE
    with pytest.raises(ValueError, match="`price`"):
        checked_price("price", LARGEST_PRICE + Decimal("0.01"))
    with pytest.raises(ValueError, match="`amount`"):
        checked_amount("amount", LARGEST_AMOUNT + Decimal("0.01"))


def test_the_limits_are_declared_for_each_of_the_two_types() -> None:
    order, price = component_schemas([OrderCreated])["OrderCreated"], component_schemas([ProductCreated])
    assert order["properties"]["amount"]["maximum"] == LARGEST_AMOUNT
    assert price["ProductCreated"]["properties"]["price"]["maximum"] == LARGEST_PRICE
