"""Dead letters: a record that its group cannot handle, copied with the reason, and never larger than a broker takes.

All of a record is input, and its copy has headers more than the record had. So every part is bounded, and a header
says what the part was where it had to be cut.
"""

from __future__ import annotations

import hashlib
import traceback

from services_stub.contracts.envelope import SENT_AGAIN_TO
from services_stub.contracts.topics import dead_letter_topic
from services_stub.runtime.kafka.records import Headers, Record
from services_stub.runtime.sql.transaction import OutboxRow

LARGEST_VALUE = 900_000
"""Bytes. With all that stands beside it, a dead letter stays below the 1,000,000 bytes that librdkafka sends."""

LARGEST_KEY = 10_000
LARGEST_HEADER = 4_000
LARGEST_HEADERS = 32_000
"""Bytes of names and values together; headers behind that are left out."""

LONGEST_REASON = 2_000
"""Characters."""

_LONGEST_SUMMARY = 500
_LEFT_OUT = "\n...\n"
_HEADER_OVERHEAD = 16


def dead_letter(record: Record, *, group: str, reason: str, attempt: int) -> OutboxRow:
    """The record on its way to the dead letters, with headers that say which group gave it up and why."""
    copied, left_out = _bounded(record.headers)
    if record.fault:
        left_out = ["all of them"]
    about: dict[str, object] = {
        "dlq_group": group,
        "dlq_error": _printable(reason[:LONGEST_REASON])[:LONGEST_REASON],
        "dlq_attempt": attempt,
        "dlq_topic": record.topic,
        "dlq_partition": record.partition,
        "dlq_offset": record.offset,
    }
    value, key = record.value, record.key
    if value is not None and len(value) > LARGEST_VALUE:
        about |= {"dlq_value_size": len(value), "dlq_value_sha256": hashlib.sha256(value).hexdigest()}
        value = value[:LARGEST_VALUE]
    if key is not None and len(key) > LARGEST_KEY:
        about |= {"dlq_key_size": len(key), "dlq_key_sha256": hashlib.sha256(key).hexdigest()}
        key = key[:LARGEST_KEY]
    if left_out:
        about["dlq_headers_cut"] = ", ".join(left_out)[:LONGEST_REASON]
    headers = copied + [(name, str(text).encode()) for name, text in about.items()]
    return OutboxRow(dead_letter_topic(record.topic), key, headers, value)


def concerns(group: str, record: Record) -> bool:
    """Whether a group has to handle `record`: of those that were sent again, only what it had given up itself."""
    name, value = record.headers[-1] if record.headers else ("", None)
    return name != SENT_AGAIN_TO or value == group.encode()


def reason_of_bug(error: BaseException, attempts: int) -> str:
    """The reason of a dead letter that a bug makes: the error, then its traceback, of a long one both ends."""
    summary = "".join(traceback.format_exception_only(error)).strip()[:_LONGEST_SUMMARY]
    head = _printable(f"a bug in each of {attempts} attempts: {summary}\n")[:_LONGEST_SUMMARY]
    frames = [f"{frame.name} ({frame.filename}:{frame.lineno})" for frame in traceback.extract_tb(error.__traceback__)]
    trace = _printable("\n".join(frames))
    room = LONGEST_REASON - len(head)
    if len(trace) > room:
        trace = f"{trace[: room // 2]}{_LEFT_OUT}{trace[-(room // 2 - len(_LEFT_OUT)) :]}"
    return head + trace


def _printable(text: str) -> str:
    """`text` as far as it can be encoded; lone surrogates are written out."""
    return text.encode(errors="backslashreplace").decode()


def _bounded(headers: Headers) -> tuple[list[tuple[str, bytes]], list[str]]:
    """The headers as far as there is room for them, and the names of those that were cut or left out."""
    copied: list[tuple[str, bytes]] = []
    cut: list[str] = []
    left = LARGEST_HEADERS
    for name, raw in headers:
        value = raw or b""
        kept = value[:LARGEST_HEADER]
        size = len(name.encode()) + len(kept) + _HEADER_OVERHEAD
        if len(kept) < len(value) or size > left:
            cut.append(f"{name[:100]} ({len(value)} bytes)")
        if size <= left:
            copied.append((name, kept))
            left -= size
    return copied, cut
