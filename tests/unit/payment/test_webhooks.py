"""Webhooks: who is believed, and that each prompts one question to the provider and nothing else."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from services_stub.payment.domain import Charged, ChargeRequest
from services_stub.payment.handlers import webhooks as handlers
from services_stub.payment.handlers.webhooks import Webhooks
from services_stub.payment.service import payment_service
from services_stub.payment.store.webhooks import (
    RETRY_PERIOD,
    TOLERANCE,
    Forged,
    RazorpayWebhooks,
    StripeWebhooks,
    WebhookEvent,
    WebhookReader,
)
from services_stub.runtime.sql.transaction import NO_CAUSE
from tests.fake_stripe import KEY
from tests.fakes import FakeTransaction
from tests.payment_accounts import StripeAccount
from tests.recorded import records
from tests.unit.payment.payment_harness import GOOD, PaymentHarness, created, payment_harness, updated
from tests.unit.serving import Serving, serving

SECRET = "whsec_known"
NOW = 1_700_000_000


def signed(message: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def stripe_event(order_id: str = "o1", event_id: str = "evt_1") -> bytes:
    event = records("stripe")["webhook_payment_intent_succeeded"]["body"]
    event["id"] = event_id
    event["data"]["object"]["metadata"] = {"order_id": order_id}
    return json.dumps(event).encode()


def stripe_headers(body: bytes, at: int = NOW, secret: str = SECRET) -> dict[str, str]:
    return {"stripe-signature": f"t={at},v1={'0' * 64},v1={signed(f'{at}.'.encode() + body, secret)},v0=ignored"}


def razorpay_event(order_id: str = "o1", at: int = NOW) -> bytes:
    event = records("razorpay")["webhook_payment_captured"]["body"]
    event["created_at"] = at
    event["payload"]["payment"]["entity"]["notes"] = {"order_id": order_id}
    return json.dumps(event).encode()


def razorpay_headers(body: bytes, secret: str = SECRET, event_id: str = "evt_1") -> dict[str, str]:
    return {"x-razorpay-signature": signed(body, secret), "x-razorpay-event-id": event_id}


def reading(reader: Callable[..., WebhookReader], now: float = NOW) -> WebhookReader:
    return reader(SECRET, lambda: now)


def test_a_webhook_of_stripe_names_its_order() -> None:
    body = stripe_event()
    assert reading(StripeWebhooks).read(stripe_headers(body), body) == WebhookEvent("stripe/evt_1", "o1")


def test_a_webhook_of_razorpay_names_its_order() -> None:
    body = razorpay_event()
    event = reading(RazorpayWebhooks).read(razorpay_headers(body), body)
    assert event.order_id == "o1"
    assert event == reading(RazorpayWebhooks).read(razorpay_headers(body, event_id="another"), body)


@pytest.mark.parametrize("late", [0, TOLERANCE, -TOLERANCE])
def test_a_webhook_of_stripe_inside_the_window_is_believed(late: int) -> None:
    body = stripe_event()
    assert reading(StripeWebhooks, NOW + late).read(stripe_headers(body), body).order_id == "o1"


@pytest.mark.parametrize("late", [TOLERANCE + 1, -TOLERANCE - 1, 10**9])
def test_a_webhook_of_stripe_outside_the_window_is_refused(late: int) -> None:
    body = stripe_event()
    with pytest.raises(Forged, match="300 seconds"):
        reading(StripeWebhooks, NOW + late).read(stripe_headers(body), body)


def test_a_webhook_of_razorpay_is_believed_for_as_long_as_it_is_repeated() -> None:
    body = razorpay_event()
    assert reading(RazorpayWebhooks, NOW + RETRY_PERIOD).read(razorpay_headers(body), body).order_id == "o1"
    with pytest.raises(Forged, match="seconds ago"):
        reading(RazorpayWebhooks, NOW + RETRY_PERIOD + 1).read(razorpay_headers(body), body)


BODY = stripe_event()
FORGED = {
    "no header": {},
    "empty": {"stripe-signature": ""},
    "no signature": {"stripe-signature": f"t={NOW}"},
    "another secret": stripe_headers(BODY, secret="whsec_other"),
    "of another time": {"stripe-signature": stripe_headers(BODY)["stripe-signature"].replace(str(NOW), str(NOW + 1))},
    "not ASCII": {"stripe-signature": f"t={NOW},v1=ü"},
    "no number": {"stripe-signature": f"t=soon,v1={signed(b'soon.' + BODY)}"},
    "negative": {"stripe-signature": f"t=-1,v1={signed(b'-1.' + BODY)}"},
    "huge": {"stripe-signature": f"t={'9' * 100},v1={signed(b'9' * 100 + b'.' + BODY)}"},
    "only the old scheme": {"stripe-signature": f"t={NOW},v0={signed(f'{NOW}.'.encode() + BODY)}"},
    "of razorpay": razorpay_headers(BODY),
}


@pytest.mark.parametrize("headers", FORGED.values(), ids=FORGED.keys())
def test_a_forged_webhook_of_stripe_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(Forged):
        reading(StripeWebhooks).read(headers, BODY)


def test_a_changed_body_is_refused() -> None:
    for reader, body, headers in (
        (StripeWebhooks, stripe_event(), stripe_headers(stripe_event())),
        (RazorpayWebhooks, razorpay_event(), razorpay_headers(razorpay_event())),
    ):
        with pytest.raises(Forged, match="signature"):
            reading(reader).read(headers, body + b" ")


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"\xff", b"[" * 10_000, b'{"id":1,"data":{"object":{}}}'])
def test_a_signed_body_that_is_no_event_is_refused(body: bytes) -> None:
    with pytest.raises(Forged, match="no event"):
        reading(StripeWebhooks).read(stripe_headers(body), body)
    with pytest.raises(Forged, match="no event"):
        reading(RazorpayWebhooks).read(razorpay_headers(body), body)


def test_a_webhook_about_no_order_names_none() -> None:
    body = b'{"id":"evt_1","data":{"object":{"id":"cus_1"}}}'
    assert reading(StripeWebhooks).read(stripe_headers(body), body).order_id == ""
    body = f'{{"payload":{{"payment":{{"entity":{{"notes":[]}}}}}},"created_at":{NOW}}}'.encode()
    assert reading(RazorpayWebhooks).read(razorpay_headers(body), body).order_id == ""


def test_a_webhook_about_an_order_of_razorpay_names_its_receipt() -> None:
    body = f'{{"payload":{{"order":{{"entity":{{"notes":[],"receipt":"o1"}}}}}},"created_at":{NOW}}}'.encode()
    assert reading(RazorpayWebhooks).read(razorpay_headers(body), body).order_id == "o1"


class Prompted:
    """A payment service that charges by Stripe, and its webhooks."""

    def __init__(self, shop: PaymentHarness, account: StripeAccount) -> None:
        self.shop, self.account = shop, account

    def receive(self, event_id: str = "stripe/evt_1", order_id: str = "o1") -> int:
        """Receive an event; how many questions to the provider it led to."""
        webhooks = Webhooks("stripe", StripeWebhooks(SECRET), self.shop.jobs)
        tx = FakeTransaction(self.shop.connection, "payment")
        tx.begin_item(NO_CAUSE)
        webhooks.on_event(tx, WebhookEvent(event_id, order_id))
        tx.commit()
        asked = self.shop.step()
        self.shop.write()
        return asked


@pytest.fixture
def prompted() -> Iterator[Prompted]:
    account = StripeAccount()
    with payment_harness(account.provider()) as shop:
        yield Prompted(shop, account)


def test_an_event_that_comes_twice_prompts_once(prompted: Prompted) -> None:
    prompted.shop.hear(created())
    prompted.shop.settle()
    assert prompted.receive() == 1
    assert prompted.receive() == 0
    assert prompted.receive("stripe/evt_2") == 1
    assert prompted.shop.topics() == ["payment-success"]
    assert prompted.account.taken("o1") == [2500]


def test_a_webhook_settles_a_charge_whose_outcome_was_awaited(prompted: Prompted) -> None:
    prompted.shop.hear(created(card="pm_card_processing"))
    prompted.shop.step()
    prompted.account.succeed(prompted.account.intents["pi_1"])
    assert prompted.receive() == 1
    assert prompted.shop.topics() == ["payment-success"]


def test_a_webhook_of_a_success_that_the_provider_does_not_know_changes_nothing(prompted: Prompted) -> None:
    prompted.shop.hear(created(card="pm_card_processing"))
    prompted.shop.step()
    prompted.receive()
    assert prompted.shop.topics() == []
    assert prompted.shop.payment().status == "PENDING"


def test_money_that_was_taken_for_an_order_that_has_failed_goes_back(prompted: Prompted) -> None:
    prompted.shop.hear(created(card="pm_card_chargeDeclined"))
    prompted.shop.settle()
    prompted.account.succeed(prompted.account.intents["pi_1"])
    assert prompted.receive() == 1
    assert prompted.account.balance("o1") == 0
    assert prompted.shop.topics() == ["payment-failed"]


def test_a_second_charge_goes_back_when_a_webhook_tells_of_it(prompted: Prompted) -> None:
    prompted.shop.hear(created())
    prompted.shop.settle()
    prompted.account.charge_again("o1")
    prompted.receive()
    assert prompted.account.balance("o1") == 2500
    assert prompted.shop.topics() == ["payment-success"]


def test_what_is_not_known_or_is_over_prompts_nothing(prompted: Prompted) -> None:
    assert prompted.receive("stripe/evt_1", "unknown") == 0
    assert prompted.receive("stripe/evt_2", "") == 0
    prompted.shop.hear(created())
    prompted.shop.settle()
    prompted.shop.hear(updated())
    prompted.shop.settle()
    assert prompted.shop.payment().status == "REFUNDED"
    assert prompted.receive("stripe/evt_3") == 0


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Serving]:
    key_file = tmp_path / "key"
    key_file.write_text(f"{KEY}\n{SECRET}\n")
    options = {"provider": "stripe", "key_file": str(key_file), "url": "http://127.0.0.1:9"}
    with serving(payment_service(), tmp_path, options=options) as running:
        yield running


def posted(service: Serving, body: bytes, headers: dict[str, str], provider: str = "stripe") -> tuple[int, Any]:
    answer = service.request("POST", f"/api/webhooks/{provider}", content=body, headers=headers)
    return answer.status_code, answer.json() if answer.content else None


def test_the_route_takes_genuine_webhooks_and_refuses_all_others(service: Serving) -> None:
    now, body = int(time.time()), stripe_event("unknown")
    assert posted(service, body, stripe_headers(body, now)) == (204, None)
    assert posted(service, body, stripe_headers(body, now)) == (204, None)
    code, problem = posted(service, body, stripe_headers(body, now, "whsec_other"))
    assert (code, problem["type"].rpartition("/")[2]) == (400, "webhook-refused")
    assert posted(service, body, stripe_headers(body, now - TOLERANCE - 5))[0] == 400
    assert posted(service, body, {})[0] == 400
    assert posted(service, b"", {})[0] == 400
    assert posted(service, body, stripe_headers(body, now), provider="razorpay")[0] == 404
    assert posted(service, b"x" * 300_000, {})[0] == 413


def test_without_a_secret_there_are_no_webhooks(tmp_path: Path) -> None:
    with serving(payment_service(), tmp_path) as running:
        body = stripe_event()
        assert posted(running, body, stripe_headers(body))[0] == 404


def test_every_status_has_its_prompt(prompted: Prompted) -> None:
    """The provider's answer to the prompt of a charged order is the charge that is known."""
    prompted.shop.hear(created())
    prompted.shop.settle()
    (job,) = handlers.jobs_of(FakeTransaction(prompted.shop.connection, "payment"), "o1")
    assert prompted.shop.provider.charge(job.charge_request()) == Charged("pi_1")
    assert job.charge_request() == ChargeRequest("o1", 2500, "USD", GOOD, asked_before=True)
