"""The auditor reads the envelope of an event as a consumer does, whatever its headers are."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from services_stub.contracts.envelope import LONGEST_ATTRIBUTE, Envelope, MalformedEnvelope
from services_stub.contracts.topics import ORDER_CREATED
from simulator.auditor.entries import entry_of
from simulator.trace.records import TracedRecord
from tests.unit.simulator.purchase import EVENTS

CREATED = next(record for record in EVENTS if record.topic == ORDER_CREATED)
NAMES = st.sampled_from([*(name for name, _ in CREATED.headers), "another"])
VALUES = st.one_of(
    st.none(),
    st.binary(max_size=3),
    st.text(max_size=3).map(str.encode),
    st.sampled_from([b"x" * LONGEST_ATTRIBUTE, b"x" * (LONGEST_ATTRIBUTE + 1), b"1.0", "é".encode(), b"\xc3"]),
)
CHANGES = st.lists(st.tuples(st.sampled_from(["put", "drop", "add"]), NAMES, VALUES), max_size=3)


def as_a_consumer(record: TracedRecord) -> tuple[int, str, str, str] | None:
    try:
        envelope = Envelope.from_headers(record.headers)
    except MalformedEnvelope:
        return None
    if envelope.type != f"marketplace.{ORDER_CREATED}.v1":
        return None
    return hash(envelope.id), envelope.correlation_id, envelope.causation_id, envelope.time


@given(CHANGES)
def test_the_headers_of_an_event_are_read_as_consumers_read_them(changes: list[tuple[str, str, bytes | None]]) -> None:
    headers: list[tuple[str, bytes | None]] = list(CREATED.headers)
    for kind, name, value in changes:
        if kind == "add":
            headers.append((name, value))
        else:
            headers = [
                (each, value if each == name else known) for each, known in headers if kind == "put" or each != name
            ]
    record = replace(CREATED, headers=tuple(headers))
    entry = entry_of(record)
    assert changes or entry is not None
    read = None if entry is None else (entry.number, entry.flow, entry.cause, entry.time)
    assert read == as_a_consumer(record)
    if entry is not None:
        assert entry.own_flow == (hash(entry.flow) == entry.number)
