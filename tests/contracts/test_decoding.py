"""Input is of the form that its schema declares: more lenient parsers decide nothing."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, NamedTuple

import msgspec
import pytest

from services_stub.contracts.decoding import StrictDecoder, decode_body, number_of, parameters_of, wrong_parameters
from services_stub.contracts.events import OrderCreated
from services_stub.contracts.http.auth import Register
from services_stub.contracts.http.bulk import ChangePrices
from services_stub.contracts.http.notification import ChangePreferences
from services_stub.contracts.http.order import PlaceOrder
from services_stub.contracts.http.product import ChangeProduct, Reserve
from services_stub.contracts.times import moment_of


@pytest.mark.parametrize("text", ['"20"', '"1_000"', '" 7 "', '"\u0667"', '"NaN"', '"1e2"', "null", "true"])
@pytest.mark.parametrize(
    ("of", "body"),
    [
        (ChangeProduct, '{"price": %s}'),
        (PlaceOrder, '{"paymentMethod": "pm_card_visa", "expectedAmount": %s}'),
        (ChangePrices, '{"lines": [{"productId": "p", "price": %s}]}'),
        (list[Reserve], '[{"orderId": "o", "lines": [{"productId": "p", "quantity": 1, "unitPrice": %s}]}]'),
    ],
)
def test_an_amount_is_a_number(of: Any, body: str, text: str) -> None:
    decode_body((body % "7.10").encode(), of)
    with pytest.raises(msgspec.ValidationError, match=r"number|decimal|between"):
        decode_body((body % text).encode(), of)


def test_an_amount_of_an_event_is_a_number() -> None:
    sample = (
        b'{"orderId":"o","userId":"u","items":[],"status":"PENDING","amount":7.10,"currency":"USD","paymentMethod":"p"}'
    )
    assert StrictDecoder[OrderCreated](OrderCreated).decode(sample) == msgspec.json.decode(sample, type=OrderCreated)
    with pytest.raises(msgspec.ValidationError, match=r"number.*\$\.amount"):
        StrictDecoder(OrderCreated).decode(sample.replace(b"7.10", b'"1_000"'))


@pytest.mark.parametrize(
    ("of", "body", "words"),
    [
        (ChangeProduct, '{"name": " "}', "one line of text, not blank"),
        (ChangePreferences, '{"phone": "1", "delivery": [], "sales": [], "stock": []}', "telephone number"),
        (Register, '{"email": "jo.example", "password": "a long password"}', "e-mail"),
        (Register, '{"email": ".jo@example.org", "password": "a long password"}', "e-mail"),
        (Register, '{"email": "jo..d@example.org", "password": "a long password"}', "e-mail"),
        (Register, '{"email": "jo.@example.org", "password": "a long password"}', "e-mail"),
        (Register, '{"email": "jo@mail.invalid", "password": "a long password"}', "mail server"),
    ],
)
def test_a_text_of_another_form_is_refused_in_words(of: Any, body: str, words: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=words) as refused:
        decode_body(body.encode(), of)
    assert "regex" not in str(refused.value)


@pytest.mark.parametrize(("text", "refused"), [("a\\\\u0000b", False), ("a\\u0000b", True), ("\\\\\\u0000", True)])
def test_the_character_nul_is_refused_and_a_text_about_it_is_not(text: str, refused: bool) -> None:
    body = f'{{"description": "{text}"}}'.encode()
    if refused:
        with pytest.raises(msgspec.ValidationError, match="description"):
            decode_body(body, ChangeProduct)
    else:
        assert decode_body(body, ChangeProduct).description == "a\\u0000b"


@pytest.mark.parametrize(
    ("kind", "good", "wrong"),
    [
        (int, ["0", "20", "-3"], ["1_000", " 7 ", "٣", "+7", "07", "7.0", "1e2", "", "null", "9" * 20, "7\n"]),
        (Decimal, ["0", "12.50", "7"], ["1_000", " 7 ", "٧", "+7", "1e2", ".5", "5.", "NaN", "", "null"]),
        (bool, ["true", "false"], ["1", "0", "True", "yes", "null", ""]),
        (datetime, ["2026-01-31T12:00:00Z"], ["1700000000", "2026-01-31", "2026-01-31 12:00:00Z", "2026-01-31T12:00Z"]),
        (str, ["", "null", "1_000"], []),
    ],
)
def test_a_parameter_is_of_the_form_of_its_kind(kind: Any, good: list[str], wrong: list[str]) -> None:
    assert [text for text in good if list(wrong_parameters({"p": kind}, [("p", text)]))] == []
    assert [text for text in wrong if not list(wrong_parameters({"p": kind}, [("p", text)]))] == []


def test_a_parameter_is_given_once_and_others_are_left_alone() -> None:
    (found,) = wrong_parameters({"limit": int}, [("limit", "1"), ("other", "x"), ("other", "x"), ("limit", "2")])
    assert (found.field, found.message) == ("limit", "must be given once")


class Named(NamedTuple):
    """An annotation that gives a parameter another name."""

    query: str


def test_the_kinds_of_parameters_are_those_of_a_function() -> None:
    def search(limit: int, least: Annotated[Decimal | None, Named(query="minPrice")], body: dict[str, int]) -> None:
        raise NotImplementedError

    assert parameters_of(search) == {"limit": int, "minPrice": Decimal}


def test_a_time_is_read_as_the_moment_that_it_names() -> None:
    assert moment_of("2026-01-31T02:00:00+02:00") < moment_of("2026-01-31T00:30:00Z")
    assert moment_of("2026-01-31T00:00:00.5Z") > moment_of("2026-01-31T00:00:00.499999Z")
    assert moment_of("2026-01-31t01:00:00+01:00") == moment_of("2026-01-31T00:00:00.000000Z")


@pytest.mark.parametrize(
    "text",
    ["2026-01-31T12:00:00", "2026-01-31", "20260131T120000Z", "2026-02-30T12:00:00Z", "0001-01-01T00:00:00+01:00", ""],
)
def test_what_names_no_moment_is_no_time(text: str) -> None:
    with pytest.raises(ValueError, match=r"time|day|month"):
        moment_of(text)


@pytest.mark.parametrize("text", ["1_000", "٣", "1e2", "NaN", "", "+7", "1,000"])
def test_what_people_write_is_no_number_by_other_rules(text: str) -> None:
    assert number_of(" 12.50 ") == Decimal("12.50")
    with pytest.raises(ValueError, match="amount"):
        number_of(text)
