"""The client in a browser: its page needs no other host, and pages of others cannot reach it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer

import marketplace_tui.web
from marketplace_tui.web.server import _Server

PORT = 8000
OWN = f"127.0.0.1:{PORT}"


async def status_of(path: str, headers: Mapping[str, str]) -> int:
    app = await _Server(["true"], PORT)._make_app()
    app.on_startup.clear()
    async with TestClient(TestServer(app)) as client, client.get(path, headers=headers) as answer:
        return answer.status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": OWN}, 200),
        ({"Host": f"localhost:{PORT}", "Origin": f"http://localhost:{PORT}"}, 200),
        ({"Host": "shop.example"}, 403),
        ({"Host": OWN, "Origin": "https://shop.example"}, 403),
        ({"Host": OWN, "Origin": "null"}, 403),
        ({"Host": "127.0.0.1:1"}, 403),
    ],
)
def test_only_its_own_page_may_use_it(headers: dict[str, str], status: int) -> None:
    assert asyncio.run(status_of("/", headers)) == status


def test_a_page_of_others_cannot_open_the_terminal() -> None:
    assert asyncio.run(status_of("/ws", {"Host": OWN, "Origin": "https://shop.example"})) == 403


def test_the_page_loads_nothing_from_another_host() -> None:
    page = (Path(marketplace_tui.web.__file__).parent / "app_index.html").read_text(encoding="utf-8")
    assert re.findall(r'(?:src|href)="(?:https?:)?//', page) == []
