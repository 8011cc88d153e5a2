"""A marketplace that takes the money by Stripe or Razorpay: a purchase, a webhook, and a key that stays in its file."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from services_stub.client.control import NotPossible
from services_stub.contracts.control_faults import PaymentOutage
from services_stub.contracts.events.order import OrderStatus
from services_stub.contracts.topics import ALL_TOPICS
from tests.fake_razorpay import CUSTOMER, FakeRazorpay
from tests.fake_server import listening
from tests.fake_stripe import FakeStripe
from tests.system.accounts import GOOD_CARD, new_person, new_product, settled
from tests.system.log import read_topics
from tests.system.marketplace import COMMAND, Marketplace, running_marketplace
from tests.waiting import eventually

KEYS = {"stripe": "sk_test_distinctive7531", "razorpay": "rzp_test_distinctive7531:distinctivesecret8642"}
WEBHOOK_SECRET = "whsec_distinctive9753"
WITHOUT_TEXT = {".index", ".timeindex"}
"""Files of Apache Kafka: ten sparse MiB of numbers each."""
SLOW = ("stripe apache", "razorpay embedded", "razorpay apache")
CARDS = {"stripe": GOOD_CARD, "razorpay": f"{CUSTOMER}/{GOOD_CARD}"}


class Shop:
    """A marketplace, and the provider that it charges by."""

    def __init__(self, provider: str, api: FakeStripe | FakeRazorpay, marketplace: Marketplace) -> None:
        self.provider, self.api, self.marketplace = provider, api, marketplace

    def webhook(self, order_id: str, secret: str = WEBHOOK_SECRET) -> int:
        """Send a webhook about an order through the gateway; the status of the answer."""
        now = int(time.time())
        entity = {"entity": {"notes": {"order_id": order_id}}}
        bodies = {
            "stripe": {"id": "evt_1", "data": {"object": {"metadata": {"order_id": order_id}}}},
            "razorpay": {"payload": {"payment": entity}, "created_at": now},
        }
        body = json.dumps(bodies[self.provider]).encode()
        prefix = f"{now}.".encode() if self.provider == "stripe" else b""
        signature = hmac.new(secret.encode(), prefix + body, hashlib.sha256).hexdigest()
        headers = {
            "Stripe-Signature": f"t={now},v1={signature}",
            "X-Razorpay-Signature": signature,
            "X-Razorpay-Event-Id": "evt_1",
        }
        url = f"{self.marketplace.gateway}/payment-service/api/webhooks/{self.provider}"
        return httpx.post(url, content=body, headers=headers).status_code


@pytest.fixture(params=["stripe embedded", *(pytest.param(shop, marks=pytest.mark.slow) for shop in SLOW)])
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shop]:
    provider, kafka = request.param.split()
    key = KEYS[provider]
    api = FakeStripe(key) if provider == "stripe" else FakeRazorpay(key)
    key_file = tmp_path / "key"
    key_file.write_text(f"{key}\n{WEBHOOK_SECRET}\n")
    key_file.chmod(0o600)
    options = ("--kafka", kafka, "--payments", provider, "--payments-key-file", str(key_file))
    with listening(api) as url, running_marketplace(*options, "--payments-url", url) as marketplace:
        yield Shop(provider, api, marketplace)


@pytest.mark.slow
def test_an_order_is_charged_and_refunded_and_no_secret_leaves_its_file(shop: Shop) -> None:
    async def scenario() -> None:
        seller = await new_person(shop.marketplace, "seller")
        product = await new_product(seller, price="25.00")
        shopper = await new_person(shop.marketplace)
        await shopper.cart.add(product.product_id)
        order = await shopper.orders.place(CARDS[shop.provider])
        assert (await settled(shopper, order.order_id)).status == OrderStatus.PAID
        assert shop.api.taken(order.order_id) == [2500]
        shop.api.charge_again(order.order_id)
        assert shop.webhook(order.order_id, "whsec_other") == 400
        assert shop.api.balance(order.order_id) == 5000
        assert shop.webhook(order.order_id) == 204
        await eventually(lambda: is_true(shop.api.balance(order.order_id) == 2500), what="the surplus is given back")
        await shopper.orders.cancel(order.order_id, "changed my mind")
        await eventually(lambda: is_true(shop.api.balance(order.order_id) == 0), what="the refund")

    asyncio.run(scenario())
    with pytest.raises(NotPossible, match=f"payments go to {shop.provider}"):
        shop.marketplace.control.apply(PaymentOutage())
    assert places_of_secrets(shop) == []
    planted = shop.marketplace.directory / "planted"
    planted.write_text(f"Authorization: Bearer {KEYS[shop.provider]}")
    assert places_of_secrets(shop) == [str(planted)]


async def is_true(fact: bool) -> bool:
    return fact


def places_of_secrets(shop: Shop) -> list[str]:
    """Where a secret can be read besides the key file: files, topics, the status, and the processes."""
    key = KEYS[shop.provider]
    secrets = [key, *key.split(":"), WEBHOOK_SECRET, base64.b64encode(key.encode()).decode()]
    marketplace = shop.marketplace
    files = [path for path in marketplace.directory.rglob("*") if path.is_file() and path.suffix not in WITHOUT_TEXT]
    texts = {str(path): path.read_bytes() for path in files}
    assert any("logs" in name for name in texts)
    status = [*COMMAND, "status", "--json", "--data-dir", str(marketplace.directory)]
    texts["status --json"] = subprocess.run(status, capture_output=True, check=True).stdout
    for entry in read_topics(marketplace.bootstrap_servers, *(topic.name for topic in ALL_TOPICS)):
        texts[f"{entry.topic}[{entry.partition}]@{entry.offset}"] = entry.raw + repr(entry.headers).encode()
    for pid in marketplace.state.pids:
        process = psutil.Process(pid)
        texts[f"process {pid}"] = repr((process.cmdline(), process.environ())).encode()
    return [name for name, text in texts.items() if any(secret.encode() in text for secret in secrets)]
