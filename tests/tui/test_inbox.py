"""The inbox and the account, as they look and as they are used."""

from __future__ import annotations

import asyncio

import pytest

from marketplace_tui.screens.shop.inbox_text import is_about_order
from services_stub.contracts.events.notification import NotificationSent
from services_stub.contracts.events.order import OrderStatus
from services_stub.notification.domain.kinds import Kind
from services_stub.notification.domain.templates import TEMPLATES, Template
from tests.tui.running import assert_goldens, running
from tests.tui.shopping import Shopping, away
from tests.tui.test_checkout import until_text
from tests.tui.values import message, order


def shopping() -> Shopping:
    """An inbox with read and unread messages."""
    bought = order(1, OrderStatus.PENDING, OrderStatus.PAID)
    return Shopping(
        orders=[bought],
        messages=[
            message(1, "receipt", "Your receipt: 61.00 USD", about=bought.order_id, read=True),
            message(2, "order-placed", "Your order was placed", about=bought.order_id),
            message(3, "welcome", "Welcome to the marketplace"),
        ],
    )


def test_unread_messages_come_first_and_stay_where_they_are_when_they_are_read() -> None:
    async def scenario() -> None:
        state = shopping()
        async with running(state.fake, "user") as client:
            await client.press("i")
            await assert_goldens(client, "inbox-full")
            await client.press("m")
            assert "✉ 1" in client.text
            assert [one.read for one in state.messages] == [True, True, False]
            line = next(line for line in client.text.splitlines() if line.startswith("▸"))
            assert "Your order was placed" in line
            await client.press("M")
            assert all(one.read for one in state.messages)
            assert "✉" not in client.text

    asyncio.run(scenario())


def test_opening_a_message_reads_it_and_shows_its_order() -> None:
    async def scenario() -> None:
        state = shopping()
        async with running(state.fake, "user") as client:
            await client.press("i", "enter")
            assert "Order" in client.text.splitlines()[0]
            assert "◐ PENDING → ● PAID" in client.text
            assert state.messages[1].read

    asyncio.run(scenario())


@pytest.mark.parametrize(("template", "about"), list(TEMPLATES.items()), ids=list(TEMPLATES))
def test_a_message_about_an_account_or_the_stock_opens_no_order(template: str, about: Template) -> None:
    of_an_order = about.kind in (Kind.ORDERS, Kind.DELIVERY, Kind.SALES) and template != "sales-digest"
    assert is_about_order(message(1, template, about.subject)) == of_an_order


def test_a_new_message_comes_by_itself() -> None:
    async def scenario() -> None:
        state = shopping()
        async with running(state.fake, "user") as client:
            await client.press("i")
            state.messages.insert(0, message(0, "order-shipped", "It is on its way"))
            state.fake.publish(
                NotificationSent(
                    notification_id="n-0", user_id="u-ana", channel="email", template="order-shipped", about="x"
                )
            )
            await until_text(client, "It is on its way")

    asyncio.run(scenario())


@pytest.mark.slow
def test_an_empty_inbox_and_one_that_cannot_be_read() -> None:
    async def scenario() -> None:
        async with running(Shopping().fake, "user") as client:
            await client.press("i")
            await assert_goldens(client, "inbox-empty")
        async with running(away(Shopping().fake), "user") as client:
            await client.press("i")
            await assert_goldens(client, "inbox-error")

    asyncio.run(scenario())


def test_preferences_are_saved_and_a_refusal_stands_beside_its_field() -> None:
    async def scenario() -> None:
        state = shopping()
        async with running(state.fake, "user") as client:
            await client.press("5")
            await assert_goldens(client, "account-full")
            await client.press("j", "enter", "ctrl+s")
            assert "`phone` is needed for messages by SMS" in client.text
            await client.press("j", "enter")
            await client.type("+15550199")
            await client.press("enter", "ctrl+s")
            assert "this number takes no messages" in client.text
            await assert_goldens(client, "account-refused")
            await client.press("enter")
            await client.type("+15550100")
            await client.press("enter", "ctrl+s")
            assert (state.preferences.phone, state.preferences.delivery) == ("+15550100", ["email", "sms"])
            assert "Not saved" not in client.text

    asyncio.run(scenario())


@pytest.mark.slow
def test_a_guest_has_no_account_yet() -> None:
    async def scenario() -> None:
        async with running(Shopping().fake) as client:
            await client.press("3")
            await assert_goldens(client, "account-guest")

    asyncio.run(scenario())
