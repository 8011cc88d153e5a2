"""Less than a minute of each run that takes long: `make broker-kills`, `make broker-fuzz` and `make broker-million`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.broker.fuzz.fuzzing import fuzz, wrong
from tests.broker.kills.killing import kill_at_random
from tests.broker.million import write_and_read

SEED = 11

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


def test_kills_of_clients_and_of_the_broker_lose_and_repeat_nothing(tmp_path: Path) -> None:
    result = kill_at_random(20, SEED, tmp_path, print)
    assert result.wrong == []
    assert result.acknowledged > 0
    assert set(result.kills) == {"broker", "consumer", "producer"}


def test_mutated_requests_do_not_stop_the_broker(tmp_path: Path) -> None:
    fuzzed = fuzz(100_000, SEED, tmp_path, print)
    assert wrong(fuzzed) == []
    assert fuzzed.canary.rounds > 0


def test_a_reader_from_the_beginning_gets_every_record(tmp_path: Path) -> None:
    result = write_and_read(20_000, tmp_path, print)
    assert result.wrong == []
    assert result.records == 200_000
