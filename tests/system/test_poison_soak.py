"""A minute of purchases with poison of every kind in between; `make poison-soak` takes half an hour of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.system.poison_soak.judging import judged
from tests.system.poison_soak.soaking import soak


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_poison_of_every_kind_becomes_dead_letters_beside_purchases(tmp_path: Path) -> None:
    lines, wrong = judged(soak(minutes=0.7, rate=30.0, every=15.0, runs=tmp_path))
    assert wrong == [], "\n".join(lines)
