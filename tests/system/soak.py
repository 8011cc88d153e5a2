"""`python -m tests.system.soak --minutes 30 --rate 300`: purchases at a steady rate, and a fault each minute.

The run has to pass, and its end to be like its beginning: orders a second, their CPU, and the memory of each process in
the last minutes, beside the first minutes after the warm-up. Both have the same faults, so that what differs is not by
them. Prints a table; exits with 1 if something is wrong. The speed of the machine stands in the table, too, because
orders take more CPU on a machine that became slower.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from statistics import fmean, median
from typing import NamedTuple

from simulator.faults.kinds import WORDS
from simulator.faults.planned import FaultError, planned
from simulator.faults.run_faults import RunFaults
from simulator.history import RunDirectory
from simulator.history.samples import SIMULATOR
from simulator.measure.measurements import SECOND
from simulator.measure.summary import summarized
from simulator.report.results import Results, read_results
from simulator.report.series import Series, load_of, usage_series
from simulator.run.process_figures import FLAT, WARM_UP
from simulator.scenario.quantities import Duration
from tests.system.machine_speed import Speed, measured_machine
from tests.system.poison_soak.judging import MIB, SHORTEST, STORES
from tests.system.poison_soak.soaking import SCENARIO

_SEED = 7
_EVERY = 60.0
_MINUTE = 60
_WINDOW = WARM_UP // SECOND
"""Seconds of the warm-up, and of both windows; of a load that is too short for them, a quarter each."""
_MOST = FLAT
"""By so many percent an end may differ from its beginning; what lies below zero is no fault of memory and CPU."""


class Window(NamedTuple):
    """The figures from `begin` to `end`, in seconds of the load. CPU is of all processes of the marketplace."""

    begin: int
    end: int
    orders: int
    """That were paid or declined."""
    cpu_ms: float
    """Of each order."""
    memory: dict[str, float]
    """The median of each process, in bytes."""

    @property
    def rate(self) -> float:
        """Orders a second."""
        return self.orders / (self.end - self.begin)


def soak(minutes: float, rate: float, every: float, directory: Path) -> tuple[int, str, Results]:
    """Run it in a marketplace of its own, with a fault every so many seconds: exit code, output, and what it left.

    Raises:
        AssertionError: it did not begin.
        FaultError: it is too short for a fault.
        OSError: it left no results.
    """
    seconds = round(minutes * 60)
    scenario, runs = directory / "scenario.toml", directory / "runs"
    scenario.write_text(SCENARIO, encoding="utf-8")
    command = [sys.executable, "-m", "marketplace_tui", "simulate", "run", str(scenario), "--fresh"]
    command += ["--seed", str(_SEED), "--rate", f"{rate:g}", "--duration", f"{seconds}s", "--drain", "2m"]
    command += [argument for fault in faults_of(seconds, every) for argument in ("--fault", fault)]
    done = subprocess.run(
        [*command, "--runs", str(runs)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    assert runs.exists(), done.stdout
    (run,) = runs.iterdir()
    return done.returncode, done.stdout, read_results(RunDirectory(run))


def faults_of(seconds: int, every: float) -> list[str]:
    """As they are drawn, one in each interval; but those of the first window again in the last one.

    That is where the last window lies whole intervals later.

    Raises:
        FaultError: it is too short for a fault.
    """
    drawn = RunFaults((), WORDS, seed=_SEED, end_us=seconds * SECOND, interval_us=round(every * SECOND))
    faults = [planned(text) for text in drawn.of_a_fresh_one()]
    (begin, end), (last_begin, _) = bounds_of(seconds)
    later = last_begin - begin
    if later % every == 0:
        interval = begin - begin % every
        first = [fault for fault in faults if interval * SECOND <= fault.at < end * SECOND]
        faults = [fault for fault in faults if fault.at < (interval + later) * SECOND]
        faults += [replace(fault, at=Duration(fault.at + later * SECOND)) for fault in first]
    return [str(fault) for fault in faults]


def bounds_of(seconds: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """The begin and end of the windows that are compared, in seconds of a load that lasts so many."""
    length = min(_WINDOW, seconds // 4)
    return (length, 2 * length), (seconds - length, seconds)


def windows_of(results: Results) -> tuple[Window, Window]:
    """The first minutes after the warm-up, and the last ones."""
    usage = usage_series(results)
    first, last = bounds_of(int(load_of(results.record)))
    return _window(results, usage, *first), _window(results, usage, *last)


def _window(results: Results, usage: tuple[Series, Series], begin: int, end: int) -> Window:
    figures = summarized(results.measurements, "saga.paid", set(range(begin, end)))
    cpu, memory = (
        {name: [value for moment, value in points if begin <= moment < end] for name, points in series.items()}
        for series in usage
    )
    used = sum(fmean(values) for name, values in cpu.items() if values and name != SIMULATOR)
    sizes = {name: median(values) * MIB for name, values in memory.items() if values}
    return Window(begin, end, figures.answers, 1000 * used * (end - begin) / max(figures.answers, 1), sizes)


def judged(exit_code: int, output: str, results: Results, machine: list[Speed]) -> tuple[list[str], list[str]]:
    """The table, and all that is wrong."""
    summary = results.summary
    first, last = windows_of(results)
    wrong = [] if exit_code == 0 else [f"the run ended with {exit_code}: {output[-5000:]}"]
    lines = [
        f"verdict of the run: {summary.verdict.value}",
        *(f"  {reason}" for reason in summary.reasons),
        f"faults: {len(results.faults)}, which met {sum(each.hit_sagas for each in results.faults):,} open purchases",
        f"windows: seconds {first.begin} to {first.end}, and {last.begin} to {last.end}",
        *_compared(first, last, results, wrong),
        _line("machine, ms", *(_machine_ms(results, machine, each.begin, each.end) for each in (first, last))),
        "",
        *_minutes(results, machine),
    ]
    if summary.seconds < SHORTEST:
        return [*lines, f"Windows are judged in runs of {SHORTEST / 60:g} minutes and more."], wrong[: exit_code != 0]
    return lines, wrong


def _compared(first: Window, last: Window, results: Results, wrong: list[str]) -> Iterator[str]:
    yield f"{'':<18}{'first':>10}{'last':>10}{'change':>10}{'restarts':>10}"
    yield _line("orders/s", first.rate, last.rate)
    yield _line("CPU ms an order", first.cpu_ms, last.cpu_ms)
    if abs(_change(first.rate, last.rate)) > _MOST:
        wrong.append("the orders a second changed")
    if _change(first.cpu_ms, last.cpu_ms) > _MOST:
        wrong.append("the CPU of an order grew")
    orders = summarized(results.measurements, "saga.paid", set(range(first.end, last.end))).answers
    for name in sorted(first.memory.keys() & last.memory.keys()):
        before, after = first.memory[name], last.memory[name]
        yield _line(f"{name} MiB", before / MIB, after / MIB) + f"{results.summary.processes[name].started_again:>10}"
        if name in STORES:
            if (after - before) / max(orders, 1) > STORES[name]:
                wrong.append(f"{name} grew by {(after - before) / max(orders, 1):,.0f} bytes an order")
        elif name != SIMULATOR and _change(before, after) > _MOST:
            wrong.append(f"the memory of {name} is not flat")


def _machine_ms(results: Results, machine: list[Speed], begin: float, end: float) -> float:
    """The median of the CPU time that a fixed piece of work took, from `begin` to `end` in seconds of the load."""
    started = results.record.started_at
    return median([each.cpu_ms for each in machine if begin <= (each.at - started) / SECOND < end] or [0.0])


def _minutes(results: Results, machine: list[Speed]) -> Iterator[str]:
    """Each minute by itself: where orders became fewer, or dearer, and what was done to the marketplace then."""
    yield f"{'minute':<8}{'orders/s':>10}{'CPU ms an order':>17}{'simulator cores':>17}{'machine, ms':>13}  faults"
    usage, seconds = usage_series(results), int(load_of(results.record))
    for begin in range(0, seconds, _MINUTE):
        window = _window(results, usage, begin, min(begin + _MINUTE, seconds))
        own = [cores for moment, cores in usage[0].get(SIMULATOR, ()) if begin <= moment < window.end]
        begun = ((fault.begun_at - results.record.started_at) / SECOND for fault in results.faults)
        names = [f.name for f, at in zip(results.faults, begun, strict=True) if begin <= at < window.end]
        figures = f"{window.rate:>10.1f}{window.cpu_ms:>17.2f}{fmean(own or [0.0]):>17.2f}"
        figures += f"{_machine_ms(results, machine, begin, window.end):>13.2f}"
        yield f"{begin // _MINUTE:<8}{figures}  {', '.join(names)}"


def _change(before: float, after: float) -> float:
    return 100 * (after / before - 1) if before else 0.0


def _line(what: str, before: float, after: float) -> str:
    return f"{what:<18}{before:>10.2f}{after:>10.2f}{_change(before, after):>+8.1f} %"


def main() -> int:
    """Soak, and say what came of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.system.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0, help="how long orders are placed")
    parser.add_argument("--rate", type=float, default=300.0, help="orders a second")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="soak-") as directory:
        try:
            with measured_machine() as machine:
                done = soak(chosen.minutes, chosen.rate, _EVERY, Path(directory))
            lines, wrong = judged(*done, machine)
        except FaultError as error:
            parser.error(str(error))
        if wrong:
            kept = Path(directory, "runs").rename(Path(tempfile.mkdtemp(prefix="soak-failed-"), "runs"))
            lines += ["", f"The run lies in {kept}."]
    sys.stdout.write("\n".join([*lines, "", *(f"WRONG: {each}" for each in wrong), ""]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
