"""The models and drawings of the trace as plain functions: the time that is shown, the lines, the search."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace_tui.actions.registry import Keymap
from marketplace_tui.actions.state import Fact, ScreenState
from marketplace_tui.model.tasks import Tasks
from marketplace_tui.model.trace.flow import FlowModel, drawn_of, hits_in, judged_of
from marketplace_tui.model.trace.layout import Layout, fitting_detail
from marketplace_tui.model.trace.reader import Reader
from marketplace_tui.model.trace.window import Window
from marketplace_tui.screens.trace.choosing import line_after
from marketplace_tui.screens.trace.drawings import (
    DiagnosisDrawing,
    FlowDrawing,
    SequenceDrawing,
    StatesDrawing,
    WaterfallDrawing,
    signs_of,
)
from marketplace_tui.screens.trace.editor import command_of
from marketplace_tui.screens.trace.flow_text import selected
from marketplace_tui.text.lines import plain, width_of
from simulator.trace import Flow, FlowStore, Seen, flow_of
from simulator.trace.drawings.messages import messages_of
from simulator.trace.drawings.rows import Detail, Rows, critical_of
from simulator.trace.drawings.sequence import Lifelines
from simulator.trace.spans import judged_until
from tests.unit.simulator.flows import flows
from tests.unit.simulator.purchase import REPORTS, purchase
from tests.unit.simulator.records import ORDER, START

GOOD = flow_of(ORDER, purchase())
WHOLE = Window(1000, 9000)
LATER = Seen(START + 60_000_000)


class Stored(Reader):
    """A store with a purchase whose first two records can be had at once, and the others when they are let in."""

    def __init__(self) -> None:
        super().__init__()
        self.let_in = threading.Event()
        self._store = FlowStore()
        self._store.add_all(purchase())

    def flow(self, flow_id: str) -> Flow | None:
        self.let_in.wait()
        return self._store.flow(flow_id)

    def beginning(self, flow_id: str) -> tuple[Flow | None, bool]:
        return self._store.beginning(flow_id, 2), False

    def seen(self, now: int) -> Seen:
        return self._store.seen(now)


windows = st.builds(
    lambda start, length: Window(start, start + length), st.integers(1000, 8999), st.integers(1, 8000)
).map(lambda one: one.within(WHOLE))


@given(windows, st.integers(0, 10_000), st.integers(-5, 5))
def test_a_window_stays_in_the_flow_whatever_is_done_to_it(window: Window, around: int, parts: int) -> None:
    for other in (window.zoomed_in(around), window.zoomed_out(WHOLE), window.panned(parts, WHOLE)):
        assert WHOLE.start <= other.start < other.end <= WHOLE.end
    assert window.zoomed_in(around).length <= window.length <= window.zoomed_out(WHOLE).length
    assert window.panned(parts, WHOLE).length == window.length


def test_the_beginning_of_a_flow_is_drawn_while_the_whole_is_joined() -> None:
    async def scenario() -> None:
        tasks, reader = Tasks(lambda bug: pytest.fail(repr(bug))), Stored()
        model = FlowModel(ORDER, reader, tasks, lambda: LATER.now)
        model.refresh()
        assert model.drawn is not None
        assert len(model.drawn.flow.events) == 2
        assert model.judged_now is None
        reader.let_in.set()
        await tasks.idle()
        assert model.drawn.flow == GOOD
        assert model.judged_now is not None

    asyncio.run(scenario())


def test_a_flow_that_is_drawn_at_once_is_judged_and_joined_anew_when_it_grew() -> None:
    class AtOnce(Stored):
        joined = 0

        def flow(self, flow_id: str) -> Flow | None:
            self.joined += 1
            return self._store.flow(flow_id)

        def beginning(self, flow_id: str) -> tuple[Flow | None, bool]:
            return self._store.flow(flow_id), True

    async def scenario() -> None:
        tasks, reader = Tasks(lambda bug: pytest.fail(repr(bug))), AtOnce()
        model = FlowModel(ORDER, reader, tasks, lambda: LATER.now)
        assert model.drawn is not None
        assert model.drawn.flow == GOOD
        model.refresh()
        await tasks.idle()
        assert (model.judged_now is not None, reader.joined) == (True, 0)
        for _ in range(2):
            model.refresh()
            reader.tell((), frozenset({ORDER}))
            await tasks.idle()
        assert (model.judged_now is not None, reader.joined) == (True, 2)

    asyncio.run(scenario())


def test_what_came_before_the_first_judgement_is_joined_too() -> None:
    class Growing(Stored):
        def beginning(self, flow_id: str) -> tuple[Flow | None, bool]:
            return self._store.beginning(flow_id, 2), True

    async def scenario() -> None:
        tasks, reader = Tasks(lambda bug: pytest.fail(repr(bug))), Growing()
        reader.let_in.set()
        model = FlowModel(ORDER, reader, tasks, lambda: LATER.now)
        model.refresh()
        reader.tell((), frozenset({ORDER}))
        await tasks.idle()
        assert model.drawn is not None
        assert model.drawn.flow == GOOD

    asyncio.run(scenario())


def test_zooming_in_keeps_the_moment_in_the_middle() -> None:
    assert WHOLE.zoomed_in(5000) == Window(3000, 7000)
    assert WHOLE.zoomed_in(5000).zoomed_out(WHOLE) == WHOLE
    assert WHOLE.zoomed_in(1000) == Window(1000, 5000)


@settings(max_examples=40, deadline=None)
@given(flows(), st.sampled_from(Detail), st.booleans())
def test_the_lines_are_those_of_the_rows(flow: Flow, detail: Detail, only_critical: bool) -> None:
    rows = Rows(flow, critical_of(flow, judged_until(flow)))
    layout = Layout(rows, detail, {0: Detail.ALL}, only_critical=only_critical)
    made = [layout.row(line) for line in range(len(layout))]
    if only_critical:
        assert all(row.critical for row in made)
    else:
        details = [Detail.ALL if index == 0 else detail for index in range(len(flow.events))]
        expected = [
            row
            for index, each in enumerate(details)
            for row in [*rows.requests_before(index), *rows.of_event(index, each)]
        ]
        assert made == [*expected, *rows.after_all()]
        assert sum(row.request is not None for row in made) == len(flow.requests)
    for index in range(0 if only_critical else len(flow.events)):
        assert layout.event_at(layout.line_of(index)) == index
    assert [row.event for row in made] == [layout.event_at(line) for line in range(len(layout))]


@settings(max_examples=40, deadline=None)
@given(flows(), st.integers(1, 160), st.booleans(), st.booleans())
def test_no_drawing_is_wider_than_it_may_be(flow: Flow, width: int, ascii_only: bool, flat: bool) -> None:
    if not flow.events:
        return
    signs = signs_of(ascii_only)
    drawn, judged = drawn_of(flow), judged_of(flow, LATER)
    drawn.rows.critical = judged.critical
    window = drawn.whole.zoomed_in(flow.events[0].at)
    drawings: list[FlowDrawing] = [
        WaterfallDrawing(Layout(drawn.rows, Detail.ALL, {}), window, [0], signs, flat=flat),
        SequenceDrawing(messages_of(flow), Lifelines(flow, width, signs), signs, flat=flat),
        StatesDrawing(drawn, judged, signs),
        DiagnosisDrawing(drawn, judged, width, signs),
    ]
    for drawing in drawings:
        lines = [*drawing.heading(width), *(drawing.line(number, width) for number in range(len(drawing)))]
        assert all(plain(line).isprintable() for line in lines)
        if not flat and not isinstance(drawing, StatesDrawing):
            assert max((width_of(line) for line in drawing.heading(width)), default=0) <= width
        assert all(flat or width_of(drawing.line(number, width)) <= width for number in range(len(drawing)))
        assert all(-1 <= drawing.event_at(line) < len(flow.events) for line in range(-1, len(drawing) + 1))
    assert selected(drawn, judged, None, 0, None, width)


def test_as_much_detail_is_shown_as_there_is_room_for() -> None:
    rows = Rows(GOOD)
    assert fitting_detail(rows, 7 + len(REPORTS)) is Detail.ALL
    assert fitting_detail(rows, 6 + len(REPORTS)) is Detail.TOGETHER
    assert fitting_detail(rows, 3) is Detail.TOGETHER


def test_the_cursor_stays_on_its_consumer_when_more_is_shown_above_it() -> None:
    rows, signs = Rows(GOOD), signs_of(False)
    folded, all_of_it = (
        WaterfallDrawing(Layout(rows, Detail.ALL, {0: first}), WHOLE, (), signs, flat=False)
        for first in (Detail.NONE, Detail.ALL)
    )
    assert folded.layout.row(3).group == all_of_it.layout.row(line_after(folded, 3, all_of_it, 1)).group != ""
    assert line_after(None, 5, all_of_it, 1) == all_of_it.line_of(1)
    assert line_after(folded, 3, folded, -1) == 3


@pytest.mark.parametrize(
    ("text", "found"),
    [("ORDER-created", 1), ("pm_card_visa", 1), ("e2", 3), ("stoneware", 3), ("", 0), ("nowhere", 0), ("analytics", 4)],
)
def test_a_text_is_found_in_events(text: str, found: int) -> None:
    assert len(hits_in(GOOD, text)) == found


@pytest.mark.parametrize(
    ("editor", "command"),
    [
        ("", []),
        ("vim -n", ["vim", "-n", "+7", "a.py"]),
        ("/usr/bin/code --wait", ["/usr/bin/code", "--wait", "--goto", "a.py:7"]),
        ("vi '", []),
    ],
)
def test_an_editor_is_told_the_line(editor: str, command: list[str]) -> None:
    assert command_of(editor, Path("a.py"), 7) == command


def test_a_key_that_a_screen_takes_from_lists_means_one_thing_there() -> None:
    on = Keymap().on(ScreenState("trace", "admin", frozenset(Fact)))
    assert [action.id for action in on if "g" in action.keys] == ["trace.code"]
    assert [action.keys for action in on if action.id == "list.first"] == [("home",)]
