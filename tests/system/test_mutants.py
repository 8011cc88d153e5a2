"""The auditor on real marketplaces: two that are broken on purpose, and two sound ones. `make mutants` has all."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.system.mutants.catalogue import MUTANTS
from tests.system.mutants.verdicts import of_mutant, of_seed

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", ["stock-is-not-checked", "shopper-lists-all-orders"])
def test_a_broken_service_is_found_by_its_names_with_evidence(name: str, tmp_path: Path) -> None:
    result = of_mutant(MUTANTS[name], tmp_path, "")
    assert result.good, result.line()


@pytest.mark.parametrize("seed", [1, 2])
def test_a_sound_marketplace_raises_no_alarm(seed: int, tmp_path: Path) -> None:
    result = of_seed(seed, tmp_path, "")
    assert result.good, result.line()
