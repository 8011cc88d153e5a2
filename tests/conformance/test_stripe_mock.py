"""Every request of the Stripe client is one that stripe-mock, and so Stripe's own OpenAPI document, accepts.

stripe-mock keeps nothing, so the story of an order is told by the fake, and each request goes to both.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec
import pytest

from services_stub.payment.domain import Charged, ChargeRequest, Declined, ProviderUnavailable, RefundRequest
from services_stub.payment.store.stripe import Stripe
from services_stub.payment.store.stripe_api import Charge, Intent, Listed, Refund
from tests.fake_stripe import KEY, FakeStripe, Fault
from tests.ports import free_port
from tests.unit.payment.payment_harness import DECLINED, GOOD, POOR
from tests.waiting import wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

MODULE = "github.com/stripe/stripe-mock@latest"
AUTHENTICATION = "pm_card_authenticationRequired"


@pytest.fixture(autouse=True)
def each_database() -> str:
    """Providers know nothing of the database, so the default is enough."""
    return "sqlite"


@pytest.fixture(scope="module")
def program(request: pytest.FixtureRequest) -> Path:
    """stripe-mock, built once into the cache of the test run."""
    assert request.config.cache is not None
    folder = request.config.cache.mkdir("stripe-mock")
    if not (folder / "stripe-mock").exists():
        go = shutil.which("go")
        if go is None:
            pytest.skip("stripe-mock is built by Go, which is not there")
        built = subprocess.run(
            [go, "install", MODULE],
            env=os.environ | {"GOBIN": str(folder)},
            capture_output=True,
            text=True,
            check=False,
        )
        if built.returncode:
            pytest.skip(f"stripe-mock cannot be built: {built.stderr[-300:]}")
    return folder / "stripe-mock"


@pytest.fixture(scope="module")
def stripe_mock(program: Path) -> Iterator[str]:
    """The URL of a stripe-mock."""
    port = free_port()
    with subprocess.Popen(
        [program, "-http-addr", f"127.0.0.1:{port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as running:
        url = f"http://127.0.0.1:{port}"
        try:
            wait_for(lambda: answers(url), what="stripe-mock")
            yield url
        finally:
            running.terminate()


def answers(url: str) -> bool:
    try:
        return httpx.get(url).status_code < 500
    except httpx.HTTPError:
        return False


class Checked(httpx.BaseTransport):
    """Sends each request to stripe-mock as well, which must accept it, with an answer that the client can read."""

    def __init__(self, fake: FakeStripe, url: str) -> None:
        self.fake, self.url = fake, url
        self.checked: set[str] = set()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        headers = {name: request.headers[name] for name in ("Authorization", "Stripe-Version")}
        if "Content-Type" in request.headers:
            headers["Content-Type"] = request.headers["Content-Type"]
        path = request.url.raw_path.decode()
        answer = httpx.request(request.method, self.url + path, headers=headers, content=request.content)
        assert answer.status_code == 200, (request.method, path, request.content, answer.text)
        self.check(request.url.path, answer.content)
        self.checked.add(f"{request.method} {request.url.path.replace('pi_1', '{intent}')}")
        return self.fake.handle_request(request)

    def check(self, path: str, content: bytes) -> None:
        kind = next(kind for part, kind in KINDS.items() if part in path)
        members = msgspec.json.decode(content, type=Listed).data if "data" in json.loads(content) else [content]
        for member in members:
            try:
                msgspec.json.decode(member, type=kind)
            except msgspec.MsgspecError as error:
                raise AssertionError(f"{path} answers {bytes(member)[:300]!r}: {error}") from error


KINDS: dict[str, type] = {"payment_intents": Intent, "charges": Charge, "refunds": Refund}


@pytest.fixture
def fake() -> FakeStripe:
    return FakeStripe()


@pytest.fixture
def checked(fake: FakeStripe, stripe_mock: str) -> Checked:
    return Checked(fake, stripe_mock)


@pytest.fixture
def stripe(checked: Checked) -> Iterator[Stripe]:
    opened = Stripe(KEY, "http://stripe.test", checked)
    yield opened
    opened.close()


def asked(card: str = GOOD, *, before: bool = False) -> ChargeRequest:
    return ChargeRequest("o1", 2500, "USD", card, before)


def test_pay_and_refund_in_parts(fake: FakeStripe, stripe: Stripe, checked: Checked) -> None:
    assert stripe.charge(asked()) == Charged("pi_1")
    fake.succeed(fake.intents["pi_1"])
    (again,) = stripe.surplus(asked(before=True), "pi_1")
    stripe.refund(RefundRequest(asked(), "o1/surplus", again.amount_cents, again.charge_id))
    stripe.refund(RefundRequest(asked(), "o1/s1", 700, "pi_1"))
    stripe.refund(RefundRequest(asked(), "o1/s2", 1800))
    assert fake.balance("o1") == 0
    assert checked.checked == {
        "POST /v1/payment_intents",
        "GET /v1/payment_intents/{intent}",
        "POST /v1/payment_intents/{intent}/confirm",
        "GET /v1/payment_intents/search",
        "GET /v1/charges",
        "GET /v1/refunds",
        "POST /v1/refunds",
    }


@pytest.mark.parametrize(
    ("card", "reason"),
    [(DECLINED, "card_declined"), (POOR, "insufficient_funds"), (AUTHENTICATION, "authentication_required")],
)
def test_decline_and_authentication(stripe: Stripe, card: str, reason: str) -> None:
    assert stripe.charge(asked(card)) == Declined(reason)
    assert stripe.refund(RefundRequest(asked(card), "o1", 2500)) is None


@pytest.mark.parametrize("fault", [Fault.LOSE_REQUEST, Fault.LOSE_ANSWER, Fault.ARRIVE_LATE])
def test_time_out(fake: FakeStripe, stripe: Stripe, fault: Fault) -> None:
    fake.faults.extend([None, fault])
    with pytest.raises(ProviderUnavailable):
        stripe.charge(asked())
    assert stripe.charge(asked(before=True)) == Charged("pi_1")
    assert fake.taken("o1") == [2500]


def test_duplicate_key(fake: FakeStripe, stripe: Stripe) -> None:
    assert stripe.charge(asked()) == stripe.charge(asked()) == Charged("pi_1")
    with pytest.raises(ProviderUnavailable, match="idempotency_error"):
        stripe.charge(ChargeRequest("o1", 2501, "USD", GOOD))
    assert fake.taken("o1") == [2500]


def test_stripe_mock_refuses_what_is_not_in_the_document(stripe_mock: str) -> None:
    headers = {"Authorization": f"Bearer {KEY}"}
    refused = httpx.post(f"{stripe_mock}/v1/refunds", headers=headers, data={"amount": "1", "no_such_parameter": "1"})
    assert refused.status_code == 400
    assert httpx.post(f"{stripe_mock}/v1/refunds", data={"amount": "1"}).status_code == 401
