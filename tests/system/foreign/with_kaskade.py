"""kaskade as a command: `list|create|configure|consume|lag ADDRESS TOPIC GROUP`, by the keys of its screens.

It is a browser: what it reads is never committed, and each of its groups is meant for itself alone.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable

from kaskade.admin import KaskadeAdmin
from kaskade.consumer import KaskadeConsumer
from kaskade.deserializers import Deserialization
from textual.pilot import Pilot
from textual.widgets import DataTable, Input

_, ability, address, topic, _ = sys.argv
SERVER = {"bootstrap.servers": address}
RETENTION = "3600000"
LAG = 7
"""The column of the lag of all groups of a topic."""


def rows(table: DataTable[object]) -> list[list[str]]:
    """All that a table shows."""
    return [[str(cell) for cell in table.get_row(key)] for key in table.rows]


async def until(pilot: Pilot[None], holds: Callable[[], object]) -> None:
    """Let the screen go on until it shows something."""
    while not holds():
        await pilot.pause(0.05)


async def fill(pilot: Pilot[None], field: str, text: str) -> None:
    """Type a text into a field of a form, in place of what is there."""
    await until(pilot, lambda: pilot.app.screen.query(field))
    pilot.app.screen.query_one(field, Input).focus()
    await pilot.press("end", "ctrl+u", *text)


async def admin() -> None:
    """List, create, configure or say the lag."""
    async with KaskadeAdmin(SERVER, refresh_interval=0).run_test(size=(200, 60)) as pilot:
        table = pilot.app.query_one("#topics-table", DataTable)
        await until(pilot, lambda: not table.loading and not pilot.app.workers)
        table.focus()
        if ability == "create":
            await pilot.press("n")
            await fill(pilot, "#name", topic)
            await fill(pilot, "#partitions", "2")
            await pilot.press("ctrl+s")
        else:
            table.move_cursor(row=[row[0] for row in rows(table)].index(topic))
        if ability == "configure":
            await pilot.press("e")
            await fill(pilot, "#retention", RETENTION)
            await pilot.press("ctrl+s")
        await until(pilot, lambda: len(pilot.app.screen_stack) == 1)
        await pilot.pause()
        await until(pilot, lambda: not pilot.app.workers and any(row[0] == topic for row in rows(table)))
        row = next(row for row in rows(table) if row[0] == topic)
        print(row[LAG].lstrip("≈") if ability == "lag" else row[0])


async def consume() -> None:
    """Print all values, and end where the next look finds no more."""
    place = {"auto.offset.reset": "earliest"}
    app = KaskadeConsumer(topic, SERVER | place, {}, {}, {}, Deserialization.BYTES, Deserialization.STRING)
    said = 0
    async with app.run_test(size=(200, 60)) as pilot:
        while True:
            await until(pilot, lambda: not pilot.app.workers)
            found = rows(app.query_one("#records-table", DataTable))
            if said == len(found) > 0:
                break
            said = len(found)
            await pilot.press("n")
    print(*[row[1] for row in found])


asyncio.run(consume() if ability == "consume" else admin())
