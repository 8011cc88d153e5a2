"""The parser of event streams keeps to the standard, however the bytes are cut."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services_stub.client.sse import EventStreamParser, ServerSentEvent

STREAM = (
    b'\xef\xbb\xbf: hello\nretry: 1500\n\nid: 1\nevent: order-updated\ndata: {"a":\ndata: 1}\n\n'
    b"id: 2\r\ndata: crlf\r\n\r\nid: 3\rdata: cr\r\rdata:no space\nunknown: field\n\n"
    b"data: line\xe2\x80\xa8separator\n\n"
    b"event: empty\n\ndata: unfinished"
)
EVENTS = [
    ServerSentEvent("order-updated", '{"a":\n1}', "1"),
    ServerSentEvent("message", "crlf", "2"),
    ServerSentEvent("message", "cr", "3"),
    ServerSentEvent("message", "no space", "3"),
    ServerSentEvent("message", "line\u2028separator", "3"),
]


def test_the_whole_stream_at_once() -> None:
    parser = EventStreamParser()
    assert parser.feed(STREAM) == EVENTS
    assert parser.retry_seconds == 1.5


@given(st.lists(st.integers(0, len(STREAM))))
def test_cut_anywhere(cuts: list[int]) -> None:
    parser = EventStreamParser()
    edges = [0, *sorted(cuts), len(STREAM)]
    found = [event for start, end in itertools.pairwise(edges) for event in parser.feed(STREAM[start:end])]
    assert found == EVENTS


@given(st.binary())
def test_no_bytes_make_it_fail(garbage: bytes) -> None:
    parser = EventStreamParser()
    parser.feed(garbage)
    assert parser.feed(b"\n\n\ndata: still here\n\n")[-1].data == "still here"


@pytest.mark.parametrize("line", [b"retry: soon\n\n", "retry: ٣\n\n".encode()])
def test_a_retry_that_is_no_number_is_ignored(line: bytes) -> None:
    parser = EventStreamParser()
    parser.feed(line)
    assert parser.retry_seconds is None
