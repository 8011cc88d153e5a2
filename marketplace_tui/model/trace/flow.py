"""One flow as it is looked at: what was read of it, which part is shown, and what was searched for.

It is shown at once, or of a long one its beginning. Such a flow takes a second to judge, so all of that is computed in
threads: first the rows, then what is wrong or slow.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from marketplace_tui.model.tasks import Tasks
from marketplace_tui.model.trace.layout import Layout, fitting_detail
from marketplace_tui.model.trace.reader import Reader
from marketplace_tui.model.trace.window import Window
from marketplace_tui.model.watched import Watched
from simulator.trace import Finding, Flow, FlowEvent, Kind, Seen, Span, Step, findings_of, steps_of
from simulator.trace.drawings.rows import Critical, Detail, Rows, critical_of
from simulator.trace.spans import critical_path, judged_until
from simulator.trace.tables import difference_lines

_REST = 3
"""So many times as long as a flow took to compute it is left alone then: other work must have its share."""

_LONG = 1_000
_PAINT_SECONDS = 0.2
"""So long the rows of a flow of so many events have to be painted, before the next work on them is begun: it is in
another thread of one interpreter."""

_DIFFERENCE_WIDTH = 120


@dataclass(frozen=True)
class Judged:
    """The findings of a flow, its critical path, and the status of the order after each event."""

    flow: Flow
    findings: tuple[Finding, ...]
    critical: Critical
    path: tuple[Span, ...]
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Drawn:
    """A flow that was read: its rows, and the time that it took until its last event, and until the last consumer."""

    rows: Rows
    end: int
    ended_at: int

    @property
    def flow(self) -> Flow:
        """The flow."""
        return self.rows.flow

    @property
    def whole(self) -> Window:
        """The time that is shown at first."""
        return Window(self.flow.started_at, max(self.end, self.flow.started_at + 1))

    @property
    def all(self) -> Window:
        """The time through which it can be panned."""
        return Window(self.flow.started_at, max(self.whole.end, self.ended_at))


def drawn_of(flow: Flow) -> Drawn:
    """A flow with the times of it."""
    return Drawn(Rows(flow), judged_until(flow), flow.ended_at)


def judged_of(flow: Flow, seen: Seen) -> Judged:
    """The judgement of a flow in its circumstances."""
    end = judged_until(flow)
    return Judged(flow, findings_of(flow, seen), critical_of(flow, end), critical_path(flow, end), steps_of(flow))


def hits_in(flow: Flow, text: str) -> list[int]:
    """The indexes of the events that contain a text, whatever its case: in topic, type, services, ids, key or value."""
    wanted = text.casefold().encode()
    return [index for index, event in enumerate(flow.events) if wanted in _searched(event)] if wanted else []


def _searched(event: FlowEvent) -> bytes:
    envelope = event.envelope
    groups = " ".join(seen.group for seen in event.consumers)
    words = f"{event.place} {envelope.type} {envelope.source} {envelope.id} {envelope.causation_id} {groups}"
    return b"%b %b %b" % (words.casefold().encode(errors="replace"), event.key or b"", (event.value or b"").lower())


class FlowModel(Watched):
    """The flow of an id in a reader.

    `drawn` and `judged` are None until they are known; of a long flow only its beginning is drawn at first. `window` is
    the time that is shown, None for all of it; `detail` how much of consumers, None until the room for it is known, and
    `details` that of single events by place. `difference` are the lines of a comparison with another flow, if there was
    one.
    """

    def __init__(self, flow_id: str, reader: Reader | None, tasks: Tasks, now: Callable[[], int]) -> None:
        super().__init__()
        self.flow_id = flow_id
        self.reader = reader
        begun, is_whole = reader.beginning(flow_id) if reader is not None else (None, False)
        self.drawn = _drawn(begun)
        self.judged: Judged | None = None
        self.was_read = self._is_current = self.drawn is not None and is_whole
        self.window: Window | None = None
        self.detail: Detail | None = None
        self.details: dict[str, Detail] = {}
        self.only_critical = False
        self.searched = ""
        self.hits: list[int] = []
        self.difference: list[str] = []
        self._tasks, self._now = tasks, now
        self._work: asyncio.Task[None] | None = None
        self._again = False
        self._layout: Layout | None = None
        self._end = reader.watch(self._on_read) if reader is not None else lambda: None

    def close(self) -> None:
        """Stop following the reader."""
        self._end()

    def refresh(self) -> None:
        """Compute it anew; while that is being done, once more afterwards."""
        if self.reader is None:
            return
        self._again = True
        if self._work is None or self._work.done():
            self._work = self._tasks.start(self._compute(self.reader))

    def grow_older(self) -> None:
        """Judge it again where something of it is open: what does not come in time is missing."""
        if self.judged is not None and any(finding.kind is Kind.OPEN for finding in self.judged.findings):
            self.refresh()

    @property
    def judged_now(self) -> Judged | None:
        """The judgement of exactly what is drawn."""
        judged = self.judged
        return judged if judged is not None and self.drawn is not None and judged.flow is self.drawn.flow else None

    def layout(self, room: int) -> Layout:
        """The lines of the waterfall of what is drawn; the first time with as much detail as there is room for."""
        assert self.drawn is not None
        if self._layout is None:
            if self.detail is None:
                self.detail = fitting_detail(self.drawn.rows, room)
            events = enumerate(self.drawn.flow.events if self.details else ())
            details = {index: self.details[event.place] for index, event in events if event.place in self.details}
            self._layout = Layout(self.drawn.rows, self.detail, details, only_critical=self.only_critical)
        return self._layout

    def show_critical(self, only: bool) -> None:
        """Show only the critical path, or everything."""
        self.only_critical = only
        self._arrange()

    @property
    def shown(self) -> Window:
        """The time that is shown."""
        whole = self.drawn.whole if self.drawn is not None else Window(0, 1)
        return self.window or whole

    def zoom_in(self, around: int) -> None:
        """Show half of the time around a moment."""
        self.window = self.shown.zoomed_in(around)
        self.changed()

    def zoom_out(self) -> None:
        """Show twice the time, and at last all."""
        if self.drawn is not None and self.window is not None:
            wider = self.window.zoomed_out(self.drawn.all)
            self.window = None if wider.length >= self.drawn.whole.length else wider
            self.changed()

    def pan(self, parts: int) -> None:
        """Go so many quarters of what is shown on in time, or back."""
        if self.drawn is not None:
            self.window = self.shown.panned(parts, self.drawn.all)
            self.changed()

    def show_whole(self) -> None:
        """Show all of the time."""
        self.window = None
        self.changed()

    def fold(self, event: FlowEvent, by: int) -> None:
        """Show less of an event's consumers where `by` is negative, or more."""
        self.details[event.place] = _detail(self.details.get(event.place, self.detail), by)
        self._arrange()

    def fold_all(self, by: int) -> None:
        """The same for every event."""
        self.detail, self.details = _detail(self.detail, by), {}
        self._arrange()

    def search(self, text: str) -> None:
        """Look for a text; an empty one ends the search."""
        self.searched = text
        self.hits = hits_in(self.drawn.flow, text) if self.drawn is not None else []
        self.changed()

    def hit(self, event: int, by: int) -> int | None:
        """The next event that was found behind another one, or before it; at the end it begins anew."""
        if not self.hits:
            return None
        if by > 0:
            return next((hit for hit in self.hits if hit > event), self.hits[0])
        return next((hit for hit in reversed(self.hits) if hit < event), self.hits[-1])

    def compare(self, other: Flow) -> None:
        """Find how long everything took in another flow and in this one."""
        if self.drawn is not None:
            self._tasks.start(self._compare(other, self.drawn.flow))

    async def _compare(self, other: Flow, own: Flow) -> None:
        self.difference = await asyncio.to_thread(difference_lines, other, own, _DIFFERENCE_WIDTH)
        self.changed()

    def _arrange(self) -> None:
        """Other rows are shown: find their lines anew."""
        self._layout = None
        self.changed()

    def _on_read(self) -> None:
        assert self.reader is not None
        if self.flow_id in self.reader.grown or self.drawn is None:
            self._is_current = False
            self.refresh()
        if self.reader.problem:
            self.changed()

    async def _compute(self, reader: Reader) -> None:
        loop = asyncio.get_running_loop()
        while self._again:
            self._again = False
            begun = loop.time()
            if not self._is_current:
                if self.drawn is not None and not self.was_read:
                    await asyncio.sleep(_PAINT_SECONDS)
                await self._read(reader)
            self._is_current = False
            drawn = self.drawn
            if drawn is None:
                continue
            await asyncio.sleep(_PAINT_SECONDS if len(drawn.flow.events) >= _LONG else 0)
            self.judged = await asyncio.to_thread(judged_of, drawn.flow, reader.seen(self._now()))
            drawn.rows.critical = self.judged.critical
            self._arrange()
            await asyncio.sleep((loop.time() - begun) * _REST if self._again else 0)

    async def _read(self, reader: Reader) -> None:
        """Join all that was read of it; nothing is forgotten where nothing of it is left."""
        drawn = await asyncio.to_thread(lambda: _drawn(reader.flow(self.flow_id)))
        self.was_read = True
        if drawn is not None:
            drawn.rows.critical = self.judged.critical if self.judged is not None else {}
            self.drawn = drawn
            self.hits = hits_in(drawn.flow, self.searched)
        self._arrange()


def _drawn(flow: Flow | None) -> Drawn | None:
    return drawn_of(flow) if flow is not None and flow.events else None


def _detail(detail: Detail | None, by: int) -> Detail:
    return Detail(min(max((detail if detail is not None else Detail.TOGETHER) + by, Detail.NONE), Detail.ALL))
