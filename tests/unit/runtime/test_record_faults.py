"""Records that are sent twice, later, again or with poison between them: none is lost, and each key keeps its order."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services_stub.contracts.control_faults import (
    DelayedRecords,
    DuplicatedRecords,
    PoisonRecords,
    RecordFault,
    ResentRecords,
)
from services_stub.contracts.envelope import Envelope
from services_stub.contracts.events import ProductCreated
from services_stub.runtime.decoding import EventDecoder, Poisoned
from services_stub.runtime.kafka import record_faults
from services_stub.runtime.kafka.record_faults import MOST_HELD, MOST_POISON, RecordFaults
from services_stub.runtime.kafka.records import Record

TOPIC, OTHER = "product-created", "product-deleted"


@dataclass
class Sent:
    """A record on its way."""

    value: bytes | None
    key: bytes | None = b"k"
    topic: str = TOPIC
    headers: Any = field(default_factory=list)


class Output:
    """A producer that takes records until it is full."""

    def __init__(self) -> None:
        self.taken: list[Sent] = []
        self.expendable: list[Sent] = []
        self.full = False

    def produce(self, sending: Any) -> bool:
        if not self.full:
            self.taken.append(sending)
        return not self.full

    def produce_expendable(self, topic: str, key: bytes | None, value: bytes | None, headers: Any) -> bool:
        self.expendable.append(Sent(value or b"", key, topic, headers))
        return True


class Line:
    """Record faults with a clock that the test moves."""

    def __init__(self, *faults: RecordFault, seed: int = 1) -> None:
        self.now = 0.0
        self.output = Output()
        self.faults = RecordFaults("product", self.output, seed, lambda: self.now)
        self.faults.replace(faults)

    def send(self, *values: bytes, key: bytes = b"k", topic: str = TOPIC) -> bool:
        return all(self.faults.send(Sent(value, key, topic)) for value in values)

    def after(self, seconds: float) -> list[bytes | None]:
        """The values that were sent by then."""
        self.now += seconds
        self.faults.poll()
        return [sending.value for sending in self.output.taken]


def test_without_faults_records_go_straight_through() -> None:
    line = Line()
    assert line.send(b"1", b"2")
    assert line.after(0) == [b"1", b"2"]
    assert line.output.expendable == []


def test_duplicated_records_are_sent_twice_and_acknowledged_once() -> None:
    line = Line(DuplicatedRecords(topic=TOPIC, rate=1.0))
    line.send(b"1")
    line.send(b"2", topic=OTHER)
    assert line.after(0) == [b"1", b"2"]
    assert [sending.value for sending in line.output.expendable] == [b"1"]


def test_delayed_records_keep_their_order_and_others_pass_them() -> None:
    line = Line(DelayedRecords(topic=TOPIC, milliseconds=500))
    line.send(b"1", b"2")
    line.send(b"3", topic=OTHER)
    assert line.after(0.49) == [b"3"]
    assert line.after(0.02) == [b"3", b"1", b"2"]


def test_a_shorter_delay_lets_no_record_pass_an_earlier_one_of_its_key() -> None:
    line = Line(DelayedRecords(topic=TOPIC, milliseconds=1000))
    line.send(b"1")
    line.faults.replace([DelayedRecords(topic=TOPIC, milliseconds=10)])
    line.send(b"2")
    line.send(b"3", key=b"other")
    assert line.after(0.02) == [b"3"]
    assert line.after(1.0) == [b"3", b"1", b"2"]


def test_a_dropped_record_is_sent_again_and_those_of_its_key_wait_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    strikes = iter([True, False, False])
    monkeypatch.setattr(RecordFaults, "_strikes", lambda *_: next(strikes))
    monkeypatch.setattr(record_faults, "RESENT_AFTER", (1.0, 1.0))
    line = Line(ResentRecords(topic=TOPIC, rate=0.5))
    line.faults._chances[TOPIC] = random.Random(1)
    line.send(b"dropped")
    line.send(b"behind")
    line.send(b"other", key=b"other")
    assert line.after(0.9) == [b"other"]
    assert line.after(0.2) == [b"other", b"dropped", b"behind"]


def test_when_a_fault_is_cleared_everything_outstanding_is_sent() -> None:
    line = Line(DelayedRecords(topic=TOPIC, milliseconds=60_000), DelayedRecords(topic=OTHER, milliseconds=60_000))
    line.send(b"1", b"2")
    line.send(b"3", topic=OTHER)
    line.faults.replace([DelayedRecords(topic=OTHER, milliseconds=60_000)])
    assert line.after(0) == [b"1", b"2"]
    line.faults.replace([])
    assert line.send(b"4", topic=OTHER)
    assert line.after(0) == [b"1", b"2", b"3", b"4"]


def test_a_full_producer_gets_the_records_later() -> None:
    line = Line(DelayedRecords(topic=TOPIC, milliseconds=10))
    line.send(b"1", b"2")
    line.output.full = True
    assert line.after(1) == []
    line.faults.replace([])
    assert line.send(b"3")
    line.output.full = False
    assert line.after(0) == [b"1", b"2", b"3"]


def test_what_is_held_back_is_bounded() -> None:
    line = Line(DelayedRecords(topic=TOPIC, milliseconds=1000))
    assert line.send(*[b"x"] * MOST_HELD)
    assert not line.send(b"too many")
    assert len(line.after(2)) == MOST_HELD


def test_at_the_end_everything_is_sent() -> None:
    line = Line(DelayedRecords(topic=TOPIC, milliseconds=60_000))
    line.send(b"1")
    line.faults.release_all()
    assert line.after(0) == [b"1"]


def test_poison_is_put_in_at_its_pace_and_is_poison() -> None:
    line = Line(PoisonRecords(topic=TOPIC, milliseconds=100))
    line.after(0)
    assert len(line.output.expendable) == 1
    line.after(0.25)
    assert len(line.output.expendable) == 3
    line.after(3600)
    assert len(line.output.expendable) == 3 + MOST_POISON
    line.faults.replace([])
    line.after(10)
    assert len(line.output.expendable) == 3 + MOST_POISON
    sent = line.output.expendable[0]
    read = EventDecoder([ProductCreated]).decode(Record(TOPIC, 0, 0, sent.key, sent.value, sent.headers, 0))
    assert isinstance(read, Poisoned)
    assert Envelope.from_headers(sent.headers).source == "/services/product"
    assert len({sending.key for sending in line.output.expendable}) == len(line.output.expendable)


def test_a_seed_always_strikes_the_same_records() -> None:
    def struck(seed: int) -> list[bytes | None]:
        line = Line(DuplicatedRecords(topic=TOPIC, rate=0.3), seed=seed)
        line.send(*(b"%d" % n for n in range(100)))
        return [sending.value for sending in line.output.expendable]

    assert struck(1) == struck(1)
    assert struck(1) != struck(2)
    assert 10 < len(struck(1)) < 50


FAULTS = st.lists(
    st.one_of(
        st.builds(DuplicatedRecords, topic=st.just(TOPIC), rate=st.just(0.5)),
        st.builds(DelayedRecords, topic=st.just(TOPIC), milliseconds=st.integers(1, 2000)),
        st.builds(ResentRecords, topic=st.just(TOPIC), rate=st.just(0.5)),
    ),
    max_size=3,
    unique_by=lambda fault: fault.id,
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("send"), st.sampled_from([b"a", b"b", b"c"])),
        st.tuples(st.just("wait"), st.floats(0, 1)),
        st.tuples(st.just("replace"), FAULTS),
        st.tuples(st.just("full"), st.booleans()),
    ),
    max_size=60,
)


@given(steps=STEPS)
def test_every_record_is_sent_once_and_in_the_order_of_its_key(steps: list[tuple[str, Any]]) -> None:
    line = Line()
    accepted: dict[bytes, list[bytes]] = {b"a": [], b"b": [], b"c": []}
    for number, (what, how) in enumerate(steps):
        if what == "send":
            if line.send(b"%d" % number, key=how):
                accepted[how].append(b"%d" % number)
        elif what == "wait":
            line.after(how)
        elif what == "replace":
            line.faults.replace(how)
        else:
            line.output.full = how
    line.output.full = False
    line.faults.replace([])
    line.after(0)
    for key, values in accepted.items():
        assert [sending.value for sending in line.output.taken if sending.key == key] == values
