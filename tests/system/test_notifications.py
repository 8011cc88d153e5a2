"""Messages about the parts of an order, by the preferences of each user, through sinks that refuse and come back."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from email import message_from_string, policy
from email.message import EmailMessage

import httpx
import msgspec
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from services_stub.client import MarketplaceClient
from services_stub.contracts.events.order import OrderStatus
from services_stub.contracts.http.notification import Mail, MailPage, Notification
from services_stub.contracts.http.order import Order
from services_stub.runtime.identifiers import new_id
from tests.ports import free_port
from tests.system.accounts import GOOD_CARD, new_person, new_product, settled
from tests.system.marketplace import PASSWORD, Marketplace, running_marketplace
from tests.unit.notification.test_sms import Sink
from tests.waiting import eventually


async def spool(marketplace: Marketplace, client: MarketplaceClient) -> list[tuple[Mail, EmailMessage]]:
    """The mails to one user, oldest first."""
    assert client.session.user is not None
    address = client.session.user.email
    base = f"http://127.0.0.1:{marketplace.service('notification').port}/internal/mail"
    headers = {"x-internal-token": marketplace.state.internal_token}
    found: list[tuple[Mail, EmailMessage]] = []
    async with httpx.AsyncClient(headers=headers, timeout=20) as http:
        page = (await http.get(f"{base}?limit=100")).content
        for item in msgspec.json.decode(page, type=MailPage).items:
            if item.recipient == address:
                mail = msgspec.json.decode((await http.get(f"{base}/{item.mail_id}")).content, type=Mail)
                message = message_from_string(mail.message, policy=policy.default)
                assert isinstance(message, EmailMessage)
                found.append((mail, message))
    return found[::-1]


async def told(client: MarketplaceClient) -> list[Notification]:
    """The inbox, oldest first."""
    return (await client.notifications.list(limit=100)).items[::-1]


async def until_told(client: MarketplaceClient, *templates: str) -> dict[str, Notification]:
    """The inbox by template, once it has exactly these messages."""

    async def complete() -> list[Notification]:
        found = await told(client)
        return found if len(found) >= len(templates) else []

    found = await eventually(complete, what=f"{len(templates)} messages")
    assert Counter(message.template for message in found) == Counter(templates)
    return {message.template: message for message in found}


async def buy_of_two(shopper: MarketplaceClient, first: MarketplaceClient, second: MarketplaceClient) -> Order:
    """Two lamps of the first seller and a cup of the second, for 30.00, paid."""
    lamp = await new_product(first, price="12.50", name="Lamp")
    cup = await new_product(second, price="5.00", name="Cup <b>{about}")
    await shopper.cart.add(lamp.product_id, 2)
    await shopper.cart.add(cup.product_id)
    order = await settled(shopper, (await shopper.orders.place(GOOD_CARD)).order_id)
    assert order.status == OrderStatus.PAID
    return order


def test_each_part_of_an_order_is_told_once_with_exact_sums(any_kafka: Marketplace) -> None:
    async def scenario() -> None:
        first, second = await new_person(any_kafka, "seller"), await new_person(any_kafka, "seller")
        shopper = await new_person(any_kafka)
        order = await buy_of_two(shopper, first, second)
        await first.seller.ship(order.order_id)
        await second.seller.refund(order.order_id, "broken")
        inbox = await until_told(
            shopper, "welcome", "order-placed", "receipt", "order-shipped", "order-cancelled", "refund"
        )
        receipt, refund = inbox["receipt"], inbox["refund"]
        assert "2 x Lamp, 12.50 USD each: 25.00 USD\n  Sum: 25.00 USD" in receipt.text
        assert "5.00 USD each: 5.00 USD\n  Sum: 5.00 USD" in receipt.text
        assert receipt.text.endswith("Total, paid: 30.00 USD")
        assert refund.subject == "We refunded 5.00 USD"
        assert re.findall(r"(\w[\w ]*): +([\d.]+) USD", refund.text) == [
            ("Charged", "30.00"),
            ("Refunded so far", "5.00"),
            ("Kept", "25.00"),
        ]
        assert ("Lamp" in inbox["order-shipped"].text, "Cup" in inbox["order-shipped"].text) == (True, False)
        await until_told(first, "welcome", "sale")
        await until_told(second, "welcome", "sale", "sale-cancelled")
        await first.seller.deliver(order.order_id)
        await until_told(
            shopper,
            *("welcome", "order-placed", "receipt", "order-shipped", "order-cancelled", "refund", "order-delivered"),
        )
        for client in (shopper, first, second):
            mails = await spool(any_kafka, client)
            assert [mail.subject for mail, _ in mails] == [message.subject for message in await told(client)]

    asyncio.run(scenario())


def test_preferences_and_unsubscribe_links_decide_what_is_mailed(any_kafka: Marketplace) -> None:
    async def scenario() -> None:
        first, second = await new_person(any_kafka, "seller"), await new_person(any_kafka, "seller")
        shopper = await new_person(any_kafka)
        await until_told(shopper, "welcome")  # Only then is the address known here.
        chosen = await shopper.notifications.change_preferences(phone="+15550100", delivery=["sms"], sales=[], stock=[])
        assert chosen == await shopper.notifications.preferences()
        order = await buy_of_two(shopper, first, second)
        await until_told(first, "welcome", "sale")
        _, (_, sale) = await spool(any_kafka, first)
        assert sale["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        link = str(sale["List-Unsubscribe"]).strip("<>")
        assert link.startswith(any_kafka.gateway)
        async with httpx.AsyncClient(timeout=20) as http:
            assert (await http.get(link)).status_code == 200
            assert (await first.notifications.preferences()).sales == ["email"]
            assert (await http.post(link, data={"List-Unsubscribe": "One-Click"})).status_code == 200
            assert (await http.post(link[:-3] + "AAA")).status_code == 404
        assert (await first.notifications.preferences()).sales == []
        await first.seller.ship(order.order_id)
        await buy_of_two(shopper, first, second)
        await until_told(first, "welcome", "sale", "sale")
        assert len(await spool(any_kafka, first)) == 2

        async def shipped() -> bool:
            return "order-shipped" in {message.template for message in await told(shopper)}

        await eventually(shipped, what="the shipping notice")
        subjects = [mail.subject for mail, _ in await spool(any_kafka, shopper)]
        assert not [subject for subject in subjects if "on its way" in subject]

    asyncio.run(scenario())


class _MailServer:
    """Refuses everything for now, then knows no recipient whose address says so."""

    def __init__(self) -> None:
        self.busy = True
        self.refused = 0
        self.taken: list[str] = []

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.refused += self.busy
        if self.busy:
            return "451 4.3.2 try again later"
        if address.startswith("absent"):
            return "550 5.1.1 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.taken += envelope.rcpt_tos
        return "250 OK"


@pytest.mark.slow
@pytest.mark.parametrize("kafka", ["embedded", pytest.param("apache", marks=pytest.mark.slow)])
def test_sinks_that_are_away_refuse_and_come_back_hold_up_nothing(kafka: str) -> None:
    smtp_port, sms_port = free_port(), free_port()
    urls = ("--smtp", f"smtp://127.0.0.1:{smtp_port}", "--sms", f"http://127.0.0.1:{sms_port}/messages?from=shop")
    server = _MailServer()

    async def scenario(marketplace: Marketplace) -> None:
        seller, shopper, absent = await new_person(marketplace, "seller"), marketplace.client(), marketplace.client()
        email = f"user-{new_id()}@example.com"
        await shopper.auth.register(email, PASSWORD, phone="+1 555 0100")
        await shopper.auth.login(email, PASSWORD)
        gone = f"absent-{new_id()}@example.com"
        await absent.auth.register(gone, PASSWORD)
        await absent.auth.login(gone, PASSWORD)
        order = await buy_of_two(shopper, seller, seller)
        await seller.seller.ship(order.order_id)
        await until_told(shopper, "welcome", "order-placed", "receipt", "order-shipped")
        controller, sink = Controller(server, hostname="127.0.0.1", port=smtp_port), Sink(sms_port)
        sink.statuses = [503, 429]
        controller.start()
        try:
            await eventually(lambda: _holds(server.refused > 0), seconds=60, what="a refusal")
            server.busy = False
            await eventually(lambda: _holds(server.taken.count(email) == 4), seconds=60, what="the mails")
            await eventually(lambda: _holds(len(sink.asked) >= 3), seconds=60, what="the SMS")
            await until_told(absent, "welcome", "address-bounced")
            assert (await absent.notifications.preferences()).bouncing
        finally:
            controller.stop()
            sink.shutdown()
            sink.server_close()
        assert server.taken.count(email) == 4
        assert {body["to"] for _, _, body in sink.asked} == {"+15550100"}
        assert len({headers["idempotency-key"] for _, headers, _ in sink.asked}) == 1

    with running_marketplace("--kafka", kafka, *urls) as marketplace:
        asyncio.run(scenario(marketplace))


async def _holds(condition: bool) -> bool:
    return condition
