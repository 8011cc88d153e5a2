"""Offsets that were not read are lost records only below the start of the log."""

from __future__ import annotations

import msgspec
import pytest

from simulator.auditor import partitions
from simulator.auditor.partitions import Partitions
from simulator.history.final import Final, Starts
from simulator.trace.records import TracedRecord

TOPIC = "order-created"


@pytest.mark.parametrize("most_missing", [10_000, 0])
@pytest.mark.parametrize(
    ("starts", "lost"),
    [
        ({}, 3),
        ({TOPIC: {1: 0}}, 3),
        ({TOPIC: {0: 0}}, 0),
        ({TOPIC: {0: 2}}, 0),
        ({TOPIC: {0: 3}}, 1),
        ({TOPIC: {0: 6}}, 2),
        ({TOPIC: {0: 99}}, 3),
    ],
)
def test_a_hole_is_a_loss_only_below_the_start_of_the_log(
    monkeypatch: pytest.MonkeyPatch, starts: Starts, lost: int, most_missing: int
) -> None:
    monkeypatch.setattr(partitions, "_MOST_MISSING", most_missing)
    read = Partitions()
    for offset in (0, 1, 4, 5, 7):  # at 2, 3 and 6 lie the markers of transactions
        read.fold(TracedRecord(TOPIC, 0, offset, 0, (), b"value"))
    assert [violation.detail.split()[0] for violation in read.end(starts)] == ([str(lost)] if lost else [])


def test_the_starts_of_the_log_are_kept_with_the_last_answers() -> None:
    stored = b'{"orders": [], "logStarts": {"order-created": {"0": 7}}}'
    assert msgspec.json.decode(stored, type=Final).log_starts == {TOPIC: {0: 7}}
