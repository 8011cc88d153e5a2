"""Every screen of every role, and every dialog with texts of others, looked at in one go."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import msgspec

from marketplace_tui.actions.places import SECTIONS
from marketplace_tui.actions.state import AccountRole
from marketplace_tui.model.admin import simulation
from marketplace_tui.model.tour import Told
from marketplace_tui.screens.admin import simulation as simulation_screen
from marketplace_tui.screens.base import ClientScreen
from marketplace_tui.screens.everywhere.tour import TourScreen
from marketplace_tui.screens.shop.order import OrderScreen
from marketplace_tui.widgets.entry import Entry
from services_stub.contracts.control import ActiveFault, DevelopmentUser, State, Status
from services_stub.contracts.control_faults import DuplicatedRecords
from services_stub.contracts.encoding import encode_json
from services_stub.contracts.http.cart import Cart
from services_stub.contracts.problem import FieldError, problem
from simulator.history import Target
from simulator.trace import Flow, flow_of
from simulator.trace.contents import content_of
from tests.tui.admin.data import STATE
from tests.tui.admin.fakes import AdminMarketplace, FakeControl
from tests.tui.admin.runs import beginning, ended, load, stored
from tests.tui.data import PRODUCTS, found, search_page
from tests.tui.fake_marketplace import FakeMarketplace, Refused, page_of
from tests.tui.hostile import TextOf, assert_intact, rewritten, spread
from tests.tui.running import LARGE, SMALL, RunningClient, running
from tests.tui.seller.data import mara, market_of
from tests.tui.test_orders import shopping
from tests.unit.simulator.purchase import purchase
from tests.unit.simulator.records import ORDER

Play = Callable[[RunningClient, TextOf], Awaitable[None]]


@dataclass(frozen=True)
class Visit:
    """A screen or dialog: the keys that lead to it from anywhere, and what is done there first."""

    name: str
    keys: Sequence[str]
    play: Play | None = None


async def fill(client: RunningClient, text_of: TextOf) -> None:
    """Write into every field, as pasting does."""
    for number, field in enumerate(client.app.screen.query(Entry)):
        field.value = text_of(f"typed {number}")


async def refuse(client: RunningClient, text_of: TextOf) -> None:
    """Fill a form in, and have it refused."""
    names = ("email", "name", "category", "description", "reason", "lowStockThreshold", "perSecond", "phone")
    errors = [FieldError(field=name, message=name) for name in names]

    def answer(_request: object, _match: object) -> None:
        raise Refused(problem(400, "invalid-input", "no", errors=errors))

    for method in ("POST", "PUT", "PATCH"):
        client.fake.on(method, ".*", answer)
    await client.press("ctrl+s")


async def show_events(client: RunningClient, text_of: TextOf) -> None:
    """Show an order by its events, as they are read from the topics."""
    screen = client.app.screen
    assert isinstance(screen, OrderScreen)
    screen.model.flow, screen.model.unread = _flow(text_of), text_of("unread")
    screen.model.changed()
    await client.settle()
    await client.press("j", "enter")


async def tell(client: RunningClient, text_of: TextOf) -> None:
    """Show the outcome of a step of the tour."""
    screen = client.app.screen
    assert isinstance(screen, TourScreen)
    screen.model.told = Told((text_of("told"), text_of("told, too")), ORDER)
    screen.model.flow, screen.model.problem = _flow(text_of), text_of("problem")
    screen.model.changed()


async def show_the_run_before(client: RunningClient, text_of: TextOf) -> None:
    """Show a run that has ended, of another marketplace."""
    screen = client.app.screen
    assert isinstance(screen, simulation_screen.SimulationScreen)
    screen.model.choose("1")
    await client.settle()
    assert screen.model.run.ended is not None


def _store_runs(runs: Path, text_of: TextOf) -> None:
    elsewhere = Target(gateway=text_of("gateway"), bootstrap_servers="", data_dir=text_of("elsewhere") or "/elsewhere")
    stored(runs, "1", [*beginning("1", text_of), *load(37, text_of), ended(text_of("pass"), 0, text_of)], elsewhere)
    here = Target(gateway=STATE.gateway, bootstrap_servers="")
    stored(runs, "2", [*beginning("2", text_of), *load(35, text_of)], here)


def _flow(text_of: TextOf) -> Flow:
    flow = flow_of(ORDER, purchase())
    events = [
        msgspec.structs.replace(
            event,
            value=encode_json(rewritten(content_of(event), text_of)),
            consumers=rewritten(event.consumers, text_of),
            envelope=msgspec.structs.replace(event.envelope, source=text_of("source")),
        )
        for event in flow.events
    ]
    return msgspec.structs.replace(flow, events=tuple(events))


SHOPPER = (
    Visit("storefront", ("1",)),
    Visit("search", ("1", "slash"), fill),
    Visit("grid", ("1", "v")),
    Visit("filter", ("1", "f")),
    Visit("filtered", ("1", "f", "down", "enter")),
    Visit("product", ("1", "enter")),
    Visit("cart", ("c",)),
    Visit("copy as", ("c", "Y")),
    Visit("checkout", ("c", "b")),
    Visit("orders", ("o",)),
    Visit("order of one seller", ("o", "j", "enter")),
    Visit("order of two sellers", ("o", "j", "j", "enter")),
    Visit("events", ("o", "enter"), show_events),
    Visit("inbox", ("i",)),
    Visit("account", ("5",)),
    Visit("palette", ("ctrl+p", "s", "t")),
    Visit("palette, filled", ("ctrl+p",), fill),
    Visit("cancel, refused", ("o", "x"), refuse),
    Visit("account, refused", ("5", "space"), refuse),
    Visit("not ordered", ("c", "b", "b"), refuse),
)
GUEST = (
    Visit("product", ("1", "enter")),
    Visit("sign in", ("L",)),
    Visit("sign in, refused", ("L", "enter"), refuse),
)
SELLER = (
    Visit("sales", ("1",)),
    Visit("products", ("2",)),
    Visit("search", ("2", "slash"), fill),
    Visit("edit", ("2", "e")),
    Visit("delete", ("2", "x")),
    Visit("preview of prices", ("2", "percent_sign", "5", "enter")),
    Visit("preview of stock", ("2", "a", "5", "enter")),
    Visit("orders", ("3",)),
    Visit("order", ("3", "enter")),
    Visit("notices", ("4",)),
    Visit("copy as", ("2", "Y")),
    Visit("palette", ("ctrl+p", "s", "t")),
    Visit("edit, refused", ("2", "e"), refuse),
)
ADMIN = (
    Visit("overview", ("1",)),
    Visit("users", ("2",)),
    Visit("search", ("2", "slash"), fill),
    Visit("user", ("2", "enter")),
    Visit("products", ("3",)),
    Visit("product", ("3", "enter")),
    Visit("block a product", ("3", "b")),
    Visit("orders", ("4",)),
    Visit("part", ("4", "r")),
    Visit("payments", ("5",)),
    Visit("services", ("6", "j", "j")),
    Visit("service", ("6", "j", "enter")),
    Visit("dead letters", ("7",)),
    Visit("dead letter", ("7", "enter")),
    Visit("filter", ("7", "f")),
    Visit("faults", ("8",)),
    Visit("fault", ("8", "a")),
    Visit("palette", ("ctrl+p", "s", "t")),
    Visit("tour", ("f3",), tell),
    Visit("simulation", ("f4",)),
    Visit("run that has ended", ("f4",), show_the_run_before),
    Visit("runs", ("f4", "r")),
    Visit("line of a run", ("f4", "home", "enter")),
    Visit("block, refused", ("2", "j", "b"), refuse),
    Visit("send again, refused", ("7", "r"), refuse),
)
VISITS: dict[AccountRole, tuple[Visit, ...]] = {"guest": GUEST, "user": SHOPPER, "seller": SELLER, "admin": ADMIN}


class Control(FakeControl):
    """A control API with one fault in force, whose texts are replaced."""

    def __init__(self, text_of: TextOf) -> None:
        super().__init__()
        self._text_of = text_of
        fault = DuplicatedRecords(topic=text_of("order-created"), rate=0.5)
        self.active = {"one": ActiveFault(id=text_of("duplicated-records"), fault=fault)}

    def status(self) -> Status:
        """The processes."""
        status: Status = rewritten(super().status(), self._text_of)
        return status


def _marketplace(role: AccountRole) -> FakeMarketplace:
    if role == "admin":
        return AdminMarketplace().fake
    if role == "seller":
        seller = mara()
        fake = market_of(seller)
        # Whatever is searched for: it is another text than any product has.
        fake.on("GET", "/product-service/api/seller/products", lambda *_: page_of([*seller.products.values()]))
        return fake
    state = shopping()
    state.cart.quantities |= {"p-1": 2, "p-2": 1}

    def cart(_request: object, _match: object) -> Cart:
        before = state.cart.cart()
        changed = [
            msgspec.structs.replace(line, changes=["name"], added_name=f"{line.name} as it was")
            for line in before.lines
        ]
        return msgspec.structs.replace(before, lines=changed)

    state.fake.on("GET", "/cart-service/api/cart/public", cart)
    state.fake.on("GET", "/search-service/api/search", search_page(found(PRODUCTS, "o")))
    return state.fake


async def walk(role: AccountRole, texts: Sequence[str]) -> None:
    """Look at every screen of a role and every dialog that has texts of others; all of it is intact."""
    text_of = spread(texts)
    async with marketplace_of(role, text_of) as client:
        for visit in VISITS[role]:
            await client.press("escape", "escape", *visit.keys)
            if visit.play is not None:
                await visit.play(client, text_of)
            await look(client, visit.name)
        client.fake.on("GET", ".*", _break)
        for number, section in enumerate(SECTIONS[role], 1):
            await client.press("escape", "escape", str(number))
            _look(client, f"{section}, away")


@asynccontextmanager
async def marketplace_of(role: AccountRole, text_of: TextOf) -> AsyncIterator[RunningClient]:
    """The client of a role, whose marketplace answers with these texts."""
    fake, control = _marketplace(role), Control(text_of)
    fake.rewrite = lambda body: rewritten(body, text_of)
    state = _state(text_of) if role in ("guest", "admin") else None
    account = None if role == "guest" else role
    with (
        TemporaryDirectory() as home,
        patch.object(simulation_screen, "state_directory", lambda: Path(home)),
        patch.object(simulation, "is_carried_out", lambda _begun: True),
    ):
        _store_runs(Path(home) / "runs", text_of)
        async with running(fake, account, size=LARGE, state=state, connect=lambda: control) as client:
            yield client


async def look(client: RunningClient, name: str) -> None:
    """Look at what is on the terminal; at a screen in both sizes, at a dialog in that of the terminal now."""
    _look(client, name)
    if isinstance(client.app.screen, ClientScreen):
        await client.resize(LARGE if client.app.size.width == SMALL[0] else SMALL)
        _look(client, name)


def _look(client: RunningClient, name: str) -> None:
    try:
        assert_intact(client)
    except AssertionError as error:
        raise AssertionError(f"{name}, {client.app.size}: {error}\n{client.text}") from error


def _break(_request: object, _match: object) -> Any:
    raise Refused(problem(500, "internal", "a bug"))


def _state(text_of: TextOf) -> State:
    users = [DevelopmentUser(role="user", email="one@example.org", password="none")]
    state: State = rewritten(msgspec.structs.replace(STATE, users=users), text_of)
    return state
