"""Dead letters as their records say them, and what is sent of one when it is sent again. Pure.

All of a record is input, so nothing in it raises anything.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from msgspec import structs

from services_stub.contracts.envelope import LONGEST_ATTRIBUTE, SENT_AGAIN_TO
from services_stub.contracts.http.dead_letters import Content, DeadLetter, DeadLetterRecord, Header
from services_stub.contracts.times import rfc3339
from services_stub.contracts.topics import DEAD_LETTER_SUFFIX
from services_stub.runtime.kafka.records import Place, Record

_OWN = "dlq_"
_ID = re.compile(r"([A-Za-z0-9._-]{1,249})\[(0|[1-9][0-9]{0,8})\]@(0|[1-9][0-9]{0,17})")
_LARGEST_NUMBER = 2**63 - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_MILLISECOND = 253_402_300_799_999
"""The end of the year 9999."""


def id_of(place: Place, offset: int) -> str:
    """The id of the dead letter at an offset of a partition."""
    return f"{place[0]}[{place[1]}]@{offset}"


def place_of(dead_letter_id: str) -> tuple[Place, int] | None:
    """The partition and the offset that an id names; None where it is no id."""
    found = _ID.fullmatch(dead_letter_id)
    return None if found is None else ((found[1], int(found[2])), int(found[3]))


def dead_letter_of(record: Record) -> DeadLetter:
    """The dead letter of a record, open."""
    headers = dict(record.headers)
    moment = _EPOCH + timedelta(milliseconds=min(max(record.timestamp, 0), _LAST_MILLISECOND))
    return DeadLetter(
        dead_letter_id=id_of((record.topic, record.partition), record.offset),
        topic=record.topic.removesuffix(DEAD_LETTER_SUFFIX),
        partition=_number(headers, "dlq_partition"),
        offset=_number(headers, "dlq_offset"),
        group=_text(headers.get("dlq_group"))[:LONGEST_ATTRIBUTE],
        error=_text(headers.get("dlq_error")),
        attempt=_number(headers, "dlq_attempt") or 0,
        at=rfc3339(moment),
        key=_text(record.key),
        size=_number(headers, "dlq_value_size") or len(record.value or b""),
        event_id=_text(headers.get("ce_id"))[:LONGEST_ATTRIBUTE],
        correlation_id=_text(headers.get("ce_correlationid"))[:LONGEST_ATTRIBUTE],
        incomplete=_incomplete(record, headers),
    )


def with_record(listed: DeadLetter, record: Record) -> DeadLetterRecord:
    """A dead letter of a list, with nothing cut and all of its record."""
    return DeadLetterRecord(
        dead_letter=structs.replace(
            dead_letter_of(record),
            state=listed.state,
            reason=listed.reason,
            user_id=listed.user_id,
            closed_at=listed.closed_at,
        ),
        key=None if record.key is None else _content(record.key),
        value=None if record.value is None else _content(record.value),
        headers=[Header(name=name, value=_content(value or b"")) for name, value in record.headers],
    )


def headers_to_send(record: Record, group: str) -> list[tuple[str, bytes]]:
    """The headers that the record had before it became a dead letter, and the one with the group that gave it up."""
    came = [(name, value or b"") for name, value in record.headers if not name.startswith(_OWN)]
    return [*came, (SENT_AGAIN_TO, group.encode())]


def _incomplete(record: Record, headers: Mapping[str, bytes | None]) -> str:
    if record.fault:
        return record.fault
    if "dlq_value_size" in headers:
        return f"its value had {_text(headers['dlq_value_size'])} bytes and was cut"
    if "dlq_key_size" in headers:
        return f"its key had {_text(headers['dlq_key_size'])} bytes and was cut"
    if "dlq_headers_cut" in headers:
        return f"headers were cut or left out: {_text(headers['dlq_headers_cut'])}"
    return "" if headers.get("dlq_group") else "it does not say which group gave it up"


def _text(value: bytes | None) -> str:
    return (value or b"").decode(errors="replace")


def _number(headers: Mapping[str, bytes | None], name: str) -> int | None:
    text = headers.get(name) or b""
    return int(text) if text.isdigit() and len(text) < len(str(_LARGEST_NUMBER)) else None


def _content(value: bytes) -> Content:
    try:
        return Content(text=value.decode(), encoding="utf-8")
    except UnicodeDecodeError:
        return Content(text=base64.b64encode(value).decode(), encoding="base64")
