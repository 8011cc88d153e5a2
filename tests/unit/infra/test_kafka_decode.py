"""`marketplace kafka decode`: trees of what clients send and brokers answer, and the bytes that are wrong in others."""

from __future__ import annotations

import re
import struct
from typing import Any

import pytest
from confluent_kafka import Consumer, Producer
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from services_stub.cli import app
from services_stub.infra.inspection import kafka_frames
from services_stub.infra.inspection.kafka_frames import Response, lines_of
from services_stub.infra.kafka.broker import codec, records
from services_stub.infra.kafka.broker.connection import Connection
from services_stub.infra.kafka.broker.definitions import Definition
from services_stub.infra.kafka.broker.server import API_VERSIONS
from tests.raw_kafka import broker_in_thread
from tests.unit.infra.broker.messages import messages
from tests.unit.infra.broker.raw import request

PRODUCE, FETCH, JOIN_GROUP = 0, 1, 11
BATCH_IS_WRONG = re.compile("crc|magic|expected a batch")
BATCH = records.batch([(b"key", b"value", 1)])


def produce(batch: bytes = BATCH) -> bytes:
    partitions = [{"index": 3, "records": batch}]
    return request(PRODUCE, 7, {"acks": -1, "topic_data": [{"name": "order-created", "partition_data": partitions}]})


def changed(data: bytes, place: int, byte: bytes) -> bytes:
    raw = bytearray(data)
    raw[place] = byte[0]
    return bytes(raw)


def response(found: Definition, version: int, message: dict[str, Any]) -> bytes:
    tags = b"\0" if version >= found.flexible and found.key != API_VERSIONS else b""
    data = struct.pack(">i", 9) + tags + codec.encoded("response", found.key, version, message)
    return struct.pack(">i", len(data)) + data


def run(data: bytes, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["kafka", "decode", *arguments], input=data)


def wrong(data: bytes, asked: Response | None = None) -> list[tuple[int, str]]:
    """The places that are wrong, and what was expected there."""
    return [(line.offset, line.text) for line in lines_of(data, asked) if line.wrong]


def test_every_request_of_a_producer_and_of_a_group_is_right(monkeypatch: pytest.MonkeyPatch) -> None:
    captured: list[bytes] = []
    carry_out = Connection._request

    def capture(connection: Connection, data: bytes, at: int, end: int) -> None:
        captured.append(data[at:end])
        carry_out(connection, data, at, end)

    monkeypatch.setattr(Connection, "_request", capture)
    broker, address = broker_in_thread("order-created")
    try:
        producer = Producer({"bootstrap.servers": address, "compression.type": "lz4", "enable.idempotence": True})
        producer.produce("order-created", b"value", b"key")
        assert producer.flush(10) == 0
        consumer = Consumer({"bootstrap.servers": address, "group.id": "g", "auto.offset.reset": "earliest"})
        consumer.subscribe(["order-created"])
        assert consumer.consume(1, 20)
        consumer.commit(asynchronous=False)
        consumer.close()
    finally:
        broker.close()
    trees = ["\n".join(map(str, lines_of(frame))) for frame in captured]
    assert [tree for tree in trees if "\n!" in tree] == []
    words = ["ApiVersions", "Metadata", "InitProducerId", "Produce", "JoinGroup", "Fetch", "OffsetCommit", "LeaveGroup"]
    assert [word for word in words if not any(f"{word} request" in tree for tree in trees)] == []
    assert any("batch at offset 0" in tree and "name: 'order-created'" in tree for tree in trees)


def test_a_tree_has_the_offset_and_the_bytes_of_every_field() -> None:
    data = request(JOIN_GROUP, 0, {"group_id": "g", "protocols": [{"name": "range", "metadata": b"ab"}]})
    done = run(data.hex(" ").encode(), "--hex")
    assert done.exit_code == 0
    assert [line.rstrip() for line in done.stdout.splitlines()][4:] == [
        "      12  00 04 74 65 73 74          client_id: 'test'",
        "      18                             JoinGroup request, version 0",
        "      18  00 01 67                     group_id: 'g'",
        "      21  00 00 00 00                  session_timeout_ms: 0",
        "      25  00 00                        member_id: ''",
        "      27  00 00                        protocol_type: ''",
        "      29  00 00 00 01                  protocols: 1",
        "      33                                 [0]",
        "      33  00 05 72 61 6e 67 65             name: 'range'",
        "      40  00 00 00 02 61 62                metadata: 2 bytes",
    ]


@pytest.mark.parametrize("size", [0, 4])
def test_the_size_may_be_left_out(size: int) -> None:
    assert wrong(produce()[size:]) == []


@pytest.mark.hypothesis
@given(messages())
def test_every_message_is_read_to_its_end(made: tuple[Definition, int, dict[str, Any]]) -> None:
    found, version, message = made
    if found.kind not in ("request", "response"):
        return
    asked = Response(found.key, version) if found.kind == "response" else None
    data = response(found, version, message) if asked else request(found.key, version, message)
    assert [said for _, said in wrong(data, asked) if not BATCH_IS_WRONG.match(said)] == []


