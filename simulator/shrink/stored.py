"""A stored run that failed, and how parts of its plan are run again."""

from __future__ import annotations

from pathlib import Path

import msgspec

from simulator.auditor.checks import Kind, kind_of
from simulator.faults.planned import planned
from simulator.faults.run_faults import RunFaults
from simulator.history.directory import RunDirectory
from simulator.history.verdict import BAD_ARGUMENTS, INTERNAL_ERROR, INTERRUPTED, NOT_REACHABLE, Verdict
from simulator.plan import Plan
from simulator.plan.numbers import numbers_of
from simulator.run.options import RunOptions
from simulator.run.running import Run
from simulator.run.targets import Choice
from simulator.scenario import Loop, scenario_in, scenario_text
from simulator.shrink.shrinking import Part


class CannotShrink(Exception):
    """There is nothing to shrink; the text says why."""


class StoredRun:
    """A run that failed. The runs of its parts lie in `kept`.

    `whole` is all of its plan, and `failed` are its violated checks, or that it was not drained.
    """

    def __init__(self, directory: RunDirectory, kept: Path) -> None:
        """Raises CannotShrink; and as reading the files of the run does."""
        self._record, self._kept = directory.read(), kept
        self.seed = self._record.seed
        self._scenario_file = directory.path / "scenario.toml"
        self._scenario = scenario_in(self._record.scenario)
        if self._scenario.load.loop is Loop.CLOSED:
            raise CannotShrink("the sessions of a closed loop depend on its answers, so that none can be left out")
        if not self._record.target.kafka:
            raise CannotShrink("its marketplace ran elsewhere; parts are run on fresh ones of this machine")
        self.failed = failed_in(directory)
        if not self.failed:
            raise CannotShrink("it did not fail")
        self.whole = Part(self._sessions(), self._record.faults)

    @property
    def kafka(self) -> str:
        """The value of `--kafka` for such a marketplace."""
        target = self._record.target
        return target.bootstrap_servers if target.kafka == "external" else target.kafka

    def run(self, part: Part) -> frozenset[str]:
        """Run a part of the plan; what failed in it.

        Raises:
            CannotShrink: it could not be run; the text says why.
            KeyboardInterrupt: it was interrupted.
        """
        load_end = int(self._scenario.load.end)
        options = RunOptions(
            scenario=self._scenario,
            seed=self.seed,
            sessions=frozenset(part.sessions),
            choice=Choice(fresh=True, kafka=self.kafka),
            runs=self._kept,
            workers=self._record.workers,
            faults=RunFaults([planned(text) for text in part.faults], seed=self.seed, end_us=load_end),
        )
        made = Run(options, lambda _line: None)
        code = made.execute()
        if code == INTERRUPTED:
            raise KeyboardInterrupt
        if code in (BAD_ARGUMENTS, NOT_REACHABLE, INTERNAL_ERROR):
            raise CannotShrink("\n".join(made.lines))
        return failed_in(made.directory)

    def write_scenario(self) -> Path:
        """Put the scenario beside the run, as a file that a run takes."""
        self._scenario_file.write_text(scenario_text(self._scenario), encoding="utf-8")
        return self._scenario_file

    def _sessions(self) -> tuple[int, ...]:
        if self._record.sessions:
            return tuple(sorted(numbers_of(self._record.sessions)))
        return tuple(session.number for session in Plan(self._scenario, self.seed).sessions())


class _Verdict(msgspec.Struct):
    """The verdict in `violations.json`, and the violations by check."""

    verdict: Verdict
    counts: dict[str, int]


def failed_in(directory: RunDirectory) -> frozenset[str]:
    """The checks that are violated in a run, or that it was not drained; nothing where it was not judged.

    Raises:
        msgspec.MsgspecError: the file that says so is damaged.
        OSError: it cannot be read.
    """
    if not directory.violations.exists():
        return frozenset()
    judged = msgspec.json.decode(directory.violations.read_bytes(), type=_Verdict)
    if judged.verdict is Verdict.NOT_DRAINED:
        return frozenset({judged.verdict.value})
    return frozenset(check for check in judged.counts if kind_of(check) is not Kind.UNREAD)
