"""The page of a run: everything over one axis, and no text of others is ever markup."""

from __future__ import annotations

from collections import Counter
from html.parser import HTMLParser

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from simulator.report.axes import Axis
from simulator.report.chart import Bar, lanes_of, path_of
from simulator.report.page import page
from simulator.report.panels import Line, panels_of
from simulator.report.results import place_of
from simulator.report.series import sampled
from tests.unit.simulator.report.stored import measured, results

MARKUP = "<script>alert(1)</script><b title=\"x\" onload='y'>&amp;--></style>]]>\x00\u202e"


class Read(HTMLParser):
    """The elements of a page with their attributes, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: Counter[tuple[str, tuple[str, ...]]] = Counter()
        self.data = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements[tag, tuple(name for name, _ in attributes)] += 1

    def handle_data(self, data: str) -> None:
        self.data += data


FEW = measured(each=1)


@settings(max_examples=10, deadline=None)
@given(st.one_of(st.just(MARKUP), st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)))
def test_no_text_of_others_becomes_markup(text: str) -> None:
    assert Read(page(results(text, measurements=FEW))).elements == Read(page(results(measurements=FEW))).elements


def test_a_text_is_shown_as_it_is() -> None:
    read = Read(page(results("<b>&amp;\"'")))
    assert read.data.count("<b>&amp;\"'") > 10
    assert "https://" not in page(results())
    assert ("script", ()) not in read.elements


def test_all_panels_stand_over_one_axis_with_faults_and_violations() -> None:
    titles = [panel.title for panel in panels_of(results(), 100)]
    assert titles == [
        "Requests",
        "Latency of requests",
        "Sagas, from the checkout on",
        "Open sagas",
        "Consumer lag in records",
        "Consumer lag in seconds",
        "CPU in cores",
        "Resident memory in MiB",
    ]
    text = page(results())
    assert text.count('class="band"') == text.count('class="violation"') / 2 == 2  # wide and narrow
    assert all(text.count(f">{title}<") == 2 for title in titles)
    assert "Requests: offered from 20/s to 20/s" in text


def test_a_partial_run_says_so_and_is_drawn_as_far_as_it_goes() -> None:
    whole = results(interrupted=True, exitCode=130)
    text = page(whole._replace(judged=None, marks=(), faults=(), lags=(), processes=(), moments=()))
    assert "was interrupted: these results are partial" in text
    assert "not judged" in text
    never = whole._replace(record=replace(whole.record, started_at=0))
    assert "The load never began." in page(never)


def test_a_line_is_broken_where_nothing_is_known_and_a_lone_value_is_a_dot() -> None:
    axis = Axis(0, 10, 0, 10)
    line = Line("x", [(0, 1.0), (1, 2.0), (2, None), (3, 3.0), (4, None)], 1)
    assert path_of(line, axis, axis) == "M0.0 1.0L1.0 2.0M3.0 3.0h.1"
    assert sampled([(0.2, 5), (1.9, 7), (9.0, 1)], 10, 100) == [(0.5, 5), (1.5, 7), (2, None), (9.5, 1)]
    assert sampled([(-1, 5), (0, 1), (1, 4), (2, 2), (11, 9)], 10, 5) == [(1, 4), (3, 2)]


def test_faults_that_overlap_have_lanes_of_their_own() -> None:
    one, two, three = Bar("a", 0, 5), Bar("b", 3, 4), Bar("c", 5, 6)
    assert lanes_of([one, two, three], lambda bar: (bar.begin, bar.end)) == [[one, three], [two]]


def test_places_are_read_back() -> None:
    assert place_of("order-created[2]@15") == ("order-created", 2, 15)
    assert place_of("nowhere") is None
