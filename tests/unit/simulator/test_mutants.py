"""The mutants of `tests/system/mutants`: each changes something that is there, and every check has one to find."""

from __future__ import annotations

import pytest

from services_stub.infra.config.services import SERVICES
from simulator.auditor.checks import Check
from simulator.faults.planned import planned
from tests.system.mutants.catalogue import MUTANTS
from tests.system.mutants.mutant import Mutant
from tests.system.mutants.patching import take_back

WITHOUT = {Check.INCONSISTENT_OFFSET, Check.SKIPPED_RECORDS}
"""Anomalies of a broker, or of its reader: no service can cause them."""


@pytest.mark.parametrize("mutant", MUTANTS.values(), ids=MUTANTS)
def test_a_mutant_changes_something_that_is_there(mutant: Mutant) -> None:
    try:
        mutant.patch()
    finally:
        changes = take_back()
    assert changes
    assert all(change.before is not change.after and change.before != change.after for change in changes)
    assert set(SERVICES) >= mutant.services > set()
    assert mutant.found
    for fault in mutant.faults:
        planned(fault)


def test_every_check_has_a_mutant_to_find() -> None:
    assert {check for mutant in MUTANTS.values() for check in mutant.found} == set(Check) - WITHOUT
