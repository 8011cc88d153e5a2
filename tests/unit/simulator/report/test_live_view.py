"""The view of a run under way, and its plain lines: all of it fits, and says what goes on."""

from __future__ import annotations

import pytest

from simulator.history import FaultRecord
from simulator.history.progress import (
    Begun,
    Ended,
    FaultOver,
    Latencies,
    Phase,
    PhaseBegun,
    Progress,
    Said,
    Second,
)
from simulator.measure.measurements import SECOND
from simulator.report.live_view import view
from simulator.report.progress_text import ProgressLines
from simulator.report.watched_run import ASCII, UNICODE, Light, WatchedRun, lights, sparkline
from tests.unit.simulator.report.stored import START, moment

BEGUN = Begun(at=START, run_id="r1", seed=7, pid=1, load="open loop, [red]flat[/] 20/s", planned_us=60 * SECOND)


def second(number: int, **changes: object) -> Second:
    values = {
        "offered": 20.0,
        "achieved": 18.0,
        "outcomes": {"ok": 18, "unknown": 2},
        "corrected": Latencies(1.0, 20.0, None),
        "raw": Latencies(1.0, 2.0, 3.0),
        "open_sagas": 3,
        "lag": 4,
        **changes,
    }
    return Second(at=START + number * SECOND, second=number, **values)  # type: ignore[arg-type]


ALL: list[Progress] = [
    BEGUN,
    Said(at=START, text="starting a marketplace"),
    PhaseBegun(at=START, phase=Phase.LOAD, text="load: much"),
    *(second(number) for number in range(1, 31)),
    *(moment(number, faults=("kill:payment@10s+5s",), cpu=0.5) for number in range(31)),
    FaultOver(at=START, fault=FaultRecord("kill", "payment", 1, 1, 2, 3, 4, "late")),
]


def watched(progress: list[Progress]) -> WatchedRun:
    found = WatchedRun()
    for each in progress:
        found.add(each)
    return found


@pytest.mark.parametrize(("width", "height"), [(80, 22), (120, 38), (40, 10), (20, 5)])
@pytest.mark.parametrize("progress", [ALL, ALL[:1], []])
def test_a_view_fits(width: int, height: int, progress: list[Progress]) -> None:
    lines = view(watched(progress), START + 30 * SECOND, width, height)
    assert len(lines) <= height
    assert max(line.cell_len for line in lines) <= width


def test_a_view_says_what_goes_on() -> None:
    text = "\n".join(line.plain for line in view(watched(ALL), START + 30 * SECOND, 80, 22))
    for said in (
        "open loop, [red]flat[/] 20/s",
        " load, 30 of 60 s",
        "offered     20/s",
        "18 ok, 2 unknown",
        "p95         20 ms     raw 2 ms",
        "p99         none      raw 3 ms",
        "FAULT kill:payment@10s+5s",
        "✗ 10 without answer",
        "● invariants so far",
        "fault kill:payment is over: hit 3 sagas and 4 requests; late",
    ):
        assert said in text
    view(watched(ALL), START, 80, 22, ASCII)[1].plain.encode("ascii")


@pytest.mark.parametrize(("verdict", "sign"), [("pass", "●"), ("SLO missed", "●"), ("invariant violated", "✗")])
def test_the_light_of_the_invariants_is_lit_by_the_verdict(verdict: str, sign: str) -> None:
    ended = Ended(at=START, verdict=verdict, exit_code=0, partial=False, lines=())
    assert f"{sign} invariants " in view(watched([*ALL, ended]), START, 80, 17)[-1].plain


def test_what_is_violated_while_a_run_is_under_way_is_counted() -> None:
    known = watched([*ALL, moment(31, violations=1_203)])
    assert lights(known)[3] == Light(False, "invariants: 1,203 violated so far")


def test_without_the_log_nothing_is_known_of_the_invariants() -> None:
    ended = Ended(at=START, verdict="unknown", exit_code=2, partial=False, lines=())
    known = watched([*ALL, moment(31, unread="the broker is away"), ended])
    assert [light.well for light in lights(known)[2:]] == [False, None]


def test_a_sparkline_shows_the_newest_values() -> None:
    assert sparkline([9, 0, 1, None, 2], 4, UNICODE) == "▁▅×█"
    assert sparkline([0, 0], 9, ASCII) == "__"
    assert sparkline([1], 0, ASCII) == ""
    assert sparkline([-3, 1e308, 5e-324, None], 9, ASCII) == "_#_x"


def test_progress_in_lines() -> None:
    lines = ProgressLines()
    assert lines.of(BEGUN)[0].startswith("run r1, seed 7: ")
    assert lines.of(ALL[2]) == ["load: much"]
    assert lines.of(second(2)) == [
        "    2 of 60 s  20/s planned, 18/s answered, p50 1 ms, p99 none, 2 unknown; 3 open sagas, lag 4"
    ]
    assert lines.of(moment(1)) == []
    lines.of(PhaseBegun(at=START, phase=Phase.DRAIN, text="waiting"))
    assert lines.of(moment(1, faults=("a",))) == ["1 open sagas, 0 refunds due, lag 1, a in force"]
    assert lines.of(Ended(at=START, verdict="pass", exit_code=0, partial=False, lines=("verdict: pass",))) == [
        "verdict: pass"
    ]
