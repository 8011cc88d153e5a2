"""A recording in the client: the position is moved and plays, and the sum of what was received is right."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketplace_tui.model.tasks import Tasks
from marketplace_tui.model.trace import playback
from marketplace_tui.model.trace.moments import moment_of
from marketplace_tui.model.trace.playback import Playback
from marketplace_tui.model.trace.stream import StreamModel, selection_of
from marketplace_tui.screens.trace.flow import FlowScreen
from marketplace_tui.screens.trace.recorded import RecordedScreen
from marketplace_tui.screens.trace.topology import TopologyScreen
from simulator.trace import TracedRecord
from simulator.trace.recording import Recorder
from simulator.trace.timed import TimedRecording
from tests.tui.fake_marketplace import FakeMarketplace
from tests.tui.running import Clock, RunningClient, assert_golden, assert_goldens, running
from tests.tui.trace.data import many_events, until_shown
from tests.unit.simulator.purchase import purchase
from tests.unit.simulator.records import START

SECOND = 1_000_000
RECORDS = [*purchase(), *many_events(40)]


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A recording of a purchase, and of a longer flow, in the working directory: its name is on the screen."""
    monkeypatch.chdir(tmp_path)
    return written(Path("recording"), RECORDS)


def written(path: Path, records: Sequence[TracedRecord]) -> Path:
    """A recording of these records."""
    with Recorder(path) as recorder:
        recorder.write(list(records))
    return path


@asynccontextmanager
async def opened(
    path: Path, until: str = "received", *, ascii_only: bool = False, flat: bool = False
) -> AsyncIterator[RunningClient]:
    """The client on a recording, with no marketplace that would answer."""
    away = FakeMarketplace(away=True)
    async with running(away, recording=path, ascii_only=ascii_only, flat=flat) as client:
        await until_shown(client, until)
        yield client
        assert client.fake.requests == []


def screen_of(client: RunningClient) -> RecordedScreen:
    """The screen of the recording."""
    screen = client.app.screen
    assert isinstance(screen, RecordedScreen)
    return screen


def test_the_position_is_moved_by_keys(file: Path) -> None:
    async def scenario() -> None:
        async with opened(file, "66 received = 47 shown + 19 filtered") as client:
            player = screen_of(client).playback
            assert player.at == player.recording.last
            await client.press("h", "left")
            assert player.at == START + 38_000
            await client.press("right", "right_square_bracket", "left_square_bracket", "left_square_bracket")
            await client.press("at", *"+20ms", "enter")
            await assert_goldens(client, "trace/recording")
            await client.press("at", *"noon", "enter")
            assert "'noon' is no time: expected 12:30:45" in client.text.replace("\n", " ").replace("  ", " ")
            await client.press("escape", "slash", *"topic:payment-*", "enter")
            await client.press("at", *"0s", "enter", "l")
            assert player.at == START + 2_000
            await client.press("escape", "m")
            assert isinstance(client.app.screen, TopologyScreen)
            await until_shown(client, "no lag is recorded")
            await client.press("escape", "enter")
            assert isinstance(client.app.screen, FlowScreen)
            await until_shown(client, "[Waterfall]")
            await client.press("Y", *"command", "enter")
            assert client.app.clipboard.endswith(f" --recording {file.absolute()}")

    asyncio.run(scenario())


