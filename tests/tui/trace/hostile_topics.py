"""Topics whose records have texts of others everywhere, and the walk through the screens that show them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from unittest.mock import patch

import msgspec
from msgspec.structs import replace

from marketplace_tui.model.trace import reader
from marketplace_tui.model.trace.reader import TraceReader
from marketplace_tui.screens.trace import opening
from marketplace_tui.screens.trace.flow import FlowScreen
from marketplace_tui.screens.trace.stream import StreamScreen
from marketplace_tui.screens.trace.topology import TopologyScreen
from marketplace_tui.widgets.entry import Entry
from services_stub.contracts.encoding import encode_json
from services_stub.contracts.events import HopsReported, RequestHop
from services_stub.contracts.topics import TRACE_HOPS
from simulator.trace import TracedRecord
from simulator.trace.contents import content_of
from simulator.trace.events import event_of
from simulator.trace.kafka_source import SourceUnavailable
from simulator.trace.live import Source
from simulator.trace.recording import Recorder
from tests.tui.fake_marketplace import FakeMarketplace
from tests.tui.hostile import TextOf, rewritten, spread
from tests.tui.hostile_walks import look, marketplace_of
from tests.tui.running import LARGE, RunningClient, running
from tests.tui.trace.data import Topics
from tests.unit.simulator.over_http import purchase_over_http
from tests.unit.simulator.purchase import CREATED, dead_letter
from tests.waiting import eventually_true


def records_of(text_of: TextOf) -> list[TracedRecord]:
    """A purchase, a dead letter and a record of another system, written by others."""
    given_up = dead_letter(CREATED, group=text_of("group"), error=text_of("error"), after_ms=60)
    bytes_of = {name: text_of(name).encode() for name in ("header value", "key", "value")}
    foreign = TracedRecord(
        text_of("topic"), 0, 7, CREATED.written_at, ((text_of("header"), bytes_of["header value"]),),
        b"\xff" + bytes_of["value"], bytes_of["key"],
    )  # fmt: skip
    return [*(_written_by_others(each, text_of) for each in purchase_over_http()), given_up, foreign]


def _written_by_others(record: TracedRecord, text_of: TextOf) -> TracedRecord:
    """A record of the purchase with the same ids, which join it."""
    if record.topic == TRACE_HOPS:
        report = msgspec.json.decode(record.value or b"", type=HopsReported)
        return replace(
            record,
            value=encode_json(
                replace(
                    report,
                    group=text_of(report.group),
                    instance=text_of(report.instance),
                    requests=[_asked_by_others(each, text_of) for each in report.requests],
                )
            ),
        )
    event = event_of(record)
    content = content_of(event) if event is not None else None
    # An event without a source is none, and has no flow.
    source = text_of(f"source of {record.topic}") or "-"
    new = {"ce_source": source.encode(), "ce_subject": text_of("subject").encode()}
    headers = tuple((name, new.get(name, value)) for name, value in record.headers)
    value = encode_json(rewritten(content, text_of))
    return replace(record, headers=headers, value=value, key=text_of("key").encode())


def _asked_by_others(request: RequestHop, text_of: TextOf) -> RequestHop:
    named = {name: text_of(getattr(request, name)) for name in ("request_id", "method", "path", "callee")}
    return replace(request, caller=text_of(request.caller) if request.caller else "", **named)


async def walk_through_the_trace(texts: Sequence[str]) -> None:
    """Look at every screen of the trace; all of it is intact."""
    text_of = spread(texts)
    topics = Topics(records_of(text_of))
    with (
        patch.object(reader, "source_of", lambda _servers, _begin: topics.open()),
        patch.object(opening, "lag_of", side_effect=SourceUnavailable(text_of("lag"))),
    ):
        async with marketplace_of("admin", text_of) as client:
            await _events(client, text_of)
            await _flow(client)
            await _topology(client)
            await _away(client, text_of)


async def walk_through_a_recording(texts: Sequence[str], path: Path) -> None:
    """Look at the stream of a recording and at its topology; both are intact."""
    text_of = spread(texts)
    with Recorder(path) as recorder:
        recorder.write(records_of(text_of))
    async with running(FakeMarketplace(away=True), size=LARGE, recording=path) as client:
        for keys in ((), ("left",), ("v",), ("escape", "m")):
            await client.press(*keys)
            await look(client, f"recording {keys}")


async def _events(client: RunningClient, text_of: TextOf) -> None:
    await client.press("0")
    screen = client.app.screen
    assert isinstance(screen, StreamScreen)
    assert screen.model is not None
    model, count = screen.model, len(records_of(text_of))
    await eventually_true(lambda: model.counts.received == count)
    await client.settle()
    await look(client, "events")
    await client.press("v")
    await look(client, "record")
    await client.press("escape", "slash")
    screen.query_one("#search", Entry).value = text_of("typed")  # as pasting does
    await client.settle()
    await look(client, "filtered")
    await client.press("escape", "home")


async def _flow(client: RunningClient) -> None:
    await client.press("enter")
    screen = client.app.screen
    assert isinstance(screen, FlowScreen)
    await eventually_true(lambda: screen.model.judged_now is not None)
    for name in ("waterfall", "sequence", "states", "diagnosis"):
        await client.settle()
        await look(client, name)
        await client.press("tab")
    await client.press("r", "right")
    await look(client, "replay")
    await client.press("escape", "escape")


async def _topology(client: RunningClient) -> None:
    await client.press("m")
    screen = client.app.screen
    assert isinstance(screen, TopologyScreen)
    assert screen.model is not None
    model = screen.model
    await eventually_true(lambda: bool(model.links))
    await client.press("f5", "end")
    await look(client, "topology")
    await client.press("escape")


async def _away(client: RunningClient, text_of: TextOf) -> None:
    def refuse() -> Source:
        raise SourceUnavailable(text_of("problem"))

    marketplace = client.app.marketplace
    await client.app.push_screen(FlowScreen(marketplace, text_of("flow"), TraceReader(marketplace.tasks, refuse)))
    await client.settle()
    await look(client, "away")
