"""The codec: every message of every version, read back from what was written, and bytes that are no message."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services_stub.infra.kafka.broker import codec
from services_stub.infra.kafka.broker.definitions import Definition, definitions
from tests.unit.infra.broker.messages import messages

MESSAGES = sorted(definitions())


@pytest.mark.hypothesis
@given(messages())
def test_what_is_written_is_read_back(made: tuple[Definition, int, dict[str, Any]]) -> None:
    found, version, message = made
    data = codec.encoded(found.kind, found.key, version, message)
    read, end = codec.decoder(found.kind, found.key, version)(data, 0, len(data))
    assert (read, end) == (message, len(data))


@pytest.mark.hypothesis
@given(messages(), st.data())
def test_a_message_that_is_cut_off_or_changed_is_malformed_or_another_one(
    made: tuple[Definition, int, dict[str, Any]], data: st.DataObject
) -> None:
    found, version, message = made
    raw = bytearray(codec.encoded(found.kind, found.key, version, message))
    for place in data.draw(st.lists(st.integers(0, len(raw)), max_size=3)):
        raw[place : place + 1] = data.draw(st.binary(max_size=2))
    with contextlib.suppress(*codec.MALFORMED):
        codec.decoder(found.kind, found.key, version)(bytes(raw), 0, len(raw))


@pytest.mark.parametrize(("kind", "key"), MESSAGES)
def test_every_version_has_a_reader_and_a_writer_and_needs_no_field(kind: Any, key: int) -> None:
    first, last = definitions()[kind, key].versions
    for version in range(first, last + 1):
        data = codec.encoded(kind, key, version, {})
        assert codec.decoder(kind, key, version)(data, 0, len(data))[1] == len(data)


def test_a_version_that_there_is_not_is_an_error() -> None:
    with pytest.raises(KeyError):
        codec.decoder("request", 0, 1)
    with pytest.raises(KeyError):
        codec.decoder("request", 77, 0)


def test_an_array_that_claims_too_many_elements_is_malformed_before_they_are_read() -> None:
    data = b"\0\1a" + (2**31 - 1).to_bytes(4) + bytes(200_000)  # OffsetFetch 1: a group, topics
    with pytest.raises(codec.Malformed):
        codec.decoder("request", 9, 1)(data, 0, len(data))


def test_a_message_does_not_reach_into_the_one_behind_it() -> None:
    data = b"\0\x05ab" + b"cdefgh"
    with pytest.raises(codec.Malformed):
        codec.decoder("request", 17, 0)(data, 0, 4)


def test_records_are_passed_on_without_a_copy() -> None:
    parts: list[Any] = []
    records = [memoryview(b"abc"), b"de"]
    message = {"responses": [{"topic": "t", "partitions": [{"records": records}]}]}
    codec.encoder("response", 1, 4)(message, parts.append)
    assert [part for part in parts if part is records[0] or part is records[1]] == records
