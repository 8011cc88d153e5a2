"""The topology: publishers and consumers of each topic with rates and lag, and the way to its records."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from marketplace_tui.model.trace import reader
from marketplace_tui.screens.trace import opening
from marketplace_tui.screens.trace.stream import StreamScreen
from marketplace_tui.screens.trace.topology import TopologyScreen
from services_stub.contracts.times import from_microseconds
from simulator.trace.kafka_source import SourceUnavailable
from simulator.trace.topology import GroupAndTopic
from tests.tui.admin.data import STATE
from tests.tui.admin.fakes import AdminMarketplace, FakeControl
from tests.tui.running import LARGE, SMALL, RunningClient, assert_golden, assert_goldens, running
from tests.tui.trace.data import Topics, until_shown
from tests.tui.trace.test_stream import BROKEN, FOREIGN
from tests.unit.simulator.purchase import EVENTS, purchase
from tests.unit.simulator.records import START

SOON = from_microseconds(START) + timedelta(seconds=5)


@asynccontextmanager
async def looking(
    monkeypatch: pytest.MonkeyPatch,
    topics: Topics,
    until: str,
    *,
    lag: Sequence[Mapping[GroupAndTopic, int] | Exception] = ({},),
    size: tuple[int, int] = SMALL,
    ascii_only: bool = False,
    flat: bool = False,
) -> AsyncIterator[RunningClient]:
    """The client of an admin that looks at the topology of these topics. `lag` are the answers to questions for it."""
    answers = list(lag)

    def lag_of(_cluster: object, _consumed: object) -> Mapping[GroupAndTopic, int]:
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(reader, "source_of", lambda _servers, _begin: topics.open())
    monkeypatch.setattr(opening, "lag_of", lag_of)
    control = FakeControl()
    async with running(
        AdminMarketplace().fake,
        "admin",
        size=size,
        state=STATE,
        connect=lambda: control,
        ascii_only=ascii_only,
        flat=flat,
    ) as client:
        client.app.marketplace.now = lambda: SOON
        await client.press("0", "m")
        await until_shown(client, until)
        yield client


def test_each_topic_has_its_publishers_and_consumers(monkeypatch: pytest.MonkeyPatch) -> None:
    first = {("payment", "order-created"): 3, ("order", "payment-success"): 9}
    second = {("payment", "order-created"): 1234, ("order", "payment-success"): 4}
    topics = Topics([*purchase(), BROKEN, FOREIGN])

    async def scenario() -> None:
        async with looking(
            monkeypatch, topics, "9 records", lag=[first, second, SourceUnavailable("it is away")]
        ) as client:
            await client.press("f5")
            await until_shown(client, "1,234 ▲")
            await client.press(*"jjjj")
            await assert_goldens(client, "trace/topology")
            topics.publish([EVENTS[1]] * 15)
            await until_shown(client, "24 records")
            await client.press("f5")
            await until_shown(client, "The lag is not known: it is away")
            await client.press("y")
            assert "→" in client.app.clipboard

    asyncio.run(scenario())


def test_a_topic_leads_to_its_records(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        async with looking(monkeypatch, Topics([*purchase(), FOREIGN]), "8 records") as client:
            screen = client.app.screen
            assert isinstance(screen, TopologyScreen)
            assert screen.row is not None
            assert screen.row.topic == "notification-sent"
            await client.press("enter")
            assert isinstance(client.app.screen, StreamScreen)
            assert "filter topic:notification-sent" in client.text
            await client.press("m", "escape")
            assert isinstance(client.app.screen, StreamScreen)

    asyncio.run(scenario())


@pytest.mark.slow
def test_without_records_it_says_why_and_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    topics = Topics(held=True, refuse=SourceUnavailable("Kafka does not answer: it is away"))

    async def scenario() -> None:
        async with looking(monkeypatch, topics, "Reading the topics") as client:
            await assert_goldens(client, "trace/topology-loading")
            topics.let_in()
            await until_shown(client, "it is away")
            await assert_goldens(client, "trace/topology-error")
            topics.refuse = None
            await client.press("f5")
            await until_shown(client, "No record was written")
            await assert_goldens(client, "trace/topology-empty")
            topics.publish(purchase())
            await until_shown(client, "7 records")

    asyncio.run(scenario())


@pytest.mark.slow
def test_a_marketplace_elsewhere_says_what_to_do() -> None:
    async def scenario() -> None:
        async with running(AdminMarketplace().fake, "admin") as client:
            await client.press("0", "m")
            assert_golden(client.text, "trace/topology-elsewhere-80x24")

    asyncio.run(scenario())


@pytest.mark.slow
def test_it_can_be_read_without_layout_and_in_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    lag = [{("payment", "order-created"): 3, ("order", "payment-success"): 0}]

    async def scenario() -> None:
        for flat, name in ((True, "flat"), (False, "ascii")):
            topics = Topics([*purchase(), BROKEN, FOREIGN])
            async with looking(
                monkeypatch, topics, "9 records", lag=lag, size=LARGE, ascii_only=True, flat=flat
            ) as client:
                assert_golden(client.text, f"trace/topology-{name}-120x40")
                assert client.text.isascii()

    asyncio.run(scenario())
