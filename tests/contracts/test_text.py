"""Text of people: control characters are refused or replaced, everything else stays, and ends are trimmed."""

from __future__ import annotations

import msgspec
import pytest

from services_stub.contracts.decoding import decode_body
from services_stub.contracts.http.auth import Register
from services_stub.contracts.http.product import ChangeProduct, CreateProduct
from services_stub.contracts.http.reason import Reason
from services_stub.contracts.text import has_controls, is_blank, without_controls

UNKNOWN = "\U0001fadf"
"""An emoji of Unicode 16, which the tables of older Pythons do not have."""


def created(**changed: object) -> CreateProduct:
    body = {"name": "Tea", "category": "Drinks", "price": 20, "quantity": 1, **changed}
    product: CreateProduct = decode_body(msgspec.json.encode(body), CreateProduct)
    return product


@pytest.mark.parametrize("control", [*"\0\n\x1b\x7f\x85\x9b", *"\u200b\u200e\u202e\u2028\u2066\u2060\u00ad\ufeff"])
def test_controls_and_formats_that_spoof_are_no_text(control: str) -> None:
    assert has_controls(control)
    assert without_controls(f"Green{control}Tea") == "Green Tea"
    for field in ("name", "category"):
        with pytest.raises(msgspec.ValidationError, match=field):
            created(**{field: f"Green{control}Tea"})


@pytest.mark.parametrize(
    "text", [UNKNOWN, "\ue000", "\U000f0000", "👩\u200d🚀", "می\u200cخواهم", "\u00a0x", "水", "\\u0000"]
)
def test_everything_else_is_text(text: str) -> None:
    assert without_controls(text) == text
    assert created(name=f"{text}!").name == f"{text}!".strip()


def test_texts_are_trimmed_once_and_equal_then() -> None:
    assert created(name="Tea ", category=" Tea\u00a0", description="\n fine \n") == created(
        name="Tea", category="Tea", description="fine"
    )
    assert decode_body(b'{"category": "Tea "}', ChangeProduct).category == "Tea"
    assert decode_body(b'{"reason": " why\\n"}', Reason).reason == "why"
    for blank in (" ", "\u3000", "\u3164", "\u115f \u2800", "\u200d", "\ufe0f\u034f"):  # nothing of them can be seen
        with pytest.raises(msgspec.ValidationError, match="name"):
            created(name=blank)


@pytest.mark.parametrize(
    ("phone", "kept"), [("     ", ""), ("", ""), (" +1 555-0100 ", "+1 555-0100"), ("(030) 1234", "(030) 1234")]
)
def test_a_phone_of_spaces_is_none(phone: str, kept: str) -> None:
    body = msgspec.json.encode({"email": "jo@example.org", "password": "a long password", "phone": phone})
    assert decode_body(body, Register).phone == kept


@pytest.mark.parametrize("phone", ["-----", "()()()", "+", "12", "١٢٣٤٥", "12345\n", "1" * 16])
def test_what_has_no_digits_is_no_phone(phone: str) -> None:
    body = msgspec.json.encode({"email": "jo@example.org", "password": "a long password", "phone": phone})
    with pytest.raises(msgspec.ValidationError, match="phone"):
        decode_body(body, Register)


def test_a_query_is_blank_without_anything_but_typed_space() -> None:
    assert is_blank("")
    assert is_blank(" \u3000")
    assert not is_blank("\x85")
    assert not is_blank("\u200b")
    assert not is_blank(UNKNOWN)
