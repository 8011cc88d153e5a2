"""The texts of the templates, with users' texts as data, and amounts that add up."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services_stub.notification.domain import amounts
from services_stub.notification.domain.amounts import MOST_LINES, Item, amount, item_list, receipt
from services_stub.notification.domain.templates import TEMPLATES, reason, render

VALUES = {
    "items": "  1 x {about}",
    "amount": "1.00 USD",
    "reason": "{0.__class__}",
    "role": "user",
    "email": "a@b.org",
    "what": "your order",
    "What": "Your order",
    "charged": "2.00 USD",
    "refunded": "1.00 USD",
    "kept": "1.00 USD",
    "count": "3",
    "name": "Lamp",
    "quantity": "4",
    "threshold": "5",
}


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
    assert amount(123456750, "USD") == "1,234,567.50 USD"
    assert amount(0, "EUR\n") == "0.00 EUR "
    assert amount(7, "USD") == "0.07 USD"


@pytest.mark.parametrize("item", [Item("s1", 0, "Cup", 1), Item("s1", -1, "Cup", 1), Item("s1", 10**30, "Cup", 1)])
def test_what_is_no_line_of_an_order_is_refused(item: Item) -> None:
    with pytest.raises(ValueError, match="not those of an order"):
        amounts.sum_of([item])


def test_lines_of_an_order() -> None:
    items = [Item("s1", 2, "Kettle", 1230), Item("s1", 1, "Cup\nTotal: 0.00", 300)]
    assert item_list(items, "USD") == (
        "  2 x Kettle, 12.30 USD each: 24.60 USD\n  1 x Cup Total: 0.00, 3.00 USD each: 3.00 USD"
    )


def test_a_very_long_order_is_cut_and_adds_up_all_the_same() -> None:
    text = item_list([Item("s1", 1, "Cup", 100)] * (MOST_LINES + 7), "USD")
    assert text.splitlines()[-1] == "  and 7 more: 7.00 USD"
    assert len(text.splitlines()) == MOST_LINES + 1


def test_a_receipt_has_a_section_for_each_seller() -> None:
    items = [Item("s1", 2, "Lamp", 1250), Item("s2", 3, "Cup", 33), Item("s1", 1, "Bulb", 1)]
    assert receipt(items, 2600, "USD") == (
        "Seller s1\n  2 x Lamp, 12.50 USD each: 25.00 USD\n  1 x Bulb, 0.01 USD each: 0.01 USD\n  Sum: 25.01 USD\n\n"
        "Seller s2\n  3 x Cup, 0.33 USD each: 0.99 USD\n  Sum: 0.99 USD"
    )
    assert receipt(items[1:2], 50, "USD").endswith("  Sum: 0.99 USD\n\nReductions: -0.49 USD")


lines = st.builds(
    Item, st.sampled_from([f"s{n}" for n in range(9)]), st.integers(1, 1000), st.just("Cup"), st.integers(0, 10**7)
)


@given(items=st.lists(lines, min_size=1, max_size=120), beside=st.integers(-500, 500))
def test_a_receipt_adds_up_to_the_cent(items: list[Item], beside: int) -> None:
    charged = max(0, amounts.sum_of(items) + beside)
    sections = receipt(items, charged, "USD").split("\n\n")
    added = 0
    for section in sections:
        name, *shown = section.split("\n")
        if not shown:
            added += cents(name) * (-1 if name.startswith("Reductions") else 1)
            continue
        *parts, whole = map(cents, shown)
        assert sum(parts) == whole
        added += whole
    assert added == charged


def cents(line: str) -> int:
    """The last amount in a line."""
    return int(re.sub(r"[.,]", "", re.findall(r"([\d.,]+) USD", line)[-1]))


def test_reasons_in_words() -> None:
    assert reason("card_declined") == "the card was declined"
    assert reason("too late, I moved\x07") == "too late, I moved"
    assert reason("") == "no reason was given"
    assert reason("cancelled-by-shopper", to_seller=True) == "the shopper cancelled it"


def test_a_message_that_may_be_an_sms_can_be_switched_off() -> None:
    assert {template.kind.value for template in TEMPLATES.values() if template.sms} <= {"delivery", "sales", "stock"}
