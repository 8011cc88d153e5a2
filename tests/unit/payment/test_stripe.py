"""Stripe's own ways: keys per order, authentication, answers that are none, and what its errors may tell."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from services_stub.payment.domain import (
    Charged,
    ChargeRequest,
    Declined,
    Processing,
    ProviderUnavailable,
    RefundRequest,
)
from services_stub.payment.service import provider_of
from services_stub.payment.store.sandbox_faults import SandboxFaults
from services_stub.payment.store.stripe import Stripe
from services_stub.runtime.settings import Settings
from tests.fake_server import listening
from tests.fake_stripe import KEY, FakeStripe, Fault
from tests.unit.payment.payment_harness import GOOD


@pytest.fixture
def api() -> FakeStripe:
    return FakeStripe()


@pytest.fixture
def stripe(api: FakeStripe) -> Iterator[Stripe]:
    opened = Stripe(KEY, "http://stripe.test", api)
    yield opened
    opened.close()


def asked(card: str = GOOD, cents: int = 2500) -> ChargeRequest:
    return ChargeRequest("o1", cents, "USD", card)


def back(card: str = GOOD, charge_id: str = "", cents: int = 2500, key: str = "o1/s1") -> RefundRequest:
    return RefundRequest(asked(card, cents), key, cents, charge_id)


def test_each_change_goes_out_under_a_key_of_its_order(api: FakeStripe, stripe: Stripe) -> None:
    stripe.charge(asked())
    stripe.refund(back(charge_id="pi_1"))
    assert [key for method, _, key in api.requests if method == "POST"] == ["o1-create", "o1-confirm", "o1/s1-refund"]
    assert api.intents["pi_1"]["currency"] == "usd"


def test_a_good_card_takes_two_requests(api: FakeStripe, stripe: Stripe) -> None:
    stripe.charge(asked())
    assert len(api.requests) == 2


def test_a_key_that_comes_with_another_amount_charges_nothing(api: FakeStripe, stripe: Stripe) -> None:
    stripe.charge(asked())
    with pytest.raises(ProviderUnavailable, match="idempotency_error"):
        stripe.charge(asked(cents=2501))
    assert api.taken("o1") == [2500]


def test_an_amount_that_stripe_does_not_take_is_declined_and_nothing_is_refunded(stripe: Stripe) -> None:
    assert stripe.charge(asked(cents=49)) == Declined("amount_too_small")
    assert stripe.refund(back(cents=49)) is None


def test_a_card_that_needs_authentication_leaves_nothing_to_be_paid_later(api: FakeStripe, stripe: Stripe) -> None:
    assert stripe.charge(asked("pm_card_authenticationRequired")) == Declined("authentication_required")
    assert api.intents["pi_1"]["status"] == "canceled"


def test_a_charge_that_is_processed_is_asked_for_again_and_refunded_when_it_is_known(
    api: FakeStripe, stripe: Stripe
) -> None:
    assert isinstance(stripe.charge(asked("pm_card_processing")), Processing)
    with pytest.raises(ProviderUnavailable, match="processing"):
        stripe.refund(back("pm_card_processing"))
    api.succeed(api.intents["pi_1"])
    assert stripe.charge(asked("pm_card_processing")) == Charged("pi_1")
    assert stripe.refund(back("pm_card_processing")) == "pi_1"
    assert api.balance("o1") == 0


def test_a_cancellation_that_comes_too_late_is_a_refund(api: FakeStripe, stripe: Stripe) -> None:
    stripe.charge(asked("pm_card_processing"))

    class Late(httpx.BaseTransport):
        """The money is taken just before the cancellation arrives."""

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            if request.url.path.endswith("/cancel"):
                api.succeed(api.intents["pi_1"])
            return api.handle_request(request)

    assert Stripe(KEY, "http://stripe.test", Late()).refund(back("pm_card_processing")) == "pi_1"
    assert (api.taken("o1"), api.balance("o1")) == ([2500], 0)


def test_a_refund_whose_failure_is_kept_under_its_key_is_settled(api: FakeStripe, stripe: Stripe) -> None:
    stripe.charge(asked())
    api.faults.extend([None, None, Fault.FAIL_AFTERWARDS])
    with pytest.raises(ProviderUnavailable):
        stripe.refund(back(charge_id="pi_1"))
    api.undo_refund()
    api.refunds.clear()
    assert stripe.refund(back(charge_id="pi_1")) == "pi_1"
    assert api.balance("o1") == 0


def test_a_refund_that_failed_at_the_bank_is_made_again(api: FakeStripe, stripe: Stripe) -> None:
    stripe.charge(asked())
    stripe.refund(back(charge_id="pi_1"))
    api.undo_refund()
    assert api.balance("o1") == 2500
    stripe.refund(back(charge_id="pi_1"))
    stripe.refund(back(charge_id="pi_1"))
    assert (api.balance("o1"), len(api.refunds)) == (0, 2)


def test_a_refund_is_not_repeated_when_its_key_is_long_forgotten(api: FakeStripe, stripe: Stripe) -> None:
    stripe.charge(asked(cents=5000))
    stripe.refund(back(charge_id="pi_1"))
    api.forget_keys()
    stripe.refund(back(charge_id="pi_1"))
    assert api.balance("o1") == 2500


def test_a_known_charge_is_refunded_when_its_keys_are_long_forgotten(api: FakeStripe, stripe: Stripe) -> None:
    stripe.charge(asked())
    api.forget_keys()
    assert stripe.refund(back(charge_id="pi_1")) == "pi_1"
    assert (api.balance("o1"), len(api.intents)) == (0, 1)


@pytest.mark.parametrize("status", [200, 404, 502])
def test_an_answer_that_is_none_is_an_unknown_outcome(status: int) -> None:
    page = httpx.MockTransport(lambda _request: httpx.Response(status, text="<html>"))
    with pytest.raises(ProviderUnavailable):
        Stripe(KEY, "http://stripe.test", page).charge(asked())


def test_no_part_of_the_key_gets_into_an_error(api: FakeStripe) -> None:
    stripe = Stripe("sk_test_wrong_fake", "http://stripe.test", api)
    with pytest.raises(ProviderUnavailable) as refused:
        stripe.charge(asked())
    assert str(refused.value) == "stripe: HTTP 401 invalid_request_error"


def test_the_service_charges_by_stripe_with_the_key_in_the_file(api: FakeStripe, tmp_path: Path) -> None:
    key_file = tmp_path / "key"
    key_file.write_text(f"{KEY}\n")
    with listening(api) as url:
        settings = Settings(
            service="payment",
            instance="payment-1",
            port=1,
            bootstrap_servers="",
            data_dir=str(tmp_path),
            internal_token="",
            options={"provider": "stripe", "key_file": str(key_file), "url": url},
        )
        provider = provider_of(settings, SandboxFaults())
        assert provider.charge(asked()) == Charged("pi_1")
        provider.close()
    assert api.balance("o1") == 2500
