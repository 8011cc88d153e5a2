"""The sandbox keeps what a provider promises: the same answer for the same order, and nothing after giving back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from services_stub.payment.domain import (
    CARDS,
    SLOW_SECONDS,
    Charged,
    ChargeRequest,
    ChargeResult,
    Declined,
    Processing,
    ProviderUnavailable,
    RefundRequest,
)
from services_stub.payment.store.sandbox import Sandbox
from tests.unit.payment.payment_harness import DECLINED, GOOD, POOR, SLOW, UNREACHABLE, Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sandbox(clock: Clock) -> Iterator[Sandbox]:
    opened = Sandbox(":memory:", clock)
    yield opened
    opened.close()


def asked(order_id: str, card: str = GOOD) -> ChargeRequest:
    return ChargeRequest(order_id, 2500, "USD", card)


def refund(sandbox: Sandbox, order_id: str = "o1") -> str | None:
    return sandbox.refund(RefundRequest(asked(order_id), order_id, 2500))


def charge(sandbox: Sandbox, card: str = GOOD, order_id: str = "o1") -> ChargeResult:
    return sandbox.charge(asked(order_id, card))


def test_every_card_does_what_it_is_for(sandbox: Sandbox) -> None:
    results = {card: charge(sandbox, card, card) for card in CARDS if card != UNREACHABLE}
    assert results == {
        GOOD: Charged("ch_pm_card_visa"),
        DECLINED: Declined("card_declined"),
        POOR: Declined("insufficient_funds"),
        "pm_card_authenticationRequired": Declined("authentication_required"),
        SLOW: Processing(SLOW_SECONDS),
    }
    assert charge(sandbox, "pm_card_none") == Declined("unknown_payment_method")
    with pytest.raises(ProviderUnavailable):
        charge(sandbox, UNREACHABLE)


def test_a_repeated_charge_is_the_same_charge(sandbox: Sandbox) -> None:
    assert charge(sandbox) == charge(sandbox) == Charged("ch_o1")


def test_a_slow_charge_is_made_after_its_time_and_not_twice(sandbox: Sandbox, clock: Clock) -> None:
    assert charge(sandbox, SLOW) == Processing(SLOW_SECONDS)
    clock.now += 0.5
    assert charge(sandbox, SLOW) == Processing(SLOW_SECONDS - 0.5)
    clock.now += SLOW_SECONDS
    assert charge(sandbox, SLOW) == charge(sandbox, SLOW) == Charged("ch_o1")


def test_what_was_taken_is_given_back_once(sandbox: Sandbox) -> None:
    charge(sandbox)
    assert refund(sandbox) == "ch_o1"
    assert refund(sandbox) == "ch_o1"


def test_nothing_is_taken_after_giving_back(sandbox: Sandbox, clock: Clock) -> None:
    assert refund(sandbox) is None
    assert charge(sandbox) == Declined("canceled")
    assert charge(sandbox, SLOW, "o2") == Processing(SLOW_SECONDS)
    assert refund(sandbox, "o2") is None
    clock.now += SLOW_SECONDS + 1
    assert charge(sandbox, SLOW, "o2") == Declined("canceled")


def test_it_remembers_over_a_restart(tmp_path: Path) -> None:
    first = Sandbox(tmp_path / "sandbox.db")
    charge(first)
    first.close()
    again = Sandbox(tmp_path / "sandbox.db")
    assert refund(again) == "ch_o1"
    again.close()


def test_a_file_that_cannot_be_opened_is_a_provider_that_is_away(tmp_path: Path) -> None:
    with pytest.raises(ProviderUnavailable, match="sandbox"):
        Sandbox(tmp_path / "missing" / "sandbox.db")
