"""Produce and InitProducerId: refused with the protocol's codes, and once is once."""

from __future__ import annotations

from pathlib import Path

import pytest

from services_stub.infra.kafka.broker import errors
from services_stub.infra.kafka.broker.context import NO_RESPONSE, Message
from services_stub.infra.kafka.broker.topics import OFFSETS
from tests.unit.infra.broker.batches import a_batch, values
from tests.unit.infra.broker.node import INIT_PRODUCER_ID, PRODUCE, Node


@pytest.fixture
def node() -> Node:
    made = Node()
    made.topics.create("t", 2)
    return made


def told(answer: Message) -> tuple[int, int]:
    return answer["error_code"], answer["base_offset"]


@pytest.mark.parametrize("version", range(3, 13))
def test_records_get_the_next_offsets_of_their_partition(node: Node, version: int) -> None:
    assert told(node.produce(a_batch(b"1", b"2"), version=version)) == (errors.NONE, 0)
    assert told(node.produce(a_batch(b"3"), version=version)) == (errors.NONE, 2)
    assert told(node.produce(a_batch(b"4"), partition=1, version=version)) == (errors.NONE, 0)
    assert values(node.topics.by_name["t"].partitions[0]) == [b"1", b"2", b"3"]


def test_a_request_says_of_each_partition_how_it_went(node: Node) -> None:
    assert told(node.produce(a_batch(b"1"), topic="other")) == (errors.UNKNOWN_TOPIC_OR_PARTITION, -1)
    assert told(node.produce(a_batch(b"1"), partition=2)) == (errors.UNKNOWN_TOPIC_OR_PARTITION, -1)
    assert told(node.produce(a_batch(b"1"), partition=-1)) == (errors.UNKNOWN_TOPIC_OR_PARTITION, -1)
    assert told(node.produce(b"")) == (errors.CORRUPT_MESSAGE, -1)
    assert told(node.produce(a_batch(b"1"), acks=2)) == (errors.INVALID_REQUIRED_ACKS, -1)
    node.topics.create(OFFSETS, 1)
    assert told(node.produce(a_batch(b"1"), topic=OFFSETS)) == (errors.INVALID_TOPIC_EXCEPTION, -1)
    assert node.topics.by_name["t"].partitions[0].end == 0


def test_a_producer_that_wants_no_answer_gets_none(node: Node) -> None:
    data = [{"name": "t", "partition_data": [{"index": 0, "records": a_batch(b"1")}]}]
    assert node.send(PRODUCE, 7, acks=0, timeout_ms=1, topic_data=data).plain is NO_RESPONSE
    assert node.topics.by_name["t"].partitions[0].end == 1


def test_a_batch_that_comes_again_is_answered_and_not_written(node: Node) -> None:
    batches = [a_batch(b"%d" % n, b"-", producer=7, epoch=0, sequence=2 * n) for n in range(6)]
    assert [told(node.produce(batch)) for batch in batches] == [(errors.NONE, 2 * n) for n in range(6)]
    assert [told(node.produce(batch)) for batch in batches[1:]] == [(errors.NONE, 2 * n) for n in range(1, 6)]
    assert told(node.produce(batches[0])) == (errors.OUT_OF_ORDER_SEQUENCE_NUMBER, -1)
    assert node.topics.by_name["t"].partitions[0].end == 12


def test_a_gap_in_the_sequence_is_refused(node: Node) -> None:
    node.produce(a_batch(b"1", producer=7, epoch=0, sequence=0))
    assert told(node.produce(a_batch(b"3", producer=7, epoch=0, sequence=2)))[0] == errors.OUT_OF_ORDER_SEQUENCE_NUMBER
    assert told(node.produce(a_batch(b"2", producer=7, epoch=0, sequence=1))) == (errors.NONE, 1)
    partly_known = a_batch(b"1", b"2", producer=7, epoch=0, sequence=0)
    assert told(node.produce(partly_known))[0] == errors.OUT_OF_ORDER_SEQUENCE_NUMBER


def test_a_new_epoch_begins_at_sequence_0_and_ends_the_old_one(node: Node) -> None:
    node.produce(a_batch(b"1", producer=7, epoch=3, sequence=5))
    assert told(node.produce(a_batch(b"2", producer=7, epoch=4, sequence=6)))[0] == errors.OUT_OF_ORDER_SEQUENCE_NUMBER
    assert told(node.produce(a_batch(b"2", producer=7, epoch=4, sequence=0))) == (errors.NONE, 1)
    assert told(node.produce(a_batch(b"3", producer=7, epoch=3, sequence=6)))[0] == errors.INVALID_PRODUCER_EPOCH


def test_after_the_last_sequence_number_comes_0(node: Node) -> None:
    last = 2**31 - 1
    across = a_batch(b"2", b"3", producer=7, epoch=0, sequence=last)
    node.produce(a_batch(b"1", producer=7, epoch=0, sequence=last - 1))
    assert told(node.produce(across)) == (errors.NONE, 1)
    assert told(node.produce(across)) == (errors.NONE, 1)
    assert told(node.produce(a_batch(b"4", producer=7, epoch=0, sequence=1))) == (errors.NONE, 3)


def test_an_unknown_producer_may_be_anywhere(node: Node) -> None:
    assert told(node.produce(a_batch(b"1", producer=7, epoch=2, sequence=99))) == (errors.NONE, 0)


def test_a_producer_is_forgotten_after_a_day(node: Node) -> None:
    node.produce(a_batch(b"1", producer=7, epoch=0, sequence=0))
    node.clock.advance(3600 * 24 + 1)
    node.topics.retain()
    assert told(node.produce(a_batch(b"1", producer=7, epoch=0, sequence=40))) == (errors.NONE, 1)


def test_no_producer_id_is_given_twice(tmp_path: Path) -> None:
    given = []
    for stop in (True, False, True, False):
        node = Node(tmp_path)
        for _ in range(1500):
            answer = node.ask(INIT_PRODUCER_ID, 4, transactional_id=None, transaction_timeout_ms=1)
            assert (answer["error_code"], answer["producer_epoch"]) == (errors.NONE, 0)
            given.append(answer["producer_id"])
        if stop:
            node.topics.close()
    assert len(set(given)) == len(given) == 6000


def test_there_are_no_transactions(node: Node) -> None:
    answer = node.ask(INIT_PRODUCER_ID, 4, transactional_id="x", transaction_timeout_ms=1)
    assert (answer["error_code"], answer["producer_id"]) == (errors.UNSUPPORTED_VERSION, -1)
