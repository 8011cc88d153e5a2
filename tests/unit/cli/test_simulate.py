"""`marketplace simulate plan` and `scenarios`: the printed schedule, and what is said of wrong input."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from marketplace_tui import cli, failures
from simulator.scenario import PRESETS, read_scenario, scenario_schema

SHORT = ["simulate", "plan", "--seed", "7", "--rate", "20", "--duration", "2s"]


def printed(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> list[str]:
    assert cli.run(arguments) == 0
    said = capsys.readouterr()
    assert said.err == ""
    return said.out.splitlines()


def test_the_seed_is_printed_first_and_last(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(SHORT, capsys)
    assert lines[0] == "seed 7: partly-open loop, flat 20/s poisson for 2s, think time 1s"
    assert lines[-1].startswith("seed 7, sha256 ")
    numbers = next(line for line in lines if line.endswith("begin within 2.000000 s"))
    assert numbers.split()[0] == str(sum("  session " in line for line in lines))


def test_lines_of_json_are_the_scenario_the_sessions_and_the_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed([*SHORT, "--json"], capsys)
    first, *sessions, last = map(json.loads, lines)
    assert (first["seed"], first["scenario"]["load"]["rate"], last["seed"]) == (7, "20/s", 7)
    assert [session["number"] for session in sessions] == list(range(last["sessions"]))
    assert last["sha256"] == hashlib.sha256("\n".join(lines[:-1]).encode()).hexdigest()


def test_the_faults_of_a_plan_are_printed_and_belong_to_it(capsys: pytest.CaptureFixture[str]) -> None:
    faults = ["--duration", "20s", "--rate", "1", "--fault", "kill:payment@9s", "--nemesis", "all"]
    lines = printed([*SHORT, *faults], capsys)
    planned = [line.removeprefix("fault ") for line in lines if line.startswith("fault ")]
    assert "kill:payment@9s" in planned
    assert len(planned) == 3
    as_json = printed([*SHORT, *faults, "--json"], capsys)
    assert json.loads(as_json[0])["faults"] == planned
    digest = hashlib.sha256("\n".join(as_json[:-1]).encode()).hexdigest()
    assert json.loads(as_json[-1])["sha256"] == digest
    assert lines[-1] == f"seed 7, sha256 {digest}"


def test_the_json_schema_of_scenarios_is_printed_for_editors(capsys: pytest.CaptureFixture[str]) -> None:
    assert json.loads("\n".join(printed(["simulate", "scenarios", "--schema"], capsys))) == scenario_schema()


def test_without_a_seed_one_is_drawn_that_prints_the_same_again(capsys: pytest.CaptureFixture[str]) -> None:
    rest = ["--duration", "2s", "--users", "3", "--loop", "closed", "--think", "100ms"]
    lines = printed(["simulate", "plan", *rest], capsys)
    seed = lines[-1].split(",")[0].removeprefix("seed ")
    assert printed(["simulate", "plan", "--seed", seed, *rest], capsys) == lines


def test_a_profile_is_given_by_points(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(["simulate", "plan", "flash-sale", "--seed", "7", "--profile", "0:0, 2s:20"], capsys)
    assert lines[0] == "seed 7: partly-open loop, poisson at 0s:0/s, 2s:20/s, think time 300ms"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["plan", "shoping"], "shoping is no preset and no file. Did you mean shopping?"),
        (["plan", "--fault", "kill:paymen@1s"], "there is no service paymen. Did you mean payment?"),
        (["plan", "--rate", "fast"], "--rate: `load.rate`: 'fast' is no rate"),
        (["plan", "--seed", "-1"], "--seed"),
        (["plan", "--loop", "closed", "--rate", "9"], "--rate: `rate` has no effect in the loop `closed`"),
        (["plan", "--loop", "opne"], "--loop: `loop` must be one of open, partly-open, closed. Did you mean open?"),
        (["scenarios", "none"], "none is none of shopping, flash-sale"),
    ],
)
def test_wrong_input_ends_with_words(arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["simulate", *arguments]) == failures.BAD_ARGUMENTS
    said = capsys.readouterr()
    assert says in said.err
    assert said.out == ""


def test_scenarios_are_listed_and_printed_to_begin_ones_own_with(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert [line.split()[0] for line in printed(["simulate", "scenarios"], capsys)] == list(PRESETS)
    own = tmp_path / "own.toml"
    own.write_text("\n".join(printed(["simulate", "scenarios", "shopping"], capsys)), encoding="utf-8")
    assert repr(read_scenario(str(own))) == repr(read_scenario("shopping"))


def test_the_faults_of_a_run_are_listed_with_examples(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(["simulate", "faults"], capsys)
    assert any(line.split() == ["kill:SERVICE@AT[+FOR]", "kill:payment@40s+10s"] for line in lines)
