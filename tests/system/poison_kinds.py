"""Records that no group can handle, of every kind that any client could put on a topic, and how they are sent."""

from __future__ import annotations

from collections.abc import Iterable

from services_stub.runtime.identifiers import new_id
from tests.raw_kafka import RawProducer

LARGE = {"large": b"x" * 999_760, "larger than our clients send": b"x" * 1_040_000}

KINDS: dict[str, tuple[bytes | None, list[tuple[bytes, bytes]], str]] = {
    "nested": (b'{"unknown":' + b"[" * 1100 + b"]" * 1100 + b"}", [], "recursion"),
    "header name": (b"{}", [(b"bad\xffname", b"1"), (b"after", b"2")], r"b'bad\xffname'"),
    "header value": (b"{}", [(b"x-binary", b"\xff\xfe")], "x-binary"),
    "tombstone": (None, [], "truncated"),
    "value that is cut short": (b'{"poison": true', [], "truncated"),
    "value that is not UTF-8": (b'{"productId": "\xff"}', [], ""),
    "array": (b"[1]", [], ""),
    "huge number": (b'{"version": ' + b"9" * 5000 + b"}", [], ""),
    "correlation id": (b"{}", [(b"ce_correlationid", b"x" * 100_000)], ""),
    "time outside the calendar": (b"{}", [(b"ce_time", b"0000-13-32T25:61:61Z")], ""),
    **{name: (value, [], "") for name, value in LARGE.items()},
}
"""Value and headers of each kind, and a part of the reason."""


def key_of(topic: str, kind: str) -> str:
    """The key of the record of a kind: its dead letters have the same one."""
    return f"{topic} {kind}"


def send_each_kind(producer: RawProducer, topics: Iterable[str], mark: str = "") -> int:
    """Send one record of each kind to each topic, with `mark` at the end of their keys; how many these are."""
    sent = 0
    for topic in topics:
        for kind, (value, headers, _reason) in KINDS.items():
            envelope = {
                "ce_specversion": "1.0",
                "ce_id": new_id(),
                "ce_type": f"marketplace.{topic}.v1",
                "ce_source": "/tests",
                "content-type": "application/json",
            }
            every = [*((name.encode(), text.encode()) for name, text in envelope.items()), *headers]
            producer.send(topic, (key_of(topic, kind) + mark).encode(), value, every)
            sent += 1
    return sent
