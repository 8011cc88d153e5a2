"""Unsubscribe links: none can be made up, and each is good for its user and its kind alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services_stub.notification.domain.kinds import SWITCHABLE, Choices, Kind, phone_of
from services_stub.notification.domain.links import LONGEST_TOKEN, PATH, UnsubscribeLinks
from services_stub.notification.store.unsubscribe_key import FILE_NAME, load_or_make
from services_stub.runtime.errors import Unavailable

LINKS = UnsubscribeLinks("http://shop:1", b"k" * 32)


def token_of(user_id: str, kind: Kind = Kind.SALES) -> str:
    url = LINKS.url(user_id, kind)
    assert url.startswith(f"http://shop:1{PATH}/")
    return url.rpartition("/")[2]


@given(user_id=st.text(st.characters(codec="utf-8"), max_size=200), kind=st.sampled_from(SWITCHABLE))
def test_a_link_names_its_user_and_kind(user_id: str, kind: Kind) -> None:
    token = token_of(user_id, kind)
    assert len(token) <= LONGEST_TOKEN
    assert LINKS.read(token) == (user_id, kind)
    assert UnsubscribeLinks("http://shop:1", b"x" * 32).read(token) is None


@given(token=st.text(max_size=300))
def test_nothing_else_is_a_link(token: str) -> None:
    assert LINKS.read(token) is None


def test_no_part_of_a_link_can_be_changed() -> None:
    kind, user, signature = token_of("u1").split(".")
    for changed in (
        f"stock.{user}.{signature}",
        f"{kind}.{token_of('u2').split('.')[1]}.{signature}",
        f"{kind}.{user}.{signature[:-4]}",
        f"{kind}.{user}.",
        f"{kind}.{user}",
        f"{kind}.é.{signature}",
        f"{kind}.{user}.{signature[:-1]}é",
    ):
        assert LINKS.read(changed) is None


def test_a_kind_that_always_comes_has_no_link() -> None:
    assert LINKS.read(token_of("u1", Kind.ORDERS)) is None


def test_the_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    key = load_or_make(tmp_path)
    assert load_or_make(tmp_path) == key
    assert len(key) == 32
    assert (tmp_path / FILE_NAME).stat().st_mode & 0o777 == 0o600
    (tmp_path / FILE_NAME).write_bytes(b"")
    with pytest.raises(Unavailable, match="holds no key"):
        load_or_make(tmp_path)
    with pytest.raises(Unavailable):
        load_or_make(tmp_path / "absent")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("+1 555 0100", "+15550100"),
        ("+49 (30) 12-34 56", "+4930123456"),
        ("0049 30 123456", ""),
        ("030 123456", ""),
        ("+0155501000", ""),
        ("+1234567\n", ""),
        ("+٣٤٥٦٧٨٩٠", ""),
        ("", ""),
    ],
)
def test_telephone_numbers(text: str, number: str) -> None:
    assert phone_of(text) == number


def test_what_always_comes_cannot_be_chosen_away() -> None:
    choices = Choices({Kind.ORDERS: frozenset()}).without_mail(Kind.DELIVERY)
    assert [set(choices.of(kind)) for kind in (Kind.ORDERS, Kind.DELIVERY, Kind.SALES)] == [
        {"email"},
        {"sms"},
        {"email"},
    ]
