"""The document of the broker names what it serves."""

from __future__ import annotations

import asyncio
from pathlib import Path

from services_stub.infra.kafka.broker.broker import Broker
from services_stub.infra.kafka.broker.definitions import definitions
from tests.folders import new_folder

DOCUMENT = Path(__file__).parents[4] / "docs/embedded-broker.md"


async def served() -> list[str]:
    broker = Broker(new_folder(), {("127.0.0.1", 0): 0}, "secret")
    rows = [
        f"| {key} | {definitions()['request', key].name} | {first}–{last} |"
        for key, (first, last) in broker.server.versions.items()
    ]
    await broker.close()
    return rows


def test_its_table_has_every_request_and_its_versions() -> None:
    rows = [
        line
        for line in DOCUMENT.read_text(encoding="utf-8").splitlines()
        if line.startswith("| ") and line[2].isdigit()
    ]
    assert rows == asyncio.run(served())
