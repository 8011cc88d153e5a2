"""A flow replayed step by step over its topology."""

from __future__ import annotations

import asyncio
import threading

import pytest

from marketplace_tui.model.trace import replay
from marketplace_tui.screens.trace.flow import FlowScreen
from marketplace_tui.screens.trace.replay import ReplayScreen
from simulator.trace.changes import transitions_of
from tests.tui.running import RunningClient, assert_golden, assert_goldens
from tests.tui.trace.data import Topics, tracing, until_shown
from tests.unit.simulator.purchase import CREATED, dead_letter, purchase
from tests.unit.simulator.records import ORDER

BROKEN = dead_letter(CREATED, group="payment", error="no [red]card[/red]\nat all", after_ms=90)


def screen_of(client: RunningClient) -> ReplayScreen:
    """The screen of the replay."""
    screen = client.app.screen
    assert isinstance(screen, ReplayScreen)
    return screen


@pytest.mark.slow
def test_a_flow_is_replayed_step_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    topics = Topics(purchase())

    async def scenario() -> None:
        async with tracing(monkeypatch, topics) as client:
            await client.press("r")
            screen = screen_of(client)
            assert "Step 1 of 7" in client.text
            await client.press("right", "right", "right", "right", "left")
            await assert_goldens(client, "trace/replay")
            await client.press("end")
            assert "Step 7 of 7" in client.text
            await client.press("right", "home", "left", "right")
            topics.publish([BROKEN])
            await until_shown(client, "dead letter")
            assert screen.model.step == 1
            await client.press("escape")
            assert isinstance(client.app.screen, FlowScreen)

    asyncio.run(scenario())


@pytest.mark.slow
def test_a_step_is_looked_at_clicked_and_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = threading.Event()
    monkeypatch.setattr(replay, "transitions_of", lambda flow: go_on.wait() and transitions_of(flow))

    async def scenario() -> None:
        async with tracing(monkeypatch, Topics(purchase())) as client:
            await client.pilot.press("r")
            await client.pilot.pause()
            await assert_goldens(client, "trace/replay-loading")
            go_on.set()
            await client.settle()
            screen = screen_of(client)
            for keys, step in (("lnj", 3), ("hpk", 0), ("G", 6), ("g", 0)):
                await client.press(*keys)
                assert screen.model.step == step
            await client.press("down", "up", "down", "enter")
            assert "PENDING" in client.text
            assert "ce_causationid" in client.text
            await client.press("escape", "y")
            assert client.app.clipboard == ORDER
            await client.press("Y", *"mermaid", "enter")
            assert "sequenceDiagram" in client.app.clipboard
            await client.pilot.click("#diagram", offset=(5, 1))
            await client.settle()
            assert screen.model.transitions[screen.model.step].event.topic == "product-updated"

    asyncio.run(scenario())


@pytest.mark.slow
def test_it_can_be_read_without_layout_and_in_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        for flat, name in ((True, "flat"), (False, "ascii")):
            async with tracing(
                monkeypatch, Topics([*purchase(), BROKEN]), until="broken", ascii_only=True, flat=flat
            ) as client:
                await client.press("r", "right")
                assert_golden(client.text, f"trace/replay-{name}-80x24")
                assert client.text.isascii()

    asyncio.run(scenario())
