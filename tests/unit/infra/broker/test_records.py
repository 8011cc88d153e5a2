"""Record batches: written and read back, placed in the log, and refused when they are not whole."""

from __future__ import annotations

import struct

import pytest
from google_crc32c import value as crc32c
from hypothesis import given
from hypothesis import strategies as st

from services_stub.infra.kafka.broker import errors, records
from services_stub.infra.kafka.broker.records import HEADER, Record
from tests.unit.infra.broker.batches import a_batch

FIELD = st.none() | st.binary(max_size=300)
RECORDS = st.lists(st.tuples(FIELD, FIELD, st.integers(-1, 2**62)), min_size=1, max_size=20)
OF_THE_PROTOCOL = bytes.fromhex(
    "0000000000000000 0000003c 00000000 02 d0def7a1 0000 00000000 0000018bcfe56800 0000018bcfe56800"
    "ffffffffffffffff ffff ffffffff 00000001 14 00 00 00 026b 0676616c 00"
)


def fault_of(batch: bytes, max_bytes: int = 1_000_000) -> int:
    return records.fault_of(memoryview(batch), HEADER.unpack_from(batch), max_bytes)


@given(RECORDS, st.integers(0, 2**40))
def test_records_of_a_batch_are_read_as_they_were_written(entries: list[Record], base: int) -> None:
    placed = records.placed(memoryview(records.batch(entries)), base)
    assert list(records.iterate(placed + placed)) == 2 * [
        (base + delta, key, value) for delta, (key, value, _) in enumerate(entries)
    ]
    assert fault_of(placed) == errors.NONE


def test_a_batch_is_written_as_the_protocol_has_it() -> None:
    ours = records.batch([(b"k", b"val", 1_700_000_000_000)])
    assert ours[21:] == OF_THE_PROTOCOL[21:]
    assert ours[:17] == OF_THE_PROTOCOL[:17]
    assert int.from_bytes(ours[17:21], "big") == crc32c(OF_THE_PROTOCOL[21:])


@given(RECORDS, st.data())
def test_every_changed_byte_behind_the_crc_is_found(entries: list[Record], data: st.DataObject) -> None:
    whole = records.batch(entries)
    place = data.draw(st.integers(17, len(whole) - 1))
    changed = bytearray(whole)
    changed[place] ^= data.draw(st.integers(1, 255))
    assert fault_of(bytes(changed)) == errors.CORRUPT_MESSAGE


def test_a_batch_says_why_it_cannot_be_appended() -> None:
    whole = a_batch(b"1", b"2")
    old = bytearray(whole)
    old[16] = 1
    assert fault_of(bytes(old)) == errors.UNSUPPORTED_FOR_MESSAGE_FORMAT
    assert fault_of(whole[:-1]) == errors.CORRUPT_MESSAGE
    assert fault_of(whole + whole) == errors.INVALID_RECORD
    assert fault_of(whole, len(whole)) == errors.NONE
    assert fault_of(whole, len(whole) - 1) == errors.MESSAGE_TOO_LARGE
    assert fault_of(a_batch(b"1", attributes=records.CONTROL)) == errors.INVALID_RECORD
    assert fault_of(a_batch(b"1", attributes=records.TRANSACTIONAL)) == errors.INVALID_TXN_STATE


@pytest.mark.parametrize("count", [-1, 0, 1, 3])
def test_a_batch_has_as_many_records_as_offsets(count: int) -> None:
    data = bytearray(a_batch(b"1", b"2"))
    struct.pack_into(">i", data, 57, count)
    struct.pack_into(">I", data, 17, crc32c(bytes(data[21:])))
    assert fault_of(bytes(data)) == errors.INVALID_RECORD


def test_batches_of_every_compression_are_taken() -> None:
    assert [fault_of(a_batch(b"1", attributes=compression)) for compression in range(5)] == [errors.NONE] * 5


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=9), st.integers(0, 1000))
def test_the_first_record_that_is_not_older_is_found(times: list[int], timestamp: int) -> None:
    wanted = next(((place, time) for place, time in enumerate(times) if time >= timestamp), None)
    if wanted is not None:
        assert records.first_at(records.batch([(None, b"", time) for time in times]), timestamp) == wanted


def test_a_time_is_looked_for_in_records_that_can_be_read() -> None:
    compressed = records.placed(a_batch(b"1", b"2", time=5, attributes=1), 7)
    assert records.first_at(compressed, 9) == (7, 5)


@given(st.binary(max_size=200))
def test_records_that_are_none_are_passed_over(content: bytes) -> None:
    header = HEADER.pack(0, len(content) + 49, 0, 2, 0, 0, 0, 1, 9, -1, -1, -1, 2**31 - 1)
    offset, _ = records.first_at(header + content, 5)
    assert offset >= 0
