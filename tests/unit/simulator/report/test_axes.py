"""Axes: monotone, within their ends, with round marks."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from simulator.report.axes import linear_axis, logarithmic_axis, time_marks, time_text

VALUES = st.floats(1e-6, 1e12)


@given(VALUES, VALUES, VALUES, VALUES, st.booleans())
def test_an_axis_is_monotone_and_keeps_within_its_ends(
    one: float, other: float, a: float, b: float, logarithmic: bool
) -> None:
    low, high = sorted((one, other))
    axis = logarithmic_axis(low, high, 100, 0) if logarithmic else linear_axis(high, 100, 0)
    assert axis.low <= low * (1 + 1e-9)
    assert high <= axis.high * (1 + 1e-9)
    assert 100 >= axis.at(min(a, b)) >= axis.at(max(a, b)) >= 0
    marks = axis.marks(4)
    assert 1 <= len(marks) <= 6
    assert marks == sorted(marks)
    assert all(axis.low * (1 - 1e-9) <= mark <= axis.high * (1 + 1e-9) for mark in marks)


@given(st.floats(0.5, 1e7), st.integers(2, 20))
def test_marks_of_time_begin_with_zero_and_are_not_too_many(end: float, most: int) -> None:
    marks = time_marks(end, most)
    assert marks[0] == 0
    assert len(marks) <= most + 1
    assert marks[-1] <= end


def test_axes_of_nothing_are_axes() -> None:
    assert linear_axis(0, 0, 10).marks(4) == [0, 0.5, 1]
    assert logarithmic_axis(10, 10, 0, 1).high > 10
    assert time_marks(60, 6) == [0, 10, 20, 30, 40, 50, 60]
    assert [time_text(seconds) for seconds in (0, 119, 125, 3605)] == ["0 s", "119 s", "2:05", "1:00:05"]
