"""A recording by time: its order, its flows, and files that are none, or others than before."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from simulator.trace import FlowStore, TracedRecord, flow_of
from simulator.trace.recording import NoRecording, Recorder
from simulator.trace.timed import TimedRecording
from tests.unit.simulator.purchase import CREATED, EVENTS, purchase
from tests.unit.simulator.records import ORDER, record

ODD = 'a"b\\é☃'
"""An id that JSON writes in several ways."""

OTHERS = [
    replace(record("order-created", 100 + number, event_id=f"x{number}", after_ms=7, correlation=flow_id))
    for number, flow_id in enumerate((ODD, ORDER[:-1], f"{ORDER}-and-more"))
]


def written(path: Path, records: Sequence[TracedRecord]) -> TimedRecording:
    """A recording of these, with all of it found."""
    with Recorder(path) as recorder:
        recorder.write(list(records))
    recording = TimedRecording(path)
    recording.find_all(lambda _share: True)
    return recording


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.permutations([*purchase(), *OTHERS]))
def test_records_are_in_the_order_of_time_and_flows_are_whole(tmp_path: Path, records: list[TracedRecord]) -> None:
    recording = written(tmp_path / "file", records)
    found = recording.records(0, len(recording))
    assert [each.written_at for each in found] == sorted(each.written_at for each in records)
    assert sorted(each.place for each in found) == sorted(each.place for each in records)
    for moment in {each.written_at for each in records}:
        assert recording.count_until(moment) == sum(each.written_at <= moment for each in records)
    for flow_id in (ORDER, ODD, ORDER[:-1], "nothing", ""):
        flow = flow_of(flow_id, records)
        assert recording.flow(flow_id) == (flow if flow.events else None)
    store = FlowStore()
    store.add_all(records)
    assert recording.seen().progress == store.seen().progress
    recording.close()


def test_the_next_record_that_passes_is_found_on_both_sides(tmp_path: Path) -> None:
    recording = written(tmp_path / "file", [*purchase()] * 40)
    start, mails = EVENTS[0].written_at, sorted({each.written_at for each in EVENTS if "notification" in each.topic})

    def is_mail(each: TracedRecord) -> bool:
        return each.topic == "notification-sent"

    assert recording.next_time(start, is_mail) == mails[0]
    assert recording.next_time(mails[0], is_mail) == mails[1]
    assert recording.next_time(mails[-1], is_mail) is None
    assert recording.time_before(recording.last + 1, is_mail) == mails[-1]
    assert recording.time_before(mails[0], is_mail) is None
    recording.close()


def test_a_recording_that_was_cut_off_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    path = tmp_path / "file"
    written(path, EVENTS).close()
    whole = path.read_bytes()
    for length in (len(whole) - 1, len(whole) // 2, 21, 20):
        path.write_bytes(whole[:length])
        recording = TimedRecording(path)
        recording.find_all(lambda _share: True)
        assert recording.records(0, 100) == sorted(EVENTS[: len(recording)], key=lambda each: each.written_at)
        assert len(recording) < len(EVENTS)
        recording.close()
    assert (len(recording), recording.first, recording.last) == (0, 0, 0)


def test_what_is_no_recording_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for content in (b"", b"no recording", b"marketplace-trace"):
        path.write_bytes(content)
        with pytest.raises(NoRecording, match="is no recording"):
            TimedRecording(path)
    written(path, [CREATED]).close()
    path.write_bytes(path.read_bytes()[:20] + b"\xff\xff\xff\xff" * 10)
    recording = TimedRecording(path)
    with pytest.raises(NoRecording, match="is damaged"):
        recording.find_all(lambda _share: True)
    recording.close()


def test_a_file_that_was_replaced_is_noticed(tmp_path: Path) -> None:
    recording = written(tmp_path / "file", EVENTS)
    with Recorder(tmp_path / "file"):
        pass
    with pytest.raises(NoRecording, match="is damaged"):
        recording.records(0, 3)
    recording.close()
    with pytest.raises(NoRecording, match="is damaged"):
        recording.records(0, 3)


def test_it_ends_where_it_is_told_to(tmp_path: Path) -> None:
    written(tmp_path / "file", EVENTS).close()
    recording = TimedRecording(tmp_path / "file")
    recording.find_all(lambda _share: False)
    assert len(recording) == 0
    recording.close()
