"""The judgement of the run with kills: what each fault of a broker would look like, and that it is found."""

from __future__ import annotations

import pytest

from tests.broker.kills.consumer import crc
from tests.broker.kills.journal import Acknowledged, Assigned, Committed, Entry, Problem, Read
from tests.broker.kills.judging import Log, faults

LOG: Log = {0: [b"a 0", b"b 0", b"a 1", b"b 1"], 1: []}
SOUND: list[Entry] = [
    Acknowledged("a", 0, 0, 0),
    Acknowledged("a", 0, 1, 2),
    Assigned("g", 0, 0, 1.0),
    Read("g", 0, 0, 1, crc(LOG[0][:2])),
    Committed("g", 0, 2, 2.0, 3.0),
    Assigned("g", 0, 2, 4.0),
    Read("g", 0, 2, 3, crc(LOG[0][2:])),
    Committed("g", 0, 4, 5.0, 6.0),
]


def test_a_sound_run_has_no_faults() -> None:
    assert faults(LOG, SOUND, ["g"]) == []


@pytest.mark.parametrize(
    ("values", "entries", "fault"),
    [
        ([b"a 0"], [Acknowledged("a", 0, 1, 1)], "lost: a 1 was acknowledged at [0]@1, where is nothing"),
        ([b"a 0", b"b 0"], [Acknowledged("a", 0, 1, 1)], "lost: a 1 was acknowledged at [0]@1, where is b 0"),
        ([b"a 0", b"a 0"], [], "twice or reordered: a 0 at [0]@1, where 1 comes next"),
        ([b"a 1", b"a 0"], [], "twice or reordered: a 0 at [0]@1, where 2 comes next"),
        ([b"a 0", b"a 2"], [], "missing before it: a 2 at [0]@1, where 1 comes next"),
        ([b"a 0"], [Read("g", 0, 0, 0, crc([b"b 0"]))], "g has read other values at [0]@0 to 0"),
        ([], [Committed("g", 0, 5, 1.0, 2.0), Assigned("g", 0, 4, 3.0)], "went back: g[0] from 5 to 4"),
        ([], [Committed("g", 0, 5, 1.0, 2.0), Committed("g", 0, 4, 3.0, 4.0)], "went back: g[0] from 5 to 4"),
        ([], [Problem("a: a fatal error")], "a: a fatal error"),
    ],
)
def test_a_fault_is_found(values: list[bytes], entries: list[Entry], fault: str) -> None:
    assert fault in faults({0: values}, entries, [])


def test_what_a_group_has_not_read_is_found() -> None:
    found = faults(LOG, [each for each in SOUND if not (isinstance(each, Read) and each.first == 2)], ["g"])
    assert found == ["g has not read 2 records of [0], the first at 2"]


def test_an_offset_may_be_asked_for_while_a_greater_one_is_under_way() -> None:
    entries: list[Entry] = [Committed("g", 0, 5, 1.0, 4.0), Assigned("g", 0, 4, 3.0)]
    assert faults({0: []}, entries, []) == []
