"""The live stream of all topics: its counts, its filter, pause, the newest, and the way to a flow."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace_tui.model.tasks import Tasks
from marketplace_tui.model.trace import reader, stream
from marketplace_tui.model.trace.reader import TraceReader
from marketplace_tui.model.trace.stream import StreamModel, selection_of
from marketplace_tui.screens.trace.flow import FlowScreen
from marketplace_tui.screens.trace.stream import StreamScreen
from simulator.trace import TracedRecord
from simulator.trace.drawings.rows import Detail
from simulator.trace.kafka_source import SourceUnavailable
from tests.tui.admin.data import STATE
from tests.tui.admin.fakes import AdminMarketplace, FakeControl
from tests.tui.running import LARGE, SMALL, RunningClient, assert_golden, assert_goldens, running
from tests.tui.trace.data import LATER, Topics, many_events, until_shown
from tests.unit.simulator.purchase import EVENTS, REPORTS, dead_letter, purchase

FOREIGN = TracedRecord("clicks", 0, 7, EVENTS[-1].written_at, (("content-type", b"avro"),), b"\x00\xff[red]\x1b[31m")
BROKEN = dead_letter(EVENTS[1], group="payment", error="no [red]card[/red]", after_ms=60)


@asynccontextmanager
async def streaming(
    monkeypatch: pytest.MonkeyPatch, topics: Topics, until: str, size: tuple[int, int] = SMALL
) -> AsyncIterator[RunningClient]:
    """The client of an admin that looks at these topics."""
    monkeypatch.setattr(reader, "source_of", lambda _servers, _begin: topics.open())
    control = FakeControl()
    async with running(AdminMarketplace().fake, "admin", size=size, state=STATE, connect=lambda: control) as client:
        client.app.marketplace.now = lambda: LATER
        await client.press("0")
        await until_shown(client, until)
        yield client


def screen_of(client: RunningClient) -> StreamScreen:
    """The screen of the stream."""
    screen = client.app.screen
    assert isinstance(screen, StreamScreen)
    return screen


def test_all_topics_are_shown_with_the_sum_of_what_came(monkeypatch: pytest.MonkeyPatch) -> None:
    topics = Topics([*purchase(), BROKEN, FOREIGN])

    async def scenario() -> None:
        async with streaming(monkeypatch, topics, "28 received") as client:
            await assert_goldens(client, "trace/stream")
            await client.press("home")
            topics.publish(many_events(3))
            await until_shown(client, "3 new below")
            assert screen_of(client).record is EVENTS[0]
            await client.press("T")
            assert "the newest is selected" in client.text
            await client.press("space")
            topics.publish(many_events(2))
            await until_shown(client, "2 new")
            assert "31 received" in client.text
            await client.press("space")
            assert "33 received = 14 shown + 19 filtered + 0 evicted" in client.text

    asyncio.run(scenario())


def test_a_flow_whose_beginning_is_shown_at_once_has_as_much_detail_as_there_is_room_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def scenario() -> None:
        async with streaming(monkeypatch, Topics(purchase()), "26 received", LARGE) as client:
            await client.press("home", "enter")
            await until_shown(client, "all handled in")
            screen = client.app.screen
            assert isinstance(screen, FlowScreen)
            assert screen.model.detail is Detail.ALL

    asyncio.run(scenario())


@pytest.mark.slow
def test_the_stream_is_filtered_and_a_record_opens_its_flow(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        topics = Topics([*purchase(), FOREIGN])
        async with streaming(monkeypatch, topics, "27 received") as client:
            await client.press("slash")
            await client.type("topic:payment-*")
            await client.press("enter")
            assert "1 shown + 26 filtered" in client.text
            await client.press("enter")
            assert isinstance(client.app.screen, FlowScreen)
            await until_shown(client, "PAID in 28 ms")
            topics.publish([FOREIGN])
            await client.press("escape")
            await until_shown(client, "28 received = 1 shown + 27 filtered")
            await client.press("v")
            assert "ce_causationid" in client.text
            await client.press("escape", "y")
            assert "payment-success[4]@9" in client.app.clipboard
            await client.press("slash")
            await client.type(" [")
            assert "is no regular expression" in client.text
            await client.press("escape")
            assert "9 shown + 19 filtered" in client.text
            assert "v record" in client.text
            await client.press("slash")
            await client.type("nothing has it")
            assert "v record" not in client.text
            await client.press("ctrl+u")
            await client.type("topic:clicks")
            await client.press("enter", "enter")
            assert "This record names no flow" in client.text

    asyncio.run(scenario())


def test_topics_that_cannot_be_read_say_the_next_step(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        away = Topics(purchase(), refuse=SourceUnavailable("Kafka does not answer: it is away"))
        async with streaming(monkeypatch, away, "it is away") as client:
            assert_golden(client.text, "trace/stream-error-80x24")
            away.refuse = None
            await client.press("f5")
            await until_shown(client, "26 received")
        topics = Topics(held=True)
        async with streaming(monkeypatch, topics, "Reading the topics") as client:
            await assert_goldens(client, "trace/stream-loading")
            topics.let_in()
            await until_shown(client, "Waiting for records")
            assert_golden(client.text, "trace/stream-empty-80x24")
        async with running(AdminMarketplace().fake, "admin") as client:
            await client.press("0")
            assert_golden(client.text, "trace/stream-elsewhere-80x24")

    asyncio.run(scenario())


steps = st.lists(
    st.one_of(
        st.integers(1, 40),
        st.sampled_from(["", "topic:order-*", "topic:trace-hops", "key:p1", "stoneware", "topic:nothing"]),
        st.booleans(),
    ),
    max_size=12,
)


@settings(max_examples=40, deadline=None)
@given(steps)
def test_received_is_shown_and_filtered_and_evicted(steps: Sequence[int | str | bool]) -> None:
    everything = [*many_events(20), *REPORTS, FOREIGN]

    async def scenario() -> None:
        tasks = Tasks(lambda error: pytest.fail(repr(error)))
        source = TraceReader(tasks, Topics().open)
        model = StreamModel(source, tasks)
        taken: list[TracedRecord] = []
        for step in steps:
            match step:
                case bool():
                    model.pause(step)
                case int():
                    source.latest = [everything[(len(taken) + each) % len(everything)] for each in range(step)]
                    taken += sorted(source.latest, key=lambda record: record.written_at)
                    source.changed()
                case str():
                    model.filter(step)
            counts = model.counts
            assert counts.received == counts.shown + counts.filtered + counts.evicted == len(taken) - model.waiting
        await tasks.idle()
        model.pause(False)
        counts, select = model.counts, selection_of(model.text)
        assert counts.received == counts.shown + counts.filtered + counts.evicted == len(taken)
        kept = counts.received - counts.evicted
        assert min(len(taken), 40) <= kept <= 50
        assert model.shown == [record for record in taken[len(taken) - kept :] if select(record)]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(stream, "MOST_KEPT", 50)
        patched.setattr(stream, "GIVE_WAY_TOGETHER", 10)
        asyncio.run(scenario())


@pytest.mark.parametrize(("text", "shown"), [("type:PaymentSuccess", 0), ("field:status=PAID", 1), ("header:x", None)])
def test_a_filter_has_conditions_and_words(text: str, shown: int | None) -> None:
    if shown is None:
        with pytest.raises(ValueError, match="name=value"):
            selection_of(text)
        return
    assert sum(selection_of(text)(record) for record in EVENTS) == shown
