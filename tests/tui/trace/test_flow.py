"""The screen of one flow, as it looks and as it is used."""

from __future__ import annotations

import asyncio

import pytest

from marketplace_tui.model.trace import reader
from marketplace_tui.screens.trace.flow import FlowScreen
from simulator.trace.kafka_source import SourceUnavailable
from tests.tui.running import LARGE, RunningClient, assert_golden, assert_goldens, running
from tests.tui.test_orders import shopping
from tests.tui.trace.data import Topics, many_events, tracing, until_shown
from tests.unit.simulator.over_http import purchase_over_http
from tests.unit.simulator.purchase import CHARGED, CREATED, PAID, REPORTS, RESERVED, dead_letter, purchase
from tests.unit.simulator.records import ORDER
from tests.waiting import eventually_true


def screen_of(client: RunningClient) -> FlowScreen:
    """The screen of the flow."""
    screen = client.app.screen
    assert isinstance(screen, FlowScreen)
    return screen


@pytest.mark.slow
def test_a_purchase_in_every_view(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        async with tracing(monkeypatch, Topics(purchase())) as client:
            await client.press("j", "j", "j", "j")
            for view in ("waterfall", "sequence", "states", "diagnosis"):
                await assert_goldens(client, f"trace/{view}")
                await client.press("tab")
            await client.press("shift+tab")
            assert "[Diagnosis]" in client.text

    asyncio.run(scenario())


def test_a_purchase_with_its_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        async with tracing(monkeypatch, Topics(purchase_over_http())) as client:
            await assert_goldens(client, "trace/over-http")
            await client.press("j", "j", "w", "enter")
            assert "POST /internal/reservations" in client.text
            await client.press("escape", "escape", "j", "j", "j", "tab")
            screen = screen_of(client)
            assert screen.event is not None
            assert screen.event.topic == "order-created"
            await assert_goldens(client, "trace/over-http-sequence")

    asyncio.run(scenario())


def test_a_broken_flow_says_what_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = [each for each in purchase() if each not in (CHARGED, PAID, *REPORTS)]
    broken.append(dead_letter(CREATED, group="payment", error="no [red]card[/red]\nat all", after_ms=90))

    async def scenario() -> None:
        async with tracing(monkeypatch, Topics(broken), until="broken") as client:
            await assert_goldens(client, "trace/broken")
            await client.press("shift+tab")
            assert_golden(client.text, "trace/broken-diagnosis-80x24")

    asyncio.run(scenario())


def test_it_grows_while_the_order_runs_and_the_cursor_stays_on_its_event(monkeypatch: pytest.MonkeyPatch) -> None:
    topics = Topics([CREATED])

    async def scenario() -> None:
        async with tracing(monkeypatch, topics) as client:
            screen = screen_of(client)
            assert screen.event is not None
            assert screen.event.topic == "order-created"
            topics.publish([RESERVED, *purchase()])
            await until_shown(client, "PAID in 28 ms")
            assert screen.event.topic == "order-created"
            assert screen.index == 1
            await client.press("escape")
        await eventually_true(lambda: topics.closed)

    asyncio.run(scenario())


def test_zoom_pan_fold_and_the_critical_path(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        async with tracing(monkeypatch, Topics(purchase()), size=LARGE) as client:
            model = screen_of(client).model
            await client.press("j", "w", "w")
            assert_golden(client.text, "trace/zoomed-120x40")
            shown = model.shown
            await client.press("d")
            assert model.shown.start == shown.start + shown.length // 4
            await client.press("a", "s", "z")
            assert model.window is None
            lines = len(model.layout(30))
            await client.press("h", "h")
            assert len(model.layout(30)) < lines
            await client.press("l", "l", "right_square_bracket", "right_square_bracket")
            assert len(model.layout(30)) == 7 + len(REPORTS)
            await client.press("left_square_bracket", "left_square_bracket", "left_square_bracket")
            assert "others" not in client.text
            await client.press("x")
            assert_golden(client.text, "trace/critical-120x40")

    asyncio.run(scenario())


def test_a_text_is_found_in_the_flow(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        async with tracing(monkeypatch, Topics(purchase())) as client:
            screen = screen_of(client)
            await client.press("slash")
            await client.type("RECEIPT")
            await client.press("enter")
            assert "1 hit" in client.text
            assert screen.event is not None
            assert screen.event.envelope.id == "e5"
            await client.press("slash")
            await client.press(*["backspace"] * 7)
            await client.type("notification-sent")
            await client.press("enter", "n", "n", "N")
            assert screen.event.envelope.id == "e6"
            await client.press("escape")
            assert model_is_whole(screen)

    asyncio.run(scenario())


def model_is_whole(screen: FlowScreen) -> bool:
    """Whether nothing is searched for."""
    return screen.model.searched == "" and screen.model.hits == []


def test_from_an_event_to_its_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.delenv("EDITOR", raising=False)

    async def scenario() -> None:
        async with tracing(monkeypatch, Topics(purchase()), size=LARGE) as client:
            await client.press("g")
            assert "services_stub/product/" in client.app.clipboard
            await client.press("j")
            await client.press("g")
            assert "services_stub/analytics/" in client.app.clipboard
            monkeypatch.setenv("EDITOR", "true")
            await client.press("g")
            assert "because no editor" in client.text

    asyncio.run(scenario())


@pytest.mark.slow
def test_a_flow_is_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    forms = {
        "command": f"marketplace trace show {ORDER} --data-dir",
        "json": '"correlationId"',
        "mermaid": "sequenceDiagram",
    }

    async def scenario() -> None:
        async with tracing(monkeypatch, Topics(purchase())) as client:
            await client.press("y")
            assert client.app.clipboard == ORDER
            for form, copied in forms.items():
                await client.press("Y", *form, "enter")
                assert copied in client.app.clipboard
            await client.press("enter")
            assert "ce_causationid" in client.text

    asyncio.run(scenario())


def test_two_flows_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        async with tracing(monkeypatch, Topics(purchase())) as client:
            await client.press("D")
            assert "is marked" in client.text
            other = Topics(many_events(3))
            monkeypatch.setattr(reader, "source_of", lambda _servers, _begin: other.open())
            client.app.open_trace("large")
            await until_shown(client, "broken")
            await client.press("D")
            assert_golden(client.text, "trace/difference-80x24")
            await client.press("tab")
            assert "[Waterfall]" in client.text

    asyncio.run(scenario())


def test_where_the_flow_is_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "_RATE_SECONDS", 0.01)
    at = {"payment": 5, "analytics": 0}
    monkeypatch.setattr(
        reader,
        "committed_in",
        lambda _cluster: lambda group, places: dict.fromkeys(places, at[group]) if group in at else {},
    )

    async def scenario() -> None:
        async with tracing(monkeypatch, Topics([CREATED, PAID])) as client:
            await client.press("W")
            assert "analytics has order-updated[4]@22 before it: 22 records" in client.text
            assert "payment has order-created" not in client.text
            assert "seller has order-created[4]@0 before it, and has" in client.text

    asyncio.run(scenario())


def test_topics_that_are_empty_or_cannot_be_read_say_the_next_step(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        topics = Topics(held=True)
        async with tracing(monkeypatch, topics, until="Reading the topics") as client:
            await assert_goldens(client, "trace/loading")
            topics.let_in()
            await until_shown(client, "No event of this flow")
            await assert_goldens(client, "trace/empty")
        away = Topics(purchase(), refuse=SourceUnavailable("Kafka does not answer: it is away"))
        async with tracing(monkeypatch, away, until="it is away") as client:
            await assert_goldens(client, "trace/error")
            away.refuse = None
            await client.press("f5")
            await until_shown(client, "PAID in 28 ms")

    asyncio.run(scenario())


def test_a_marketplace_elsewhere_says_what_to_do() -> None:
    async def scenario() -> None:
        async with running(shopping().fake, "user") as client:
            await client.press("o", "t")
            assert_golden(client.text, "trace/elsewhere-80x24")
            await client.press("escape", "enter", "t")
            assert screen_of(client).model.reader is None
            await client.press("escape")
            assert "placed" in client.text

    asyncio.run(scenario())


@pytest.mark.slow
def test_it_can_be_read_without_layout_and_in_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        async with tracing(monkeypatch, Topics(purchase()), size=LARGE, ascii_only=True, flat=True) as client:
            for view in ("waterfall", "sequence"):
                assert_golden(client.text, f"trace/{view}-flat-120x40")
                assert client.text.isascii()
                await client.press("tab")
        async with tracing(monkeypatch, Topics(purchase()), size=LARGE, ascii_only=True) as client:
            assert_golden(client.text, "trace/waterfall-ascii-120x40")
            assert client.text.isascii()

    asyncio.run(scenario())


@pytest.mark.slow
def test_ten_thousand_events_are_opened_and_walked_through(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        async with tracing(monkeypatch, Topics(many_events(10_000)), flow_id="large") as client:
            screen = screen_of(client)
            await client.press("G")
            assert screen.index == 9_999
            await client.press("home")
            assert screen.index == 0

    asyncio.run(scenario())
