"""The texts of the templates, with users' texts as data."""

from __future__ import annotations

from decimal import Decimal

import pytest

from services_stub.notification.domain.templates import (
    MOST_ITEMS,
    TEMPLATES,
    Item,
    amount,
    item_list,
    reason,
    render,
    sms_of,
)

VALUES = {"items": "  1 x {about}", "amount": "1.00 USD", "reason": "{0.__class__}", "role": "user", "email": "a@b.org"}


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_template_fills_in_and_takes_values_as_data(template: str) -> None:
    rendered = render(template, "{amount}", **VALUES)
    assert rendered.subject
    assert "\n" not in rendered.subject
    if "{about}" in TEMPLATES[template].text:
        assert "{amount}" in rendered.text
    if "{items}" in TEMPLATES[template].text:
        assert "{about}" in rendered.text


def test_amounts_have_two_decimals_and_a_currency() -> None:
    assert amount(Decimal("1234567.5"), "USD") == "1,234,567.50 USD"
    assert amount(Decimal("0.00"), "EUR\n") == "0.00 EUR "


@pytest.mark.parametrize("value", ["1e400", "1e30", "-1e30", "NaN"])
def test_what_is_no_amount_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="amount"):
        amount(Decimal(value), "USD")


def test_lines_of_an_order() -> None:
    items = [Item(2, "Kettle", Decimal("12.30")), Item(1, "Cup\nTotal: 0.00", Decimal(3))]
    assert item_list(items, "USD") == "  2 x Kettle, 12.30 USD each\n  1 x Cup Total: 0.00, 3.00 USD each"


def test_a_very_long_order_is_cut() -> None:
    text = item_list([Item(1, "Cup", Decimal(1))] * (MOST_ITEMS + 7), "USD")
    assert text.splitlines()[-1] == "  and 7 more"
    assert len(text.splitlines()) == MOST_ITEMS + 1


def test_reasons_in_words() -> None:
    assert reason("card_declined") == "the card was declined"
    assert reason("too late, I moved\x07") == "too late, I moved"
    assert reason("") == "no reason was given"


def test_only_what_moves_is_told_by_sms() -> None:
    assert sms_of("order-shipped", "o1") == "Your order o1 is on its way."
    assert sms_of("order-placed", "o1") == ""
