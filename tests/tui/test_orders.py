"""The orders and the order page, of each role, as they look and as they are used."""

from __future__ import annotations

import asyncio

import pytest

from marketplace_tui.actions.places import SECTIONS
from marketplace_tui.screens.sections import SCREENS
from marketplace_tui.screens.shop.order import OrderScreen
from services_stub.contracts.events.order import OrderStatus
from services_stub.contracts.http.auth import Role
from services_stub.contracts.http.payment import PaymentStatus
from simulator.trace import flow_of
from tests.tui.running import SMALL, RunningClient, assert_golden, assert_goldens, running
from tests.tui.shopping import Shopping, away
from tests.tui.test_checkout import until_text
from tests.tui.values import message, order, payment
from tests.unit.simulator.purchase import purchase
from tests.unit.simulator.records import ORDER

S = OrderStatus


def shopping() -> Shopping:
    """Orders of every kind, with payments and messages."""
    orders = [
        order(1, S.PENDING, placed=5),
        order(2, S.PENDING, S.PAID),
        order(3, S.PENDING, S.PAID, S.SHIPPED, placed=7200, sellers=("s-mara", "s-holz")),
        order(4, S.PENDING, S.FAILED, placed=90000),
    ]
    found = Shopping(orders=orders)
    for one in orders[1:3]:
        found.payments[one.order_id] = payment(one, PaymentStatus.CHARGED)
        found.messages.append(message(1, "order-placed", "Your order was placed", about=one.order_id))
        found.messages.append(message(0, "receipt", "Your receipt: 61.00 USD", about=one.order_id))
    found.payments[orders[3].order_id] = payment(orders[3], PaymentStatus.FAILED, "card_declined")
    return found


def order_id(number: int) -> str:
    return f"00000000-0000-7000-8000-00000000000{number}"


async def open_order(client: RunningClient, number: int) -> None:
    client.app.open_order(order_id(number))
    await client.settle()


def test_the_orders_are_listed_with_their_status_and_change_by_themselves() -> None:
    async def scenario() -> None:
        state = shopping()
        async with running(state.fake, "user") as client:
            await client.press("o")
            await assert_goldens(client, "orders-full")
            state.move(order_id(1), S.PAID)
            await until_text(client, "0000001 ● PAID")

    asyncio.run(scenario())


def test_the_orders_are_filtered_by_status() -> None:
    async def scenario() -> None:
        async with running(shopping().fake, "user") as client:
            await client.press("o", "f")
            await client.type("failed")
            await client.press("enter")
            assert "✗ FAILED" in client.text
            assert "PAID" not in client.text
            await client.press("f")
            await client.type("delivered")
            await client.press("enter")
            assert "No order has this status." in client.text
            await client.press("f", "enter")
            assert "PAID" in client.text

    asyncio.run(scenario())


@pytest.mark.slow
def test_no_orders_and_none_that_can_be_read_say_the_next_step() -> None:
    async def scenario() -> None:
        async with running(Shopping().fake, "user") as client:
            await client.press("o")
            await assert_goldens(client, "orders-empty")
        async with running(away(Shopping().fake), "user") as client:
            await client.press("o")
            await assert_goldens(client, "orders-error")

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("number", "name"),
    [(1, "pending"), pytest.param(2, "paid", marks=pytest.mark.slow), (3, "parts"), (4, "failed")],
)
def test_the_order_page_looks_as_it_did(number: int, name: str) -> None:
    async def scenario() -> None:
        async with running(shopping().fake, "user") as client:
            await open_order(client, number)
            await assert_goldens(client, f"order-{name}")

    asyncio.run(scenario())


def test_the_order_page_shows_the_events_as_they_lie_in_the_topics() -> None:
    async def scenario() -> None:
        async with running(shopping().fake, "user") as client:
            await open_order(client, 2)
            screen = client.app.screen
            assert isinstance(screen, OrderScreen)
            screen.model.flow = flow_of(ORDER, purchase())
            screen.model.changed()
            await client.settle()
            await assert_goldens(client, "order-events")
            await client.press("j", "enter")
            assert "Handled by, ms later" in client.text
            screen.model.unread = "Kafka does not answer"
            screen.model.changed()
            await client.settle()
            assert "The topics cannot be read: Kafka does not answer" in client.text

    asyncio.run(scenario())


def test_the_order_page_changes_without_a_key() -> None:
    async def scenario() -> None:
        state = shopping()
        async with running(state.fake, "user") as client:
            await open_order(client, 1)
            assert "◐ PENDING" in client.text
            state.move(order_id(1), S.PAID)
            await until_text(client, "◐ PENDING → ● PAID")
            state.move(order_id(1), S.SHIPPED)
            await until_text(client, "✈ SHIPPED")

    asyncio.run(scenario())


def test_an_order_is_cancelled_with_a_reason_and_a_refusal_keeps_it() -> None:
    async def scenario() -> None:
        state = shopping()
        async with running(state.fake, "user") as client:
            await open_order(client, 2)
            await client.press("x")
            await client.type("too late")
            await client.press("enter")
            assert_golden(client.text, "order-cancel-refused-80x24")
            await client.press("home", *["delete"] * len("too late"))
            await client.type("found it cheaper")
            await client.press("enter")
            assert "⊘ CANCELLED" in client.text
            await client.press("x")
            assert "Only what is not shipped yet can be cancelled." in client.text

    asyncio.run(scenario())


def test_buying_again_fills_the_cart_once() -> None:
    async def scenario() -> None:
        state = shopping()
        async with running(state.fake, "user") as client:
            await client.press("o", "b", "b")
            assert state.cart.quantities == {"p-1": 2, "p-2": 1}
            assert "All of it is in your cart" in client.text

    asyncio.run(scenario())


CHANGES: list[tuple[Role, int, list[str], str, OrderStatus]] = [
    ("seller", 2, ["s"], "ship", S.SHIPPED),
    ("seller", 2, ["r", "enter"], "refund", S.REFUNDING),
    ("admin", 2, ["x", "enter"], "cancel", S.CANCELLED),
    ("admin", 3, ["d", "down", "enter"], "deliver", S.DELIVERED),
    ("admin", 3, ["r", "enter", "enter"], "refund", S.REFUNDING),
]


@pytest.mark.slow
@pytest.mark.parametrize(("role", "number", "keys", "route", "status"), CHANGES)
def test_sellers_and_admins_change_an_order_on_its_page(
    monkeypatch: pytest.MonkeyPatch, role: Role, number: int, keys: list[str], route: str, status: OrderStatus
) -> None:
    # The first section of the role asks for more than is answered here.
    monkeypatch.setitem(SCREENS, SECTIONS[role][0], SCREENS["account"])

    async def scenario() -> None:
        state = shopping()
        async with running(state.fake, role, size=SMALL) as client:
            await open_order(client, number)
            await client.press(*keys)
            assert ("POST", f"/order-service/api/orders/{order_id(number)}/{route}") in state.fake.requests
            assert status in client.text

    asyncio.run(scenario())


def test_an_order_that_cannot_be_read_says_the_next_step() -> None:
    async def scenario() -> None:
        state = shopping()
        async with running(state.fake, "user") as client:
            state.fake.away = True
            await open_order(client, 2)
            assert_golden(client.text, "order-error-80x24")
            state.fake.away = False
            await client.press("f5")
            assert "● PAID" in client.text

    asyncio.run(scenario())
