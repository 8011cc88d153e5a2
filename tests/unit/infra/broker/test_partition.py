"""The log of a partition against a plain list: appended, read, cut, deleted, opened again as the files are."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from services_stub.infra.kafka.broker import errors, partition
from services_stub.infra.kafka.broker.partition import Partition
from tests.unit.infra.broker.batches import NOW, a_batch, a_partition, limits, offsets, values


class Recorder:
    """Writes down up to where the log can be read, as often as it is told of it."""

    def __init__(self, told: list[int]) -> None:
        self._told = told

    def appended(self, partition: Partition) -> None:
        self._told.append(partition.high_watermark)


class AgainstAList(RuleBasedStateMachine):
    """After any changes, readers get the batches that were appended and not deleted, at the offsets that were told."""

    @initialize(segment_bytes=st.sampled_from([200, 5000, 10**6]))
    def begin(self, segment_bytes: int) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.config = {"segment_bytes": segment_bytes}
        self.log = self.opened()
        self.batches: list[tuple[int, int]] = []
        self.start = self.end = 0

    def opened(self) -> Partition:
        return a_partition(self.folder / "topic-0", **self.config)

    @rule(count=st.integers(1, 4), size=st.sampled_from([0, 100, 5000]))
    def append(self, count: int, size: int) -> None:
        assert self.log.append(memoryview(a_batch(*[bytes(size)] * count, time=self.end))) == (errors.NONE, self.end)
        self.batches.append((self.end, self.end + count))
        self.end += count

    @rule()
    def kill_and_start(self) -> None:
        self.log.drop()
        self.log = self.opened()

    @rule()
    def stop_and_start(self) -> None:
        self.log.close()
        self.log = self.opened()

    @rule(share=st.floats(0, 1))
    def delete(self, share: float) -> None:
        self.start += round(share * (self.end - self.start))
        self.log.delete_before(self.start)

    @rule()
    def compact(self) -> None:
        self.log.rewrite([a_batch(b"live")])
        self.start, self.end = self.end, self.end + 1
        self.batches.append((self.start, self.end))

    @rule(share=st.floats(0, 1), max_bytes=st.sampled_from([1, 1000, 10**6]))
    def read_from(self, share: float, max_bytes: int) -> None:
        offset = self.start + round(share * (self.end - self.start))
        assert offsets(self.log, offset, max_bytes) == [first for first, end in self.batches if end > offset]

    @rule(share=st.floats(0, 1))
    def look_for_a_time(self, share: float) -> None:
        found = self.log.offset_at(round(share * self.end))
        assert found is None or self.start <= found[0] < self.end

    @invariant()
    def the_bounds_are_known(self) -> None:
        assert (self.log.start, self.log.end, self.log.high_watermark) == (self.start, self.end, self.end)

    def teardown(self) -> None:
        self.log.close()
        shutil.rmtree(self.folder)


AgainstAList.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestAgainstAList = AgainstAList.TestCase


def test_a_tail_that_is_torn_at_any_byte_is_cut_and_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    log = a_partition(tmp_path / "log")
    for number in range(3):
        log.append(a_batch(b"%d" % number))
    file = tmp_path / "log" / f"{0:020}.log"
    whole = file.read_bytes()
    size = len(whole) // 3
    for length in range(len(whole)):
        file.write_bytes(whole[:length])
        log = a_partition(tmp_path / "log")
        assert values(log) == [b"0", b"1", b"2"][: length // size]
        assert file.stat().st_size == length // size * size
        assert ("are cut" in caplog.text) is (length % size > 0)
        caplog.clear()
        assert log.append(a_batch(b"more")) == (errors.NONE, length // size)
        assert values(a_partition(tmp_path / "log"))[-1] == b"more"


def test_bytes_that_changed_are_cut_with_all_behind_them(tmp_path: Path) -> None:
    log = a_partition(tmp_path / "log")
    for number in range(3):
        log.append(a_batch(b"%d" % number))
    file = tmp_path / "log" / f"{0:020}.log"
    whole = bytearray(file.read_bytes())
    whole[len(whole) // 2] ^= 1
    file.write_bytes(whole)
    assert values(a_partition(tmp_path / "log")) == [b"0"]


def test_a_stored_index_that_does_not_fit_is_made_again(tmp_path: Path) -> None:
    log = a_partition(tmp_path / "log", segment_bytes=300)
    for number in range(9):
        log.append(a_batch(b"%d" % number, producer=1, epoch=0, sequence=number))
    log.close()
    for index in sorted((tmp_path / "log").glob("*.index")):
        index.write_bytes(index.read_bytes()[:-1])
        log = a_partition(tmp_path / "log")
        assert values(log) == [b"%d" % number for number in range(9)]
        assert log.append(a_batch(b"8", producer=1, epoch=0, sequence=8)) == (errors.NONE, 8)
        assert log.end == 9


def test_after_a_clean_stop_no_batch_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = a_partition(tmp_path / "log")
    log.append(a_batch(b"1", producer=1, epoch=0, sequence=0))
    log.close()
    monkeypatch.setattr("services_stub.infra.kafka.broker.segment.is_intact", lambda *_: pytest.fail("was read"))
    log = a_partition(tmp_path / "log")
    assert log.end == 1
    assert log.append(a_batch(b"1", producer=1, epoch=0, sequence=0)) == (errors.NONE, 0)


def test_after_a_crash_what_is_behind_the_stored_index_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partition, "_STORE_INTERVAL", 1000)
    log = a_partition(tmp_path / "log")
    for number in range(50):
        log.append(a_batch(bytes(100), producer=1, epoch=0, sequence=number))
    checked: list[int] = []

    def is_intact(batch: bytes, crc: int) -> bool:
        checked.append(crc)
        return True

    monkeypatch.setattr("services_stub.infra.kafka.broker.segment.is_intact", is_intact)
    log = a_partition(tmp_path / "log")
    assert log.end == 50
    assert len(checked) <= 8
    assert log.append(a_batch(bytes(100), producer=1, epoch=0, sequence=50)) == (errors.NONE, 50)
    assert log.append(a_batch(bytes(100), producer=1, epoch=0, sequence=47)) == (errors.NONE, 47)


def test_times_are_found_as_in_a_list(tmp_path: Path) -> None:
    log = a_partition(tmp_path / "log", segment_bytes=20_000)
    times = [5, 9, 3, 3, 12, 12, 40, 20, 1, 50]
    for time in times:
        log.append(a_batch(bytes(5000), bytes(5000), time=time))
    for wanted in range(52):
        found = next(((2 * place, time) for place, time in enumerate(times) if time >= wanted), None)
        assert log.offset_at(wanted) == found
    assert log.newest() == 50


def test_memory_holds_the_end_of_the_log_only(tmp_path: Path) -> None:
    log = a_partition(tmp_path / "log")
    for _ in range(300):
        log.append(a_batch(bytes(1000)))
    assert sum(map(len, log._tail)) <= partition.TAIL_BYTES
    assert offsets(log) == list(range(300))
    assert offsets(log, max_bytes=10_000) == list(range(300))


def test_segments_are_deleted_by_age(tmp_path: Path) -> None:
    def log_at(hours: float) -> Partition:
        return a_partition(tmp_path / "log", NOW + hours * 3600, segment_bytes=1, retention_ms=3_600_000)

    log = log_at(0)
    for minutes in (0, 30, 60):
        log.append(a_batch(b"%d" % minutes, time=int(NOW + minutes * 60) * 1000))
    log.retain()
    assert values(log) == [b"0", b"30", b"60"]
    log = log_at(1.1)
    log.retain()
    assert values(log) == [b"30", b"60"]
    log = log_at(9)
    log.retain()
    assert (log.start, log.end, values(log)) == (3, 3, [])
    assert len(list((tmp_path / "log").glob("*.log"))) == 1
    assert log_at(9).append(a_batch(b"new")) == (errors.NONE, 3)


def test_segments_are_deleted_by_size(tmp_path: Path) -> None:
    log = a_partition(tmp_path / "log", segment_bytes=1, retention_ms=-1, retention_bytes=3 * len(a_batch(b"0")))
    for number in range(9):
        log.append(a_batch(b"%d" % number))
    log.retain()
    assert values(log) == [b"6", b"7", b"8"]
    assert log.start == 6


def test_segments_that_cannot_be_deleted_now_are_deleted_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = a_partition(tmp_path / "log", segment_bytes=1, retention_ms=1)
    for number in range(3):
        log.append(a_batch(b"%d" % number))
    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", lambda *_, **__: (_ for _ in ()).throw(OSError("the disk is full")))
        log.retain()
    assert log.start == 0
    log.retain()
    assert log.start == 3


def test_a_log_without_the_policy_to_delete_is_kept(tmp_path: Path) -> None:
    log = a_partition(tmp_path / "log", segment_bytes=1, retention_ms=1, retention_bytes=1, cleanup_policy="compact")
    for number in range(3):
        log.append(a_batch(b"%d" % number))
    log.retain()
    assert log.start == 0


def test_those_that_wait_are_told_once_of_the_next_append(tmp_path: Path) -> None:
    log = a_partition(tmp_path / "log")
    called: list[int] = []
    log.waiting.add(Recorder(called))
    log.append(a_batch(b"1"))
    log.append(a_batch(b"2"))
    assert called == [1]


def test_held_batches_are_seen_when_they_are_released(tmp_path: Path) -> None:
    log = a_partition(tmp_path / "log")
    log.append(a_batch(b"0"))
    log.hold()
    for number in range(200):
        log.append(a_batch(bytes(1000), b"%d" % number))
    called: list[int] = []
    log.waiting.add(Recorder(called))
    assert (offsets(log, max_bytes=10**6), log.high_watermark, log.end) == ([0], 1, 401)
    log.release()
    assert (offsets(log, max_bytes=10**6), called) == ([0, 1], [3])
    assert log.offset_at(0) == (0, 1)
    log.release_all()
    assert len(offsets(log)) == 201
    log.release()
    assert log.high_watermark == log.end


def test_a_disk_that_is_full_loses_nothing_and_is_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    log = a_partition(tmp_path / "log")
    log.append(a_batch(b"0", producer=1, epoch=0, sequence=0))
    with monkeypatch.context() as patch:
        patch.setattr("os.write", lambda file, data: 10)
        for _ in range(3):
            assert log.append(a_batch(b"1", producer=1, epoch=0, sequence=1)) == (errors.KAFKA_STORAGE_ERROR, -1)
    assert caplog.text.count("cannot be written") == 1
    assert log.append(a_batch(b"1", producer=1, epoch=0, sequence=1)) == (errors.NONE, 1)
    assert values(a_partition(tmp_path / "log")) == [b"0", b"1"]


def test_with_fsync_a_batch_is_on_the_disk_before_it_is_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    monkeypatch.setattr("os.fsync", synced.append)
    Partition("topic", 0, tmp_path / "log", limits({"flush_messages": 1}), lambda: NOW, set()).append(a_batch(b"1"))
    assert len(synced) == 1


def test_a_batch_that_is_refused_leaves_no_trace(tmp_path: Path) -> None:
    log = a_partition(tmp_path / "log")
    assert log.append(b"short") == (errors.CORRUPT_MESSAGE, -1)
    assert log.append(a_batch(b"1")[:-1] + b"?") == (errors.CORRUPT_MESSAGE, -1)
    assert log.append(a_batch(b"1", producer=1, epoch=0, sequence=7)) == (errors.NONE, 0)
    assert log.append(a_batch(b"1", producer=1, epoch=0, sequence=9)) == (errors.OUT_OF_ORDER_SEQUENCE_NUMBER, -1)
    assert (log.end, values(log)) == (1, [b"1"])
