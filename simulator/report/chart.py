"""The chart of a run: faults, violations and all panels over one axis of time, as one SVG. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from simulator.measure.measurements import SECOND
from simulator.report.axes import Axis, linear_axis, logarithmic_axis, time_marks, time_text
from simulator.report.markup import add, make
from simulator.report.panels import Line, Panel
from simulator.report.results import Results
from simulator.report.series import length_of, load_of, step_length

_CHARACTER, _BOLD = 6.7, 7.9
"""The width of a character of the labels, roughly, in a wide font; `_BOLD` of one of the titles."""

_ROW, _LANE, _PLOT, _GAP = 17, 18, 84, 14
_RIGHT = 12
_SWATCH = 18
_NEAR = 24
"""Violations that are nearer to each other than so many pixels share a mark."""


Shape = dict[str, str | float]


@dataclass(frozen=True, slots=True)
class Frame:
    """The width of the chart and of its left margin in pixels, the most steps of time, and most labels of time."""

    width: int
    left: int
    steps: int
    labels: int


WIDE, NARROW = Frame(1000, 76, 360, 12), Frame(400, 50, 150, 5)


@dataclass(frozen=True, slots=True)
class Bar:
    """A time in which something was: a fault, by its name."""

    name: str
    begin: float
    end: float


class Chart:
    """Draws one chart from top to bottom."""

    def __init__(self, results: Results, panels: Sequence[Panel], frame: Frame) -> None:
        self._results, self._panels, self._frame = results, panels, frame
        self._end = max(length_of(results.record), 1.0)
        self._time = Axis(0.0, self._end, frame.left, frame.width - _RIGHT)
        self._bars = bars_of(results)
        self._behind, self._front = make("g"), make("g")
        self._y = 0.0

    def drawn(self) -> Element:
        """The SVG."""
        self._lanes()
        top = self._y
        for panel in self._panels:
            self._panel(panel)
        bottom = self._y - _GAP
        self._time_axis(top, bottom)
        self._throughout(bottom)
        if self._frame is WIDE:
            self._columns(top, bottom)
        height = bottom + 2 * _ROW
        size = {"viewBox": f"0 0 {self._frame.width} {height:.0f}", "role": "img", "aria-labelledby": "chart-words"}
        kind = "wide" if self._frame is WIDE else "narrow"
        return make("svg", {**size, "class": f"chart {kind}"}, self._behind, self._front)

    def _lanes(self) -> None:
        self._label("faults", self._y + 13)
        lanes = lanes_of(self._bars, self._extent)
        for lane in lanes or [[]]:
            for bar in lane:
                self._bar(bar)
            self._y += _LANE
        if not self._bars:
            add(self._front, _text("none", self._frame.left + 4, self._y - 5, "quiet"))
        self._label("violations" if self._frame is WIDE else "wrong", self._y + 13)
        if not self._marks():
            text = "none" if self._results.judged is not None else "not judged"
            if self._results.judged is not None and self._results.judged.violations:
                text = "none with a time: see the table below"
            add(self._front, _text(text, self._frame.left + 4, self._y + 13, "quiet"))
        self._y += _LANE + _GAP / 2

    def _bar(self, bar: Bar) -> None:
        left, right = self._time.at(bar.begin), self._time.at(bar.end)
        shape: Shape = {
            "x": left,
            "y": self._y + 2,
            "width": max(right - left, 2),
            "height": _LANE - 4,
            "class": "fault",
        }
        said = f"{bar.name}, from {bar.begin:.1f} s to {bar.end:.1f} s"
        add(self._front, make("rect", shape, make("title", {}, said)))
        if self._extent(bar) == (left, right):
            add(self._front, _text(bar.name, left + 4, self._y + 13, "on-fault"))
        elif self._extent(bar)[0] == left:
            add(self._front, _text(bar.name, right + 4, self._y + 13))
        else:
            add(self._front, _text(bar.name, left - 4, self._y + 13, "end"))

    def _extent(self, bar: Bar) -> tuple[float, float]:
        """The place that a bar takes with its name: in it, else behind it, else before it."""
        left, right = self._time.at(bar.begin), self._time.at(bar.end)
        length = len(bar.name) * _CHARACTER + 8
        if length <= right - left:
            return left, right
        return (left, right + length) if right + length < self._frame.width - _RIGHT else (left - length, right)

    def _marks(self) -> bool:
        """Draw the violations; False without any that have a time."""
        started = self._results.record.started_at
        near: list[list[tuple[float, str]]] = []
        for mark in sorted(self._results.marks):
            moment = (mark.at - started) / SECOND
            place = self._time.at(moment)
            if not near or place - near[-1][-1][0] > _NEAR:
                near.append([])
            near[-1].append((place, f"{time_text(max(0, moment))}: {mark.check}, {mark.about}"))
        for marks in near:
            x, y = marks[0][0], self._y + _LANE / 2
            said = "\n".join(text for _, text in marks[:12])
            shape = {"d": f"M{x:.1f} {y - 6:.1f}l6 6l-6 6l-6 -6z", "class": "violation"}
            add(self._front, make("path", shape, make("title", {}, said)))
            if len(marks) > 1:
                add(self._front, _text(f"{len(marks)}", x + 8, y + 4))
        return bool(near)

    def _panel(self, panel: Panel) -> None:
        self._legend(panel)
        top, bottom = self._y, self._y + _PLOT
        axis = axis_of(panel, bottom, top)
        for value in axis.marks(4):
            y = axis.at(value)
            self._rule(self._frame.left, y, self._frame.width - _RIGHT, y, "grid")
            add(self._behind, _text(panel.text_of(value), self._frame.left - 6, y + 4, "end quiet"))
        for line in sorted(panel.lines, key=lambda line: line.dashed):
            shape = {"d": path_of(line, self._time, axis), "class": f"line look{line.look}{' dashed' * line.dashed}"}
            add(self._front, make("path", shape))
        for moment in panel.crosses:
            x = self._time.at(moment)
            add(self._front, make("path", {"d": f"M{x - 3:.1f} {top + 2:.1f}l6 6m0 -6l-6 6", "class": "cross"}))
        self._y = bottom + _GAP

    def _legend(self, panel: Panel) -> None:
        """The title, and behind it the names of the lines, in as many rows as they need."""
        x, y = 2.0, self._y + 12
        add(self._front, _text(panel.title, x, y, "title"))
        x += len(panel.title) * _BOLD + 12
        names = [(line.name, f"line look{line.look}{' dashed' * line.dashed}") for line in panel.lines]
        if panel.crosses:
            names.append(("no answer", "cross"))
        for name, look in names:
            length = _SWATCH + 4 + len(name) * _CHARACTER + 12
            if x + length > self._frame.width:
                x, y = 2.0, y + _ROW
            shape = f"M{x:.1f} {y - 4:.1f}h{_SWATCH}" if look != "cross" else f"M{x + 6:.1f} {y - 7:.1f}l6 6m0 -6l-6 6"
            add(self._front, make("path", {"d": shape, "class": look}))
            add(self._front, _text(name, x + _SWATCH + 4, y))
            x += length
        self._y = y + 13

    def _time_axis(self, top: float, bottom: float) -> None:
        for moment in time_marks(self._end, self._frame.labels):
            x = self._time.at(moment)
            self._rule(x, top, x, bottom, "grid")
            add(self._front, _text(time_text(moment), x, bottom + _ROW, "middle" if moment else "quiet"))

    def _throughout(self, bottom: float) -> None:
        """The marks that go through all panels: faults, violations, and the time after the load."""
        shapes: list[tuple[float, float, str]] = [(bar.begin, bar.end, "band") for bar in self._bars]
        load = load_of(self._results.record)
        if load < self._end:
            shapes.append((load, self._end, "after"))
            x = self._time.at(load)
            add(self._front, _text("drain", min(x + 3, self._frame.width - 30), bottom + 2 * _ROW - 4, "quiet"))
        for begin, end, kind in shapes:
            left, right = self._time.at(begin), self._time.at(end)
            shape: Shape = {"x": left, "y": 0, "width": max(right - left, 1), "height": bottom, "class": kind}
            self._behind.insert(0, make("rect", shape))
        for mark in self._results.marks:
            x = self._time.at((mark.at - self._results.record.started_at) / SECOND)
            self._rule(x, 0, x, bottom, "violation")

    def _columns(self, top: float, bottom: float) -> None:
        """The figures of each step of time, which a pointer shows."""
        length = step_length(self._end, self._frame.steps)
        values = figures_by_step(self._panels, length)
        for step in sorted(values):
            left, right = self._time.at(step * length), self._time.at((step + 1) * length)
            shape: Shape = {
                "x": left,
                "y": top,
                "width": max(right - left, 1),
                "height": bottom - top,
                "class": "column",
            }
            said = "\n".join([time_text(step * length), *values[step]])
            add(self._front, make("rect", shape, make("title", {}, said)))

    def _label(self, text: str, y: float) -> None:
        add(self._front, _text(text, 2, y, "title"))

    def _rule(self, left: float, top: float, right: float, bottom: float, kind: str) -> None:
        add(self._behind, make("line", {"x1": left, "y1": top, "x2": right, "y2": bottom, "class": kind}))


def bars_of(results: Results) -> list[Bar]:
    """The faults that have begun, in the order of their beginnings."""
    started, end = results.record.started_at, length_of(results.record)
    bars = []
    for fault in results.faults:
        if fault.begun_at:
            begin = max(0.0, (fault.begun_at - started) / SECOND)
            ended = (fault.ended_at - started) / SECOND if fault.ended_at else end
            bars.append(Bar(fault.name, begin, max(begin, ended)))
    return sorted(bars, key=lambda bar: (bar.begin, bar.end, bar.name))


def lanes_of(bars: Sequence[Bar], extent: Callable[[Bar], tuple[float, float]]) -> list[list[Bar]]:
    """The bars in as few lanes as keep those apart whose places, from where to where, overlap."""
    lanes: list[list[Bar]] = []
    for bar in sorted(bars, key=extent):
        lane = next((lane for lane in lanes if extent(lane[-1])[1] <= extent(bar)[0]), None)
        if lane is None:
            lanes.append([bar])
        else:
            lane.append(bar)
    return lanes


def axis_of(panel: Panel, begin: float, end: float) -> Axis:
    """The axis of the values of a panel."""
    values = [value for line in panel.lines for _, value in line.points if value is not None]
    if panel.logarithmic:
        positive = [value for value in values if value > 0] or [1.0]
        return logarithmic_axis(min(positive), max(positive), begin, end)
    return linear_axis(max(values, default=0.0), begin, end)


def path_of(line: Line, time: Axis, values: Axis) -> str:
    """The path of a line: broken where there is no value, a dot where one has no neighbour."""
    pieces: list[list[str]] = [[]]
    for moment, value in line.points:
        if value is None:
            pieces.append([])
        else:
            pieces[-1].append(f"{time.at(moment):.1f} {values.at(value):.1f}")
    return "".join(f"M{'L'.join(piece)}{'h.1' if len(piece) == 1 else ''}" for piece in pieces if piece)


def figures_by_step(panels: Sequence[Panel], length: int) -> dict[int, list[str]]:
    """A line of words for each panel that has values in a step of time, by the number of the step."""
    found: dict[int, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for panel, line in _lines(panels):
        for moment, value in line.points:
            if value is not None:
                found[int(moment / length)][panel.title].append(f"{line.name} {panel.text_of(value)}")
    return {step: [f"{title}: {', '.join(words)}" for title, words in by.items()] for step, by in found.items()}


def _lines(panels: Sequence[Panel]) -> Iterator[tuple[Panel, Line]]:
    for panel in panels:
        for line in panel.lines:
            yield panel, line


def _text(text: str, x: float, y: float, kind: str = "") -> Element:
    return make("text", {"x": x, "y": y, **({"class": kind} if kind else {})}, text)
