"""A violation in the log is told while the run is under way, and is one that the pass afterwards finds."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from simulator.run.online import OnlineAudit
from simulator.trace.records import TracedRecord
from tests.unit.simulator.defects import twice
from tests.unit.simulator.sound_history import sound_history
from tests.unit.simulator.synthetic_history import SyntheticHistory
from tests.unit.simulator.test_audit_mutants import MUTANTS


def told_of(run: SyntheticHistory) -> tuple[list[str], int]:
    """The lines that are told while the records come one by one, and the number of violations."""
    told: list[str] = []
    audit = OnlineAudit(told.append)
    for record in run.records:
        audit.take([record])
    return told, audit.violations


def test_nothing_is_told_of_a_sound_run() -> None:
    assert told_of(sound_history()) == ([], 0)


def test_the_first_violation_of_a_check_is_told_as_soon_as_its_record_is_read() -> None:
    run = sound_history()
    twice("payment-success", "paid")(run)
    twice("payment-success", "shipped")(run)
    (line,), violations = told_of(run)
    assert line.startswith("violation: double-charge: paid: ")
    assert violations == 2


@pytest.mark.parametrize(("defect", "names"), MUTANTS.values(), ids=MUTANTS)
def test_no_more_is_told_than_is_found_afterwards(defect: Callable[[SyntheticHistory], None], names: set[str]) -> None:
    run = sound_history()
    defect(run)
    assert {line.split(": ")[1] for line in told_of(run)[0]} <= set(names)


def test_a_bug_in_the_judging_ends_it_and_not_the_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_auditor: object, _records: list[TracedRecord]) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("simulator.run.online.Auditor.take", fail)
    told, violations = told_of(sound_history())
    assert (told, violations) == (["judged after the drain alone: RuntimeError: a bug"], 0)
