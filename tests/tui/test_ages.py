"""A service away while the gateway answers: every screen says how old it is, why, and which key tries again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Set
from typing import Any

import pytest

from marketplace_tui.actions.places import SECTIONS
from marketplace_tui.model.connection import Connection
from marketplace_tui.model.resource import Resource
from marketplace_tui.model.tasks import Tasks
from marketplace_tui.screens.shop.checkout import CheckoutScreen
from services_stub.client.errors import MarketplaceError, OutcomeUnknown, TryLater, Unreachable
from services_stub.contracts.http.auth import Role
from services_stub.contracts.problem import problem
from tests.tui.admin.data import STATE
from tests.tui.admin.fakes import AdminMarketplace, FakeControl
from tests.tui.fake_marketplace import FakeMarketplace, Refused
from tests.tui.running import Clock, RunningClient, assert_golden, running
from tests.tui.seller.data import mara, market_of
from tests.tui.test_orders import order_id, shopping

AWAY = problem(503, "service-away", "the service is away for the moment: nothing was done, try again")
EVERYTHING = ("GET", "/.+")

Open = Callable[[RunningClient], Any]


def no_longer_answer(fake: FakeMarketplace) -> None:
    """The gateway says of every service that it is away."""

    def refuse(_request: object, _match: object) -> None:
        raise Refused(AWAY)

    fake.on(*EVERYTHING, refuse)


def section(place: str) -> Open:
    return lambda client: client.app.go_to(place)


SCREENS: dict[Role, dict[str, Open]] = {
    "user": {
        **{place: section(place) for place in SECTIONS["user"]},
        "product": lambda client: client.app.open_product("p-1"),
        "order": lambda client: client.app.open_order(order_id(2)),
        "checkout": lambda client: client.app.push_screen(CheckoutScreen(client.app.marketplace)),
    },
    "seller": {place: section(place) for place in SECTIONS["seller"] if place != "account"},
    "admin": {place: section(place) for place in SECTIONS["admin"] if place not in ("account", "events")},
}
"""Every screen that shows something of the marketplace."""

FAKES: dict[Role, Callable[[], FakeMarketplace]] = {
    "user": lambda: shopping().fake,
    "seller": lambda: market_of(mara()),
    "admin": lambda: AdminMarketplace().fake,
}


FIRST = {"storefront", "sales", "overview"}


@pytest.mark.parametrize("role", SCREENS)
def test_the_first_screens_say_how_old_they_are_while_a_service_is_away(role: Role) -> None:
    say_their_age(role, FIRST)


@pytest.mark.slow
@pytest.mark.parametrize("role", SCREENS)
def test_every_screen_says_how_old_it_is_while_a_service_is_away(role: Role) -> None:
    say_their_age(role, SCREENS[role].keys())


def say_their_age(role: Role, places: Set[str]) -> None:
    control = FakeControl()

    async def scenario() -> None:
        fake = FAKES[role]()
        state = STATE if role == "admin" else None
        async with running(fake, role, state=state, connect=lambda: control) as client:
            for place in (one for one in SCREENS[role] if one in places):
                SCREENS[role][place](client)
                await client.settle()
                fresh = client.text
                assert "as it was" not in fresh, place
                no_longer_answer(fake)
                control.away = True
                client.clock.seconds += 12
                await client.press("f5")
                text = client.text
                assert "⚠ as it was 12 s ago: " in text, f"{place}\n{text}"
                assert "f5 tries again" in text, f"{place}\n{text}"
                assert "offline" not in text, f"{place}\n{text}"
                if place in FIRST:
                    assert_golden(text, f"old-{place}-80x24")
                del fake.answers[EVERYTHING]
                control.away = False
                await client.press("f5")
                assert "as it was" not in client.text, place

    asyncio.run(scenario())


def test_what_is_long_awaited_stands_in_the_title_with_its_age() -> None:
    async def scenario() -> None:
        fake = shopping().fake
        async with running(fake, "user") as client:
            fake.held = asyncio.Event()
            client.clock.seconds += 5
            await client.pilot.press("f5")
            client.clock.seconds += 0.9
            client.app.screen.keys_changed()  # type: ignore[attr-defined]  # as the screen does every second
            await client.pilot.pause()
            assert "loading" not in client.text
            client.clock.seconds += 0.1
            client.app.screen.keys_changed()  # type: ignore[attr-defined]
            await client.pilot.pause()
            text = client.text
            assert "loading… 6 s old" in text.splitlines()[0]
            assert "Stoneware bowl" in text
            fake.held.set()
            await client.settle()
            assert "loading" not in client.text

    asyncio.run(scenario())


def test_each_answer_is_shown_even_where_the_next_one_is_asked_for_at_once() -> None:
    """Events that come faster than answers must not keep a screen from showing any of them."""

    async def scenario() -> None:
        tasks, shown = Tasks(_fail), list[int | None]()
        numbers = iter(range(1, 100))

        async def load() -> int:
            number = next(numbers)
            if number < 4:
                resource.refresh()
            return number

        resource: Resource[int] = Resource(load, tasks, Clock())
        resource.watch(lambda: shown.append(resource.value))
        resource.refresh()
        await tasks.idle()
        assert shown == [None, 1, 2, 3, 4]

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("error", "others_answered", "offline"),
    [
        (Unreachable("refused"), False, True),
        (OutcomeUnknown("no answer in time"), False, True),
        (OutcomeUnknown("no answer in time"), True, False),
        (OutcomeUnknown("the service did not answer in time", by_gateway=True), False, False),
        (TryLater(AWAY), False, False),
    ],
)
def test_offline_is_where_the_gateway_does_not_answer(
    error: MarketplaceError, others_answered: bool, offline: bool
) -> None:
    async def scenario() -> None:
        clock = Clock()
        connection = Connection(FakeMarketplace().client("user"), clock)

        async def answer() -> None:
            clock.seconds += 10

        async def fail() -> None:
            if others_answered:
                await connection.ask(answer())
            clock.seconds += 1
            raise error

        with pytest.raises(type(error)):
            await connection.ask(fail())
        assert connection.offline_since == (1000.0 if offline else None)

    asyncio.run(scenario())


def _fail(error: BaseException) -> None:
    raise error
