"""`make pictures`: the screens of the client as SVG, for the README and the docs, from the data of the tests."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import msgspec
from msgspec.structs import replace

from marketplace_tui.model.trace import reader
from marketplace_tui.screens.trace import opening
from services_stub.client.control import ControlClient
from services_stub.contracts.control import State
from services_stub.contracts.control_faults import DeclinedPayments
from services_stub.contracts.encoding import encode_json
from services_stub.contracts.events import HopsReported
from services_stub.contracts.http.auth import Role
from services_stub.contracts.times import from_microseconds
from services_stub.contracts.topics import TRACE_HOPS
from simulator.trace import TracedRecord
from simulator.trace.expected import CONSUMERS
from tests.tui.admin.data import STATE
from tests.tui.admin.fakes import AdminMarketplace, FakeControl
from tests.tui.fake_marketplace import FakeMarketplace
from tests.tui.running import RunningClient, running
from tests.tui.seller.data import mara, market_of
from tests.tui.test_orders import open_order, shopping
from tests.tui.trace.data import Topics, until_shown
from tests.unit.simulator.purchase import purchase
from tests.unit.simulator.records import ORDER, START

_FONT_FACE = re.compile(r"@font-face\s*\{[^}]*\}", re.DOTALL)
"""Rich's SVG would load its font from another host."""

SIZE = (100, 30)

Play = Callable[[RunningClient], Awaitable[None]]


@dataclass(frozen=True)
class Picture:
    """One screen: its name, the role, and the way there: keys, or a function."""

    name: str
    role: Role
    keys: Sequence[str] = ()
    play: Play | None = None


async def _order(client: RunningClient) -> None:
    await open_order(client, 3)


SHOP = (
    Picture("storefront", "user", ("a", "a", "j", "a", "slash", *"bowl")),
    Picture("palette", "user", ("ctrl+p", *"cart")),
    Picture("help", "user", ("question_mark",)),
    Picture("cart", "user", ("a", "a", "j", "a", "c")),
    Picture("orders", "user", ("o",)),
    Picture("order", "user", play=_order),
)
SELLER = (Picture("sales", "seller"), Picture("products", "seller", ("2",)))
ADMIN = (
    Picture("overview", "admin"),
    Picture("services", "admin", ("6",)),
    Picture("dead-letters", "admin", ("7",)),
    Picture("faults", "admin", ("8",)),
)


async def _trace(client: RunningClient) -> None:
    client.app.open_trace(ORDER)
    await until_shown(client, "all handled in")
    await client.press("j", "j", "j", "j")


async def _topology(client: RunningClient) -> None:
    client.app.marketplace.now = lambda: from_microseconds(START) + timedelta(seconds=_SECONDS)
    await client.press("0", "m")
    await until_shown(client, "records of")
    await client.press("f5")
    await until_shown(client, "1,234 ▲")
    await client.press("j", "j", "j", "j")


TRACE = (Picture("trace", "admin", play=_trace), Picture("topology", "admin", play=_topology))

_SECONDS = 55


def traffic() -> list[TracedRecord]:
    """The purchase again and again, ever more often, for not quite a minute."""
    moments = [number**0.5 * _SECONDS / 20 for number in range(400)]
    return [_later(record, round(moment * 1_000_000)) for moment in moments for record in purchase()]


def _later(record: TracedRecord, by: int) -> TracedRecord:
    value = record.value
    if record.topic == TRACE_HOPS:
        report = msgspec.json.decode(value or b"", type=HopsReported)
        hops = [replace(hop, handled_at=hop.handled_at + by) for hop in report.hops]
        value = encode_json(replace(report, hops=hops))
    return replace(record, written_at=record.written_at + by, value=value)


async def draw(directory: Path) -> None:
    """Draw all of them into a directory."""
    control = FakeControl()
    control.apply(DeclinedPayments(rate=0.5))
    for picture in SHOP:
        await _draw(directory, picture, shopping().fake)
    for picture in SELLER:
        await _draw(directory, picture, market_of(mara()))
    for picture in ADMIN:
        await _draw(directory, picture, AdminMarketplace().fake, STATE, lambda: control)
    none = {(group, topic): 0 for topic, groups in CONSUMERS.items() for group in groups}
    lag = [none, none | {("payment", "order-created"): 1234, ("order", "payment-success"): 4}]
    with (
        patch.object(reader, "source_of", side_effect=[Topics(each).open() for each in (purchase(), [], traffic())]),
        patch.object(opening, "lag_of", side_effect=[*lag, *lag[1:] * 100]),
    ):
        for picture in TRACE:
            await _draw(directory, picture, AdminMarketplace().fake, STATE, lambda: control)


async def _draw(
    directory: Path,
    picture: Picture,
    fake: FakeMarketplace,
    state: State | None = None,
    connect: Callable[[], ControlClient] | None = None,
) -> None:
    async with running(fake, picture.role, size=SIZE, state=state, connect=connect) as client:
        await client.press(*picture.keys)
        if picture.play is not None:
            await picture.play(client)
        await client.settle()
        drawn = _FONT_FACE.sub("", client.app.export_screenshot(title="Marketplace"))
    # The ids in it are of a hash of its content, and so the same where it is the same.
    (directory / f"{picture.name}.svg").write_text(drawn, encoding="utf-8")


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    asyncio.run(draw(target))
