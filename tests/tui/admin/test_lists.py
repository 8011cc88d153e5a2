"""The admin's lists as they are used: searched, filtered, blocked and unblocked, sent again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import msgspec
import pytest

from marketplace_tui.actions.places import SECTIONS
from marketplace_tui.screens.shop.order import OrderScreen
from services_stub.contracts.events import OrderUpdated
from services_stub.contracts.events.order import OrderStatus
from tests.tui.admin.data import ORDERS, PRODUCTS
from tests.tui.admin.fakes import AdminMarketplace
from tests.tui.running import LARGE, SMALL, RunningClient, running
from tests.waiting import eventually_true

Play = Callable[[RunningClient], Awaitable[None]]


def on(screen: str, admin: AdminMarketplace, play: Play, *, size: tuple[int, int] = LARGE) -> None:
    """Do something on a screen."""

    async def scenario() -> None:
        async with running(admin.fake, "admin", size=size) as client:
            await client.press(str(SECTIONS["admin"].index(screen) + 1))
            await play(client)

    asyncio.run(scenario())


def row_of(client: RunningClient, words: str) -> str:
    """The line of the table with these words."""
    return next(line for line in client.text.splitlines() if words in line)


def test_a_seller_is_blocked_with_a_reason_and_what_it_did_is_said() -> None:
    admin = AdminMarketplace()

    async def play(client: RunningClient) -> None:
        await client.press("j", "b")
        assert "Block Mara's pots" in client.text
        await client.type("xy")
        await client.press("enter")
        text = client.text
        assert "Mara's pots is blocked, 7 orders cancelled; not reached yet: order" in text
        assert "Blocked because: xy" in text
        assert "… and 2 further ones" in text
        assert "⊘ blocked" in row_of(client, "Mara's pots")
        await client.press("b")
        await client.type("ok")
        await client.press("enter")
        assert "⊘ blocked" not in row_of(client, "Mara's pots")

    on("users", admin, play)
    assert admin.reasons == ["xy", "ok"]


def test_a_refused_block_keeps_what_was_typed() -> None:
    async def play(client: RunningClient) -> None:
        await client.press("j", "b")
        await client.type("bad")
        await client.press("enter")
        assert "that is no reason" in client.text
        assert "bad" in row_of(client, "bad")
        await client.press("escape")
        assert "⊘ blocked" not in row_of(client, "Mara's pots")

    on("users", AdminMarketplace(), play)


def test_only_sellers_are_blocked() -> None:
    async def play(client: RunningClient) -> None:
        await client.press("b")
        assert "Only sellers can be blocked." in client.text

    on("users", AdminMarketplace(), play)


def test_accounts_are_searched_filtered_and_opened() -> None:
    async def play(client: RunningClient) -> None:
        await client.press("slash")
        await client.type("mara")
        assert "Ana" not in client.text
        await client.press("enter", "enter")
        assert "esc close" in client.text
        await client.press("escape", "escape")
        await client.press("f")
        await client.type("shop")
        await client.press("enter")
        assert "shoppers" in client.text
        assert "Mara" not in client.text
        await client.press("escape")
        assert "all accounts" in client.text
        assert "Mara" in client.text

    on("users", AdminMarketplace(), play)


def test_the_palette_opens_an_account() -> None:
    async def play(client: RunningClient) -> None:
        client.app.open_user("mara")
        await client.settle()
        assert "Marketplace › Users" in client.text
        assert "Ana" not in client.text

    on("payments", AdminMarketplace(), play)


def test_the_palette_finds_new_orders_by_a_part_of_their_ids_and_old_ones_by_the_whole() -> None:
    old = msgspec.structs.replace(ORDERS[0], order_id="01a218d5-50ac-773f-8a7e-0123456789ab")
    admin = AdminMarketplace()
    admin.fake.on("GET", f"/order-service/api/orders/{old.order_id}", old)

    async def play(client: RunningClient) -> None:
        await client.press("ctrl+p")
        await client.type("o-2")
        assert [one for one in client.text.splitlines() if " o-2 " in one and "USD" in one]
        await client.press("ctrl+u")
        await client.type(old.order_id)
        await eventually_true(lambda: "…456789ab" in client.text)
        await client.press("enter")
        assert isinstance(client.app.screen, OrderScreen)

    on("payments", admin, play)


def test_a_product_is_found_blocked_and_unblocked() -> None:
    admin = AdminMarketplace()

    async def play(client: RunningClient) -> None:
        await client.press("slash")
        await client.type("st")
        await client.press("enter", "b")
        await client.type("xy")
        await client.press("enter")
        assert "Stoneware bowl is blocked." in client.text
        assert "⊘ BLOCKED" in row_of(client, "18.50")
        await client.press("b", "enter")
        assert "● ACTIVE" in row_of(client, "18.50")
        await client.press("escape", "f")
        await client.type("dis")
        await client.press("enter")
        assert "Watch" in client.text
        assert "18.50" not in client.text

    on("catalogue", admin, play)
    assert admin.reasons == ["xy", ""]


def test_steps_with_an_order_ask_for_part_and_reason() -> None:
    admin = AdminMarketplace()

    async def play(client: RunningClient) -> None:
        await client.press("x")
        assert "Cancel the part of which seller?" in client.text
        await client.press("down", "enter")
        await client.type("xy")
        await client.press("enter")
        assert "o-1 ⊘ CANCELLED: Cancelled" in client.text
        await client.press("r", "enter")
        await client.press("enter")
        await client.press("s", "enter")
        await client.press("j", "j", "d")
        await client.press("d")

    on("all-orders", admin, play)
    assert admin.reasons == ["cancel s-0 xy", "refund", "ship s-0", "deliver", "deliver"]


@pytest.mark.parametrize("screen", ["all-orders", "payments"])
def test_orders_and_payments_are_filtered_and_open_the_order(screen: str) -> None:
    opened: list[str] = []

    async def play(client: RunningClient) -> None:
        client.app.open_order = opened.append  # type: ignore[method-assign, assignment]
        await client.press("f")
        await client.type("failed")
        await client.press("enter")
        assert "o-1" not in client.text
        await client.press("enter")

    on(screen, AdminMarketplace(), play)
    assert opened == ["o-4"]


def test_a_list_is_read_again_after_events_that_concern_it() -> None:
    admin = AdminMarketplace()

    async def play(client: RunningClient) -> None:
        event = OrderUpdated(
            order_id="o-1",
            user_id="u-ana",
            status=OrderStatus.SHIPPED,
            previous_status=OrderStatus.PAID,
            reason="shipped",
            amount=ORDERS[0].amount,
            items=[],
        )
        admin.orders[0] = msgspec.structs.replace(ORDERS[0], status=OrderStatus.SHIPPED)
        screen = client.app.screen
        screen.on_events([event], False)  # type: ignore[attr-defined]
        screen.refresh_if_changed()  # type: ignore[attr-defined]
        await client.settle()
        assert "✈ SHIPPED" in row_of(client, "o-1")

    on("all-orders", admin, play)


def test_dead_letters_are_marked_and_sent_again_or_discarded() -> None:
    admin = AdminMarketplace()

    async def play(client: RunningClient) -> None:
        await client.press("enter")
        assert '{"orderId": "o-1", [broken' in client.text
        assert "ce_id: e-1" in client.text
        await client.press("escape", "space", "j", "space", "r")
        assert "Send 2 dead letters again" in client.text
        await client.press("ctrl+u")
        await client.type("x")
        await client.press("ctrl+s")
        assert "a whole number" in client.text
        await client.press("ctrl+u")
        await client.type("50")
        await client.press("enter")
        await client.type("xy")
        await client.press("enter")
        assert "1 dead letter sent again; not done: 1 incomplete." in client.text
        await client.press("x")
        await client.type("xy")
        await client.press("enter")
        assert "1 dead letter discarded" in client.text

    on("dead-letters", admin, play)
    assert admin.reasons[0] == "send-again 2 xy"
    assert admin.reasons[1].startswith("discard 1 xy")


def test_dead_letters_are_filtered_by_topic_group_and_state() -> None:
    async def play(client: RunningClient) -> None:
        await client.press("f")
        await client.type("failed")
        await client.press("enter")
        assert "order-created" not in client.text
        await client.press("escape", "f")
        await client.type("disc")
        await client.press("enter")
        assert "No such dead letters." in client.text

    on("dead-letters", AdminMarketplace(), play)


HOSTILE = "[bold]\x1b[31mred\x07\u202e" + "é\u0301" * 40 + "👩‍🚀" * 50 + "x" * 3000


def test_text_of_others_never_breaks_the_layout() -> None:
    admin = AdminMarketplace()
    admin.products[:] = [msgspec.structs.replace(PRODUCTS[0], name=HOSTILE, category=HOSTILE, description=HOSTILE)]
    admin.users[:] = [msgspec.structs.replace(admin.users[1], name=HOSTILE, email=HOSTILE)]
    admin.dead_letters[:] = [msgspec.structs.replace(one, error=HOSTILE, key=HOSTILE) for one in admin.dead_letters]

    async def play(client: RunningClient) -> None:
        for screen in ("users", "catalogue", "dead-letters"):
            await client.press(str(SECTIONS["admin"].index(screen) + 1), "enter")
            text = client.text
            assert "\x1b" not in text
            assert "\u202e" not in text
            assert "[bold]" in text
            await client.press("escape")
            assert client.text.splitlines()[-1].strip().endswith("? help")

    on("users", admin, play, size=SMALL)
