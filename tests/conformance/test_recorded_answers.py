"""The fakes answer as the providers' documentation says, and the clients understand what it shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from services_stub.payment.domain import (
    Charged,
    ChargeRequest,
    ChargeResult,
    Declined,
    Provider,
    ProviderUnavailable,
    RefundRefused,
    RefundRequest,
)
from services_stub.payment.store.razorpay import Razorpay
from services_stub.payment.store.stripe import Stripe
from tests.fake_razorpay import KEY as RAZORPAY_KEY
from tests.fake_stripe import KEY
from tests.payment_accounts import RazorpayAccount, StripeAccount, asked, refund
from tests.recorded import records
from tests.unit.payment.payment_harness import DECLINED, GOOD, POOR

STRIPE, RAZORPAY = records("stripe"), records("razorpay")
BY_STRIPE = ChargeRequest("o1", 2500, "USD", GOOD)
BY_RAZORPAY = ChargeRequest("o1", 2500, "INR", "cust_fake/token_1")


def playing(recorded: dict[str, Any], *names: str) -> httpx.MockTransport:
    """A server that gives these recorded answers, one after the other."""
    waiting = list(names)

    def answer(_request: httpx.Request) -> httpx.Response:
        record = recorded[waiting.pop(0)]
        return httpx.Response(record["status"], json=record["body"])

    return httpx.MockTransport(answer)


def outcome(ask: Callable[[], Any]) -> Any:
    """The answer, or the kind of error."""
    try:
        return ask()
    except (ProviderUnavailable, RefundRefused) as error:
        return type(error)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["intent_created", "intent_succeeded"], Charged("pi_1")),
        (["intent_created", "card_declined"], Declined("insufficient_funds")),
        (["intent_created", "authentication_needed", "intent_canceled"], Declined("authentication_required")),
        (["intent_created", "authentication_needed", "cancelled_too_late"], Charged("pi_1")),
        (["intent_created", "payment_method_unknown"], Declined("unknown_payment_method")),
        (["amount_too_small"], Declined("amount_too_small")),
        (["key_reused"], ProviderUnavailable),
        (["rate_limited"], ProviderUnavailable),
        (["key_invalid"], ProviderUnavailable),
        (["failed"], ProviderUnavailable),
    ],
    ids=str,
)
def test_charges_by_stripe(names: list[str], expected: ChargeResult | type[Exception]) -> None:
    stripe = Stripe(KEY, "http://stripe.test", playing(STRIPE, *names))
    assert outcome(lambda: stripe.charge(BY_STRIPE)) == expected


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["refunds"], "pi_1"),
        (["refund_too_large"], ProviderUnavailable),
        (["failed"], ProviderUnavailable),
    ],
    ids=str,
)
def test_lists_by_stripe(names: list[str], expected: Any) -> None:
    stripe = Stripe(KEY, "http://stripe.test", playing(STRIPE, "intent_succeeded", *names))
    assert outcome(lambda: stripe.refund(RefundRequest(BY_STRIPE, "o1/s1", 700, "pi_1"))) == expected


@pytest.mark.parametrize("refused", ["refund_of_all_again", "refund_too_large"])
def test_refunds_that_stripe_refuses(refused: str) -> None:
    stripe = Stripe(KEY, "http://stripe.test", playing(STRIPE, "intent_succeeded", "refunds", refused))
    assert outcome(lambda: stripe.refund(RefundRequest(BY_STRIPE, "o1/s2", 700, "pi_1"))) is RefundRefused
    stripe = Stripe(KEY, "http://stripe.test", playing(STRIPE, "intent_succeeded", "refunds", "refund_made"))
    assert outcome(lambda: stripe.refund(RefundRequest(BY_STRIPE, "o1/s2", 700, "pi_1"))) == "pi_1"


NOTHING = {"none": {"status": 200, "body": {"entity": "collection", "count": 0, "items": []}}}
FIRST = ["none", "order_created", "customer"]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["orders_with_payments", "payment_captured"], Charged("pay_Rec0rdedPay001")),
        ([*FIRST, "payment_charged", "orders_with_payments", "payment_captured"], Charged("pay_Rec0rdedPay001")),
        ([*FIRST, "token_unknown"], Declined("unknown_payment_method")),
        (["none", "order_created", "token_unknown"], Declined("unknown_payment_method")),
        (["none", "order_amount_too_small"], Declined("input_validation_failed")),
        (["orders_with_payments", "already_captured", "key_invalid"], ProviderUnavailable),
        (["key_invalid"], ProviderUnavailable),
    ],
    ids=str,
)
def test_charges_by_razorpay(names: list[str], expected: ChargeResult | type[Exception]) -> None:
    razorpay = Razorpay(RAZORPAY_KEY, "http://razorpay.test", playing(RAZORPAY | NOTHING, *names))
    assert outcome(lambda: razorpay.charge(BY_RAZORPAY)) == expected


@pytest.mark.parametrize(
    ("key", "names", "expected"),
    [
        ("o1/s1", ["refunds_of_payment"], "pay_Rec0rdedPay001"),
        ("o1/s2", ["refunds_of_payment", "refund_made"], "pay_Rec0rdedPay001"),
        ("o1/s2", ["refunds_of_payment", "refund_too_large"], RefundRefused),
        ("o1/s2", ["refunds_of_payment", "refund_of_all_again"], RefundRefused),
        ("o1/s2", ["refunds_of_payment", "refund_under_way"], ProviderUnavailable),
        ("o1/s2", ["refunds_of_payment", "refund_key_reused"], ProviderUnavailable),
    ],
    ids=str,
)
def test_refunds_by_razorpay(key: str, names: list[str], expected: Any) -> None:
    razorpay = Razorpay(RAZORPAY_KEY, "http://razorpay.test", playing(RAZORPAY, *names))
    back = RefundRequest(BY_RAZORPAY, key, 700, "pay_Rec0rdedPay001")
    assert outcome(lambda: razorpay.refund(back)) == expected


def objects_of(body: Any) -> list[dict[str, Any]]:
    """The objects of the API in a body, at any depth."""
    if isinstance(body, list):
        return [found for member in body for found in objects_of(member)]
    if not isinstance(body, dict):
        return []
    inner = [found for member in body.values() for found in objects_of(member)]
    return [body, *inner] if {"object", "entity", "type"} & body.keys() else inner


def shapes(bodies: list[Any]) -> dict[str, set[str]]:
    """The names of the fields of each kind of object."""
    found: dict[str, set[str]] = {}
    for body in bodies:
        for thing in objects_of(body):
            kind = str(thing.get("object") or thing.get("entity") or thing["type"])
            found.setdefault(kind, set()).update(thing)
    return found


@pytest.mark.parametrize(("account", "recorded"), [(StripeAccount, STRIPE), (RazorpayAccount, RAZORPAY)])
def test_the_fake_answers_with_no_field_that_is_not_recorded(
    account: type[StripeAccount | RazorpayAccount], recorded: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[Any] = []
    answer = account.handle_request

    def keeping(self: Any, request: httpx.Request) -> httpx.Response:
        response = answer(self, request)
        answers.append(response.json())
        return response

    monkeypatch.setattr(account, "handle_request", keeping)
    use(account().provider())
    known = shapes([record["body"] for record in recorded.values()])
    answered = shapes(answers)
    assert answered.keys() & {"payment_intent", "payment"}
    for kind, fields in answered.items():
        assert fields <= known[kind], kind


def use(provider: Provider) -> None:
    """Have every kind of answer."""
    for card in (GOOD, DECLINED, POOR, "pm_card_authenticationRequired", "pm_none"):
        provider.charge(asked(card, card))
    again = ChargeRequest(GOOD, 2500, "USD", GOOD, asked_before=True)
    charged = provider.charge(again)
    assert isinstance(charged, Charged)
    provider.refund(refund(order_id=GOOD, cents=700, key="part"))
    provider.refund(refund(order_id="o2"))
    provider.surplus(again, charged.charge_id)
    with pytest.raises(RefundRefused):
        provider.refund(refund(order_id=GOOD, cents=2500, key="all"))
