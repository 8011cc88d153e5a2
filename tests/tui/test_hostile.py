"""Every screen of every role shows what others write as text, and stays as it is."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine, Iterator
from contextvars import copy_context
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings

from marketplace_tui.actions.state import AccountRole
from marketplace_tui.text.lines import Span
from marketplace_tui.widgets.looks import strip_of
from tests.tui.hostile import EVERYTHING, TEXTS, rewritten, spread
from tests.tui.hostile_walks import VISITS, look, marketplace_of, walk
from tests.tui.running import RunningClient
from tests.tui.trace.hostile_topics import walk_through_a_recording, walk_through_the_trace

WALKS = int(os.environ.get("MARKETPLACE_TEXT_WALKS", "0"))
"""Walks of each role through all screens, with texts that are others each time; 0 means one, always the same."""

LITERAL = "[bold red]tea[/][@click=app.quit]"


@pytest.mark.slow
@settings(max_examples=WALKS or 1, derandomize=not WALKS)
@given(TEXTS)
@example(list(EVERYTHING))
def test_every_screen_of_the_trace_stays_intact_with_any_texts(texts: list[str]) -> None:
    asyncio.run(walk_through_the_trace(texts))


@pytest.mark.slow
def test_a_recording_stays_intact(tmp_path: Path) -> None:
    asyncio.run(walk_through_a_recording(EVERYTHING, tmp_path / "recording"))


@pytest.mark.slow
@pytest.mark.parametrize("role", VISITS)
@settings(max_examples=WALKS or 1, derandomize=not WALKS)
@given(TEXTS)
@example(list(EVERYTHING))
@example(["\n" * 10_000])
def test_every_screen_stays_intact_with_any_texts(role: AccountRole, texts: list[str]) -> None:
    asyncio.run(walk(role, texts))


class Kept:
    """A client that goes on from one example to the next."""

    def __init__(self, role: AccountRole) -> None:
        self._runner, self._context = asyncio.Runner(), copy_context()
        self._running = marketplace_of(role, spread([LITERAL]))
        self.client: RunningClient = self.run(self._running.__aenter__())

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Go on with the client."""
        return self._runner.run(work, context=self._context)

    def close(self) -> None:
        """End it."""
        self.run(self._running.__aexit__(None, None, None))
        self._runner.close()


@pytest.fixture(scope="module", params=VISITS)
def kept(request: pytest.FixtureRequest) -> Iterator[Kept]:
    found = Kept(request.param)
    yield found
    found.close()


def test_markup_is_no_more_than_text(kept: Kept) -> None:
    assert LITERAL[:16] in kept.client.text


def test_what_is_forgotten_on_the_way_is_made_safe_where_it_is_drawn(kept: Kept) -> None:
    strip = strip_of(kept.client.app.screen.query_one("#title"), (Span("\x1b[2J🇩🇪 shop"),), 12)
    assert strip.text == "␛[2JDE shop "


@settings(max_examples=6, derandomize=True)
@given(TEXTS)
def test_the_first_screen_stays_intact_with_any_texts(kept: Kept, texts: list[str]) -> None:
    async def show() -> None:
        client, text_of = kept.client, spread(texts)
        client.fake.rewrite = lambda body: rewritten(body, text_of)
        await client.press("f5")
        await look(client, "first")

    kept.run(show())