@pytest.mark.hypothesis
@given(messages(kind="request"), st.data())
def test_what_the_broker_refuses_is_marked(made: tuple[Definition, int, dict[str, Any]], data: st.DataObject) -> None:
    found, version, message = made
    raw = bytearray(request(found.key, version, message))
    begin = len(request(found.key, version, {})) - len(codec.encoded("request", found.key, version, {}))
    for place in data.draw(st.lists(st.integers(begin, len(raw)), max_size=3)):
        raw[place : place + 1] = data.draw(st.binary(max_size=2))
    raw[:4] = struct.pack(">i", len(raw) - 4)
    try:
        codec.decoder("request", found.key, version)(bytes(raw), begin, len(raw))
    except codec.MALFORMED:
        assert wrong(bytes(raw))


WRONG: dict[str, tuple[bytes, list[tuple[int, str]]]] = {
    "cut": (produce()[:50], [(0, "size: expected 46"), (49, "index: expected 4 bytes, found 1")]),
    "cut without size": (produce()[4:50], [(45, "index: expected 4 bytes, found 1")]),
    "too long": (produce() + b"abc", [(0, "size: expected"), (len(produce()), "expected the end, found 3 bytes")]),
    "api": (b"\0\0\0\x08" + struct.pack(">hhi", 99, 0, 1), [(4, "api_key: expected one that the broker has")]),
    "version": (changed(request(JOIN_GROUP, 0, {}), 7, b"\x63"), [(6, "version: expected 0 to")]),
    "text": (request(JOIN_GROUP, 0, {"group_id": "ab"}).replace(b"ab", b"a\xff"), [(21, "group_id: expected UTF-8")]),
    "length": (changed(produce(), 30, b"\x7f"), [(30, "name: expected 32525 bytes, found")]),
    "crc": (produce(changed(BATCH, -1, b"\xfe")), [(74, "crc: expected")]),
    "magic": (produce(changed(BATCH, 16, b"\1")), [(73, "magic: expected 2, found 1")]),
    "batch": (produce(BATCH[:-1]), [(57, "expected a batch of 76 bytes, found 75")]),
    "one byte": (b"\0", [(0, "api_key: expected 2 bytes, found 1")]),
    "noise": (b"\xff" * 100_000, [(0, "size: expected 99996"), (4, "api_key: expected one")]),
}


@pytest.mark.parametrize(("data", "expected"), WRONG.values(), ids=WRONG)
def test_wrong_bytes_are_marked_with_what_was_expected(data: bytes, expected: list[tuple[int, str]]) -> None:
    found = wrong(data)
    assert [
        (offset, said[: len(begins)]) for (offset, said), (_, begins) in zip(found, expected, strict=True)
    ] == expected
    done = run(data)
    assert done.exit_code == 1
    assert [line[0] for line in done.stdout.splitlines()].count("!") == len(expected)


def test_the_last_batch_of_a_response_may_be_cut() -> None:
    fetched = {"responses": [{"topic": "t", "partitions": [{"records": [BATCH, BATCH[:30]]}]}]}
    data = codec.encoded("response", FETCH, 11, fetched)
    assert wrong(struct.pack(">ii", len(data) + 4, 1) + data, Response(FETCH, 11)) == []


@pytest.mark.parametrize("api", ["apiversions", "18"])
def test_a_response_is_read_as_the_answer_to_the_request_that_is_named(api: str) -> None:
    data = codec.encoded("response", API_VERSIONS, 3, {"api_keys": [{"api_key": 1, "max_version": 11}]})
    done = run(struct.pack(">ii", len(data) + 4, 77) + data, "--response", "--api", api, "--version", "3")
    assert (done.exit_code, "correlation_id: 77" in done.stdout, "max_version: 11" in done.stdout) == (0, True, True)


@pytest.mark.parametrize(
    ("data", "arguments", "says"),
    [
        (b"", [], "The input is empty"),
        (b"00zz", ["--hex"], "not hexadecimal"),
        (b"\xff", ["--hex"], "not hexadecimal"),
        (b"\0\0\0\1", ["--response", "--api", "Fetch", "--version", "99"], "version: expected 4 to"),
        (b"", ["--response", "--api", "Fetsch", "--version", "1"], "has no API Fetsch. It has: AlterConfigs,"),
        (b"", ["/nowhere"], "/nowhere cannot be read: No such file"),
    ],
)
def test_an_input_that_is_no_frame_ends_with_what_is_wrong(data: bytes, arguments: list[str], says: str) -> None:
    done = run(data, *arguments)
    assert (done.exit_code, done.stdout) == (1, "")
    assert says in done.stderr


def test_an_input_that_no_broker_takes_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_frames, "LARGEST", 100)
    done = run(bytes(101))
    assert (done.exit_code, done.stderr) == (1, "The input is longer than a frame can be: 100 bytes.\n")


def test_a_response_without_its_request_is_refused() -> None:
    assert run(b"", "--response").exit_code == 2