def test_it_plays_at_its_own_pace_or_another_one(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(playback, "TICK_SECONDS", 0.005)

    async def scenario() -> None:
        async with opened(file) as client:
            player = screen_of(client).playback
            await client.press("space")
            assert (player.at, player.plays) == (player.recording.first, True)
            client.clock.seconds += 0.01
            await until_shown(client, "10 ms of ")
            await client.press("less_than_sign")
            assert "Playing 0.5×" in client.text
            client.clock.seconds += 0.01
            await until_shown(client, "15 ms of ")
            await client.press("space")
            assert "Paused" in client.text
            client.clock.seconds += 10
            await client.press("greater_than_sign", "space")
            client.clock.seconds += 10
            await until_shown(client, "Paused")
            assert "66 received = 47 shown + 19 filtered + 0 evicted" in client.text
            await client.press("1")
            await until_shown(client, "66 received")
            file.write_bytes(file.read_bytes()[:30])
            await client.press("h")
            assert "The recording cannot be read" in client.text
            assert "66 received = 47 shown" in client.text

    asyncio.run(scenario())


@pytest.mark.slow
def test_a_file_that_is_read_empty_or_damaged_says_so(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on, find_all = threading.Event(), TimedRecording.find_all

    def held(self: TimedRecording, tell: Callable[[float], bool]) -> None:
        tell(0.4)
        go_on.wait()
        find_all(self, tell)

    monkeypatch.setattr(TimedRecording, "find_all", held)

    async def scenario() -> None:
        written(file, [])
        async with running(FakeMarketplace(away=True), recording=file, settled=False) as client:
            while "40%" not in client.text:
                await client.pilot.pause()
            await assert_goldens(client, "trace/recording-loading")
            file.write_bytes(file.read_bytes() + b"\xff" * 9)
            go_on.set()
            await until_shown(client, "f5 tries again")
            await assert_goldens(client, "trace/recording-error")
            await client.press("space", "h", "at", "escape")
            written(file, [])
            await client.press("f5")
            await until_shown(client, "has no records")
            await assert_goldens(client, "trace/recording-empty")
            await client.press("space", "l", "left_square_bracket")

    asyncio.run(scenario())


@pytest.mark.slow
def test_it_can_be_read_without_layout_and_in_ascii(file: Path) -> None:
    async def scenario() -> None:
        for flat, name in ((True, "flat"), (False, "ascii")):
            async with opened(file, "received", ascii_only=True, flat=flat) as client:
                await client.press("at", *"2ms", "enter", "space")
                assert_golden(client.text, f"trace/recording-{name}-80x24")
                assert client.text.isascii()

    asyncio.run(scenario())


moves = st.lists(
    st.one_of(
        st.tuples(st.just("move"), st.integers(-10, 80)),
        st.tuples(st.just("skip"), st.integers(-3, 3)),
        st.tuples(st.just("step"), st.integers(0, 1)),
        st.tuples(st.just("filter"), st.integers(0, 2)),
    ),
    max_size=8,
)
FILTERS = ("", "topic:payment-*", "topic:trace-hops")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves, st.sampled_from([3, 5_000]))
def test_wherever_it_is_moved_the_sum_and_the_records_are_right(
    file: Path, steps: Sequence[tuple[str, int]], most: int
) -> None:
    ordered = sorted(RECORDS, key=lambda each: each.written_at)

    async def scenario() -> None:
        tasks = Tasks(lambda error: pytest.fail(repr(error)))
        player = Playback(tasks, file, Clock())
        model = StreamModel(player, tasks)
        player.start()
        await tasks.idle()
        for name, value in steps:
            if name == "move":
                player.move_to(START + value * 1000)
            elif name == "skip":
                player.skip(value)
            elif name == "step":
                player.step(bool(value), model.passes)
            else:
                model.filter(FILTERS[value])
            await tasks.idle()
            counts, select = model.counts, selection_of(model.text)
            until = [each for each in ordered if each.written_at <= player.at]
            assert counts.received == counts.shown + counts.filtered + counts.evicted == len(until)
            kept = until[counts.evicted :]
            assert sorted(each.place for each in model.shown) == sorted(each.place for each in kept if select(each))
            assert player.recording.first <= player.at <= player.recording.last
        player.end()

    before = playback.MOST_READ
    playback.MOST_READ = most
    try:
        asyncio.run(scenario())
    finally:
        playback.MOST_READ = before


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("12:30:46", 1),
        ("12:30:45.5", 0.5),
        ("12:30:45", 0),
        ("12:30", -45),
        ("00:00:15", 41370),
        ("2026-11-23T12:30:50Z", 5),
        ("2026-11-23T13:30:50+01:00", 5),
        ("2026-11-23 12:30:50", 5),
        (" +90s", 90),
        ("1.5 m", 90),
        ("250ms", 0.25),
        ("50%", 30),
        ("12:61", None),
        ("25:00", None),
        ("now", None),
        ("", None),
        ("9" * 30, None),
    ],
)
def test_a_time_is_read_as_people_write_it(text: str, seconds: float | None) -> None:
    if seconds is None:
        with pytest.raises(ValueError, match="is no time: expected"):
            moment_of(text, START, START + 60 * SECOND)
    else:
        assert moment_of(text, START, START + 60 * SECOND) == START + round(seconds * SECOND)
