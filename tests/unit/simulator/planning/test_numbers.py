"""Numbers of sessions as text, and plans of only some sessions."""

from __future__ import annotations

import pickle
from itertools import islice
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services_stub.contracts.encoding import encode_json
from simulator.plan import Plan
from simulator.plan.numbers import numbers_of, numbers_text
from simulator.scenario import PRESETS, ScenarioError, read_scenario, scenario_in, scenario_text


@given(st.sets(st.integers(0, 300), min_size=1))
def test_the_text_of_numbers_names_exactly_them(numbers: set[int]) -> None:
    assert numbers_of(numbers_text(numbers)) == numbers


def test_numbers_are_written_as_short_as_they_can_be() -> None:
    assert numbers_text({3, 17, 40, 41, 42}) == "3,17,40-42"
    assert numbers_of(" 3, 17,40-42 ") == {3, 17, 40, 41, 42}


@pytest.mark.parametrize("text", ["", "x", "5-3", "-1", "1,,2", "1-2-3", "0-9999999", "٣"])
def test_what_names_no_sessions_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="sessions"):
        numbers_of(text)


def test_a_part_of_a_plan_has_the_same_sessions_as_the_whole() -> None:
    scenario = read_scenario("shopping", {"duration": "2s"})
    whole = list(Plan(scenario, 7).sessions())
    some = frozenset({0, 5, 17, 10_000})
    assert list(Plan(scenario, 7, some).sessions()) == [whole[0], whole[5], whole[17]]
    again = pickle.loads(pickle.dumps(Plan(scenario, 7, some)))
    assert list(again.sessions()) == list(Plan(scenario, 7, some).sessions())


@pytest.mark.parametrize("named", PRESETS)
@pytest.mark.parametrize(
    "flags",
    [{}, {"duration": "5s", "rate": "90/m"}, {"profile": ["0:20", "5s:200"]}, {"think": "20ms"}],
)
def test_a_scenario_that_is_written_is_read_as_the_same(named: str, flags: dict[str, object], tmp_path: Path) -> None:
    try:
        scenario = read_scenario(named, flags)
    except ScenarioError:  # its loop takes no such flag
        assert flags
        return
    file = tmp_path / "written.toml"
    file.write_text(scenario_text(scenario), encoding="utf-8")
    for again in (read_scenario(str(file)), scenario_in(msgspec.json.decode(encode_json(scenario)))):
        assert list(islice(Plan(again, 7).sessions(), 20)) == list(islice(Plan(scenario, 7).sessions(), 20))
        assert (again.weights, again.cards, again.load.end) == (scenario.weights, scenario.cards, scenario.load.end)
        assert (again.population, again.hot, again.cart) == (scenario.population, scenario.hot, scenario.cart)


def test_words_of_people_are_written_as_they_are(tmp_path: Path) -> None:
    scenario = msgspec.structs.replace(read_scenario(), description='a "quoted" \\ \x7f 🛒 ü\n[load]')
    file = tmp_path / "written.toml"
    file.write_text(scenario_text(scenario), encoding="utf-8")
    assert read_scenario(str(file)) == scenario
