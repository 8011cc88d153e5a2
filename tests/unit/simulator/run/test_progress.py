"""Progress and samples of a run: kept in files that others read while they grow."""

from __future__ import annotations

import os
import time
from itertools import islice
from pathlib import Path

import pytest
from msgspec.structs import replace

from marketplace_tui import cli
from simulator.history import RunDirectory
from simulator.history import progress as progress_module
from simulator.history.progress import Begun, Ended, Progress, ProgressFile, ProgressReader, Said, progress_in
from simulator.history.runs import is_carried_out, newest_runs
from simulator.history.samples import SIMULATOR, ProcessSample, Usage, samples_in
from simulator.measure.measurements import SECOND
from simulator.run.process_figures import memory_growth, process_figures
from simulator.run.processes import ProcessReader

BEGUN = Begun(at=1, run_id="r", seed=7, pid=os.getpid(), load="much", planned_us=SECOND)
ENDED = Ended(at=3, verdict="pass", exit_code=0, partial=False, lines=("verdict: pass",))


def test_progress_is_told_and_read_as_it_grows(tmp_path: Path) -> None:
    path, told = tmp_path / "progress.jsonl", list[Progress]()
    with ProgressFile(path, told.append) as file:
        file.add(BEGUN)
        reader = ProgressReader(path)
        assert list(reader.new()) == [BEGUN]
        file.add(Said(at=2, text="ü\n\u2028"))
        with path.open("ab") as other:
            other.write(b'{"kind":"later","at":1}\n\xff\n{"kind":"said","at":%s,"text":""}\n' % (b"9" * 400))
            other.write(b'{"kind":"sa')
        assert list(reader.new()) == [Said(at=2, text="ü\n\u2028")]
        assert list(reader.new()) == []
    assert told == progress_in(path)
    assert progress_in(tmp_path / "none") == []


def test_a_line_without_end_is_read_in_pieces_and_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "progress.jsonl"
    path.write_bytes(b"x" * 1010)
    with ProgressFile(path, lambda _progress: None) as file:
        file.add(ENDED)
        file.add(BEGUN)
        file.add(ENDED)
    monkeypatch.setattr(progress_module, "_LONGEST_LINE", 250)
    reader = ProgressReader(path)
    assert list(islice(reader.new(), 1)) == [BEGUN]
    assert list(reader.new()) == [ENDED]


def test_the_newest_run_is_the_first_of_those_that_have_told_progress(tmp_path: Path) -> None:
    for name in ("20260301T1-7-a", "20260302T1-7-b", "20260303T1-7-c"):
        (tmp_path / name).mkdir()
    (tmp_path / "notes").write_text("no run")
    for name in ("20260301T1-7-a", "20260302T1-7-b"):
        RunDirectory(tmp_path / name).progress.touch()
    assert [found.path.name for found in newest_runs(tmp_path)] == ["20260302T1-7-b", "20260301T1-7-a"]
    assert list(newest_runs(tmp_path / "none")) == []


def test_a_run_is_carried_out_by_the_process_that_began_it() -> None:
    begun = replace(BEGUN, at=time.time_ns() // 1000)
    assert is_carried_out(begun)
    assert not is_carried_out(replace(begun, at=begun.at - 10 * 365 * 86_400 * SECOND))
    assert not any(is_carried_out(replace(begun, pid=pid)) for pid in (2**22 + 1, -1, 2**70))


def watch(directory: Path, progress: list[Progress], *arguments: str) -> int:
    with ProgressFile(RunDirectory(directory).progress, lambda _progress: None) as file:
        for each in progress:
            file.add(each)
    return cli.run(["simulate", "watch", str(directory), *arguments])


def test_a_run_that_ends_is_watched_to_its_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a").mkdir()
    assert watch(tmp_path / "a", [BEGUN, Said(at=2, text="so"), ENDED]) == 0
    assert capsys.readouterr().out.splitlines() == ["run r, seed 7: much", "so", "verdict: pass"]
    (tmp_path / "b").mkdir()
    assert watch(tmp_path / "b", [BEGUN, ENDED], "--json") == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith('{"kind":"ended","at":3')
    assert cli.run(["simulate", "watch", str(tmp_path)]) == 64


def test_a_run_that_was_killed_has_no_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gone = Begun(at=1, run_id="r", seed=7, pid=2**22 + 1, load="much", planned_us=SECOND)
    assert watch(tmp_path, [gone, Said(at=2, text="so")]) == 70
    said = capsys.readouterr()
    assert said.out.splitlines()[-1] == "so"
    assert "was killed" in said.err


def test_the_simulator_sees_itself() -> None:
    reader = ProcessReader(None)
    first, second = reader.read(SECOND), reader.read(2 * SECOND)
    assert list(second.processes) == [SIMULATOR]
    assert first.processes[SIMULATOR].cpu == 0
    assert 0 <= second.processes[SIMULATOR].cpu < 5
    assert second.processes[SIMULATOR].memory > 10_000_000


def used(*memory: int, pid: int = 1, begin: int = 0) -> list[tuple[int, Usage]]:
    return [((begin + second) * SECOND, Usage(pid, 0.5, size)) for second, size in enumerate(memory)]


def test_growth_is_that_after_the_warm_up_and_of_the_newest_process() -> None:
    flat = used(*(10 + second for second in range(40)), *([100] * 100))
    assert memory_growth(flat, 0) == 0
    assert memory_growth(used(*range(100, 180)), 0) == pytest.approx(36, abs=2)
    assert memory_growth(used(1, 2, 3), 0) is None
    again = [*used(*([500] * 60)), *used(*([80] * 30), pid=2, begin=60)]
    assert memory_growth(again, 0) == 0
    warms_again = [*used(*([500] * 60)), *used(*range(30), *([80] * 110), pid=2, begin=60)]
    assert memory_growth(warms_again, 0) == 0
    assert memory_growth([], 0) is None


def test_the_figures_of_processes_are_those_of_the_load(tmp_path: Path) -> None:
    samples = [
        ProcessSample(second * SECOND, {"order": Usage(1 + second // 20, second / 10, 100 + second)})
        for second in range(30)
    ]
    figures = process_figures(samples, 10 * SECOND, 20 * SECOND)["order"]
    assert (figures["memoryFirst"], figures["memoryLast"], figures["memoryPeak"]) == (110, 120, 120)
    assert (figures["cpuMean"], figures["cpuPeak"], figures["startedAgain"]) == (1.5, 2.0, 1)
    assert figures["memoryFlat"] is None
    path = tmp_path / "processes.jsonl"
    path.write_bytes(b'{"at":1,"processes":{}}\n{"at":2')
    assert samples_in(path, ProcessSample) == [ProcessSample(1, {})]
    assert samples_in(tmp_path / "none", ProcessSample) == []
