"""The run that is watched, without a screen: which one it is, how far it is, and whatever lies in its files."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from marketplace_tui.model.admin import simulation
from marketplace_tui.model.admin.simulation import FoundRun, RunState, Simulation, belongs, followed
from marketplace_tui.model.tasks import Tasks
from marketplace_tui.screens.admin import simulation_text as text
from marketplace_tui.text.lines import plain, width_of
from marketplace_tui.text.signs import ASCII
from simulator.history import Target, runs
from simulator.history.progress import Ended
from tests.tui.admin.data import STATE
from tests.tui.admin.runs import ELSEWHERE, FRESH, OTHER, OWN, beginning, begun, ended, load, odd, stored
from tests.tui.hostile import is_obeyed
from tests.tui.running import NOW

HERE: set[int] = set()
"""The processes that are there."""

OLD, NEW, NEWER = "20260227T120000-7-aa", "20260301T115910-7-bb", "20260301T115930-7-cc"


@pytest.fixture(autouse=True)
def _processes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    HERE.add(begun("").pid)
    for module in (simulation, runs):
        monkeypatch.setattr(module, "is_carried_out", lambda one: one.pid in HERE)
    yield
    HERE.clear()


def looked(model: Simulation, tasks: Tasks, *, again: bool = True) -> Simulation:
    """The model after it has looked."""

    async def scenario() -> None:
        (model.look_for_runs if again else model.look)()
        await tasks.idle()

    asyncio.run(scenario())
    return model


def model_of(directory: Path) -> tuple[Simulation, Tasks]:
    """A model of this marketplace that has looked once."""
    tasks = Tasks(lambda error: pytest.fail(repr(error)))
    return looked(Simulation(tasks, directory, STATE), tasks), tasks


def lines_of(model: Simulation, width: int, *, flat: bool = False) -> list[str]:
    """Everything that is drawn of a model but its list."""
    lines = [*text.head(model, NOW, width, flat=flat), *text.figures(model, width, flat=flat, spaced=True)]
    assert all(width_of(line) <= width for line in lines)
    return [plain(line) for line in lines]


@pytest.mark.parametrize(
    ("target", "is_own"),
    [
        *[(OWN, True), (OTHER, False), (FRESH, False), (ELSEWHERE, False)],
        (Target(gateway=STATE.gateway + "/", bootstrap_servers="127.0.0.1:9092"), True),
        (Target(gateway="", bootstrap_servers=""), False),
    ],
)
def test_a_run_belongs_to_the_marketplace_that_it_is_about(target: Target, is_own: bool) -> None:
    assert belongs(target, STATE) is is_own
    assert not belongs(target, None)


@pytest.mark.parametrize(
    ("own", "chosen", "meant"),
    [("ba", "", "b"), ("a", "", "a"), ("", "", "c"), ("a", "c", "c"), ("a", "gone", "a"), (None, "", None)],
)
def test_the_newest_run_of_this_marketplace_is_followed(own: str | None, chosen: str, meant: str | None) -> None:
    found = [] if own is None else [FoundRun(Path(name), None, name in own) for name in "cba"]
    run = followed(found, chosen)
    assert (None if run is None else run.name) == meant


def test_a_run_is_followed_from_its_beginning_to_its_end(tmp_path: Path) -> None:
    model, tasks = model_of(tmp_path / "none")
    assert (model.is_loaded, model.shown.run) == (True, None)
    model, tasks = model_of(tmp_path)
    stored(tmp_path, NEW, beginning(NEW), Target(gateway="", bootstrap_servers=""))
    assert looked(model, tasks).state is RunState.STARTING
    assert lines_of(model, 78)[1].startswith("The newest on this machine: a marketplace not known yet · seed 7")
    changes: list[int] = []
    end = model.watch(lambda: changes.append(1))
    looked(model, tasks)
    assert changes == []
    directory = stored(tmp_path, NEW, load(42))
    with directory.progress.open("ab") as file:
        file.write(b'{"kind":"said","at":1,"text":"half')
    assert looked(model, tasks).state is RunState.RUNNING
    assert changes == [1]
    assert len(model.run.seconds) == 42
    with directory.progress.open("ab") as file:
        file.write(b' a line"}\nno JSON\n{"kind":"second","at":{}}\n\xff\xfe\n')
    assert looked(model, tasks, again=False).run.said[-1] == "half a line"
    stored(tmp_path, NEW, [ended()])
    assert looked(model, tasks).state is RunState.ENDED
    assert [path.name for path in model.shown.reports] == ["report.html", "junit.xml", "summary.md"]
    end()
    shutil.rmtree(directory.path)
    assert looked(looked(model, tasks, again=False), tasks).shown.run is None


def test_a_run_without_an_end_whose_process_is_gone_was_killed(tmp_path: Path) -> None:
    stored(tmp_path, NEW, [*beginning(NEW), *load(3)])
    model, tasks = model_of(tmp_path)
    assert model.state is RunState.RUNNING
    HERE.clear()
    assert looked(model, tasks, again=False).state is RunState.KILLED
    assert model_of(tmp_path)[0].state is RunState.KILLED
    stored(tmp_path, NEW, [ended("pass", 130)])
    assert looked(model, tasks).state is RunState.PARTIAL
    assert "⚠ interrupted: these results are partial" in lines_of(model, 78)
    assert lines_of(model, 78)[4].endswith("○ invariants: not judged")


def test_another_run_is_chosen_and_what_was_known_is_forgotten(tmp_path: Path) -> None:
    stored(tmp_path, OLD, [*beginning(OLD), *load(5), ended("SLO missed", 3)])
    stored(tmp_path, NEWER, beginning(NEWER), FRESH)
    (tmp_path / "20260301T120000-7-dd").mkdir()
    model, tasks = model_of(tmp_path)
    assert model.run.result == "SLO missed"
    assert "r has a newer one" in lines_of(model, 120)[1]

    newer, old = (text.choice(run, NOW) for run in model.shown.runs)
    assert newer[0].endswith("  under way")
    assert newer[1].startswith("another marketplace, seed 7, open loop")
    assert (old[0].split("  ")[1], old[1].split(",")[0]) == ("SLO missed", "seed 7")
    model.chosen = NEWER
    assert looked(model, tasks).state is RunState.STARTING
    assert lines_of(model, 78)[1].startswith("Chosen: a marketplace of its own")
    assert not model.run.seconds
    stored(tmp_path, "20260301T120000-7-dd", [ended()])
    model.chosen = ""
    assert looked(model, tasks).shown.run == model.shown.runs[0]


def test_a_run_of_any_length_is_taken_in_piece_by_piece(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulation, "_MOST_AT_ONCE", 7)
    stored(tmp_path, NEW, [*beginning(NEW), *load(42)])
    changes: list[int] = []
    tasks = Tasks(lambda error: pytest.fail(repr(error)))
    model = Simulation(tasks, tmp_path, STATE)
    model.watch(lambda: changes.append(1))
    looked(model, tasks)
    assert (len(model.run.seconds), changes) == (42, [1])


def test_what_cannot_be_read_says_why(tmp_path: Path) -> None:
    directory = stored(tmp_path, NEW, beginning(NEW))
    model, tasks = model_of(tmp_path)
    kept = directory.progress.rename(tmp_path / "kept")
    directory.progress.mkdir()
    directory.run.write_bytes(b"\xff{")
    assert "Is a directory" in looked(model, tasks, again=False).problem
    assert lines_of(model, 78)[-1] == "f5 tries again."
    directory.progress.rmdir()
    kept.rename(directory.progress)
    stored(tmp_path, NEW, load(2), None)
    assert looked(model, tasks).problem == ""
    assert len(model.run.seconds) == 2
    assert model_of(tmp_path)[0].shown.run == FoundRun(directory.path)


def test_each_state_is_said_in_words(tmp_path: Path) -> None:
    stored(tmp_path, NEW, [*beginning(NEW), *load(20)])
    model, tasks = model_of(tmp_path)
    running = "\n".join(lines_of(model, 78))
    for said in (
        "The newest of this marketplace · seed 7 · begun 11:59:10",
        "  load, 42 of 60 s",
        "⚠ FAULT kill:payment@6s+30s",
        "● generator  ✗ 10 without answer  ● log  ● invariants so far",
        "p99         none      raw 28.5 ms",
    ):
        assert said in running
    flat = "\n".join(lines_of(model, 200, flat=True))
    assert "generator: fine, 10 without answer: wrong, log: fine, invariants so far: fine" in flat
    assert "p50: 8 ms raw 8 ms" in flat
    assert "▁" not in flat
    assert running.translate(ASCII).isascii()
    stored(tmp_path, NEW, [ended("unknown", 2)])
    looked(model, tasks)
    assert "⚠ verdict: unknown" in lines_of(model, 78)
    assert text.entries(model)[-1].copied.endswith("/summary.md")


NUMBERS, WHOLE = st.floats(allow_nan=False, allow_infinity=False), st.integers(-(2**63), 2**63 - 1)


@settings(max_examples=15)
@given(NUMBERS, WHOLE, st.text(), st.booleans())
@example(1e308, 2**63 - 1, "\x1b[2J[red]\u202e\n", True)
@example(-1e308, -(2**63), "", False)
@example(5e-324, 1, "{x}" * 9_000, False)
def test_any_numbers_and_texts_can_be_drawn(number: float, whole: int, words: str, partial: bool) -> None:
    model = Simulation(Tasks(lambda error: pytest.fail(repr(error))), Path(), STATE)
    run = FoundRun(Path("r"), Target(gateway=words, bootstrap_servers="", data_dir=words))
    model.is_loaded, model.shown = True, simulation.Reading((run,), run)
    outcome = Ended(at=whole, verdict=words, exit_code=whole, partial=partial, lines=(words,))
    for each in (*odd(number, whole, words), outcome):
        model.run.add(each)
    for flat in (True, False):
        assert not any(map(is_obeyed, lines_of(model, 40, flat=flat)))
    assert text.entries(model)[-1].copied == words
    model.run.ended = None
    lines_of(model, 78)
