"""The envelope of every event: CloudEvents 1.0 in Kafka's binary content mode, with W3C trace context.

Sources: CloudEvents 1.0.2 Kafka protocol binding §3.2 (headers `ce_*`, data in the value), its extensions
"Distributed Tracing" (`traceparent`), and W3C Trace Context level 1 §3.2 for the format of `traceparent`.
"""

from __future__ import annotations

import os
import random
import re
from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from services_stub.contracts.base import Event
from services_stub.contracts.times import rfc3339

SPEC_VERSION = "1.0"
CONTENT_TYPE = "application/json"
SCHEMA_BASE = "/schemas"
TYPE_PREFIX = "marketplace"

# A trace id and a span id of zeros only are invalid (W3C Trace Context §3.2.2).
_TRACEPARENT = re.compile("00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")

_ODD_DIGITS = frozenset("13579bdf")
"""Of the flags of a trace the last bit says that it is sampled (W3C Trace Context §3.2.2.5.1)."""

SENT_AGAIN_TO = "dlq_sent_again_to"
"""The last header of the record of a dead letter that was sent again: the group that had given it up."""

LONGEST_ATTRIBUTE = 200
"""Characters. Of longer attributes of a foreign envelope only so much is kept: they would be copied on and on."""

_REQUIRED = ("ce_id", "ce_type", "ce_source")
_WHOLE = ("ce_id", "ce_type")
"""Attributes that are kept at any length: an event is known by the one, and what is in it by the other."""

_ID_OF_CALLER = re.compile(rf"[\x21-\x7e]{{1,{LONGEST_ATTRIBUTE}}}")

_random = random.Random(os.urandom(16))
os.register_at_fork(after_in_child=lambda: _random.seed(os.urandom(16)))


class MalformedEnvelope(ValueError):
    """The headers of a record are no CloudEvents envelope; the text names the header."""


class Cause(msgspec.Struct, frozen=True):
    """The cause of a change, as it is handed on from HTTP headers or a consumed event.

    `correlation_id` names the business flow (empty: the change starts one), `causation_id` the request or event that
    caused this one.
    """

    correlation_id: str
    causation_id: str
    traceparent: str


class Envelope(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The attributes of one event. `time` is RFC 3339 in UTC."""

    id: str
    type: str
    source: str
    time: str
    subject: str
    dataschema: str
    correlation_id: str
    causation_id: str
    traceparent: str

    def headers(self) -> list[tuple[str, bytes]]:
        """The record's headers, in the order that the specification names the attributes."""
        return [
            ("ce_specversion", b"1.0"),
            ("ce_id", self.id.encode()),
            ("ce_type", self.type.encode()),
            ("ce_source", self.source.encode()),
            ("ce_time", self.time.encode()),
            ("ce_subject", self.subject.encode()),
            ("ce_dataschema", self.dataschema.encode()),
            ("content-type", b"application/json"),
            ("ce_correlationid", self.correlation_id.encode()),
            ("ce_causationid", self.causation_id.encode()),
            ("traceparent", self.traceparent.encode()),
        ]

    @classmethod
    def from_headers(cls, headers: Sequence[tuple[str, bytes | None]]) -> Envelope:
        """Read an envelope back.

        Raises:
            MalformedEnvelope: a required attribute is missing, is not UTF-8, or the version is not 1.0.

        """
        try:
            found = {name: value.decode() for name, value in headers if value is not None}
        except UnicodeDecodeError as error:
            raise MalformedEnvelope(f"the header {_not_utf8(headers)} is not UTF-8") from error
        if found.get("ce_specversion") != SPEC_VERSION:
            version = found.get("ce_specversion", "")[:LONGEST_ATTRIBUTE] or None
            raise MalformedEnvelope(f"ce_specversion is {version!r}, not '{SPEC_VERSION}'")
        for name in _REQUIRED:
            if not found.get(name):
                raise MalformedEnvelope(f"the header {name} is missing")
        if max(map(len, found.values())) > LONGEST_ATTRIBUTE:
            found = {name: text if name in _WHOLE else text[:LONGEST_ATTRIBUTE] for name, text in found.items()}
        said = found.get
        return cls(
            id=found["ce_id"],
            type=found["ce_type"],
            source=found["ce_source"],
            time=said("ce_time", ""),
            subject=said("ce_subject", ""),
            dataschema=said("ce_dataschema", ""),
            correlation_id=said("ce_correlationid", ""),
            causation_id=said("ce_causationid", ""),
            traceparent=said("traceparent", ""),
        )

    def cause(self) -> Cause:
        """This event as the cause of the changes that its consumer makes."""
        return Cause(self.correlation_id, self.id, self.traceparent)


def envelope_for(
    event: Event, *, event_id: str, source: str, now: datetime, cause: Cause, correlation_id: str = ""
) -> Envelope:
    """The envelope under which `source` publishes `event`.

    The flow is `correlation_id` where given, else the cause's, else the event starts one of its own. The event gets a
    span of its own within the trace of its cause.
    """
    return Envelope(
        id=event_id,
        type=event_type(type(event)),
        source=f"/services/{source}",
        time=rfc3339(now),
        subject=event.subject,
        dataschema=f"{SCHEMA_BASE}/{event.schema_name()}.json",
        correlation_id=correlation_id or cause.correlation_id or event_id,
        causation_id=cause.causation_id,
        traceparent=child_of(cause.traceparent),
    )


def event_type(event: type[Event]) -> str:
    """The `ce_type` of an event class, for example `marketplace.order-created.v1`."""
    return f"{TYPE_PREFIX}.{event.topic}.v{event.schema_version}"


def new_traceparent(*, sampled: bool) -> str:
    """A new trace with a random id; `sampled` asks the consumers to report their hops."""
    return f"00-{_random.getrandbits(128) or 1:032x}-{_random.getrandbits(64) or 1:016x}-{int(sampled):02x}"


def child_of(traceparent: str) -> str:
    """A new span in the trace of `traceparent`, or a new unsampled trace where that is not one."""
    if not is_traceparent(traceparent):
        return new_traceparent(sampled=False)
    return f"{traceparent[:36]}{_random.getrandbits(64) or 1:016x}{traceparent[52:55]}"


def _not_utf8(headers: Sequence[tuple[str, bytes | None]]) -> str:
    """The name of the first header whose value is not UTF-8."""
    for name, value in headers:
        try:
            (value or b"").decode()
        except UnicodeDecodeError:
            return name[:LONGEST_ATTRIBUTE]
    return ""


def is_traceparent(value: str) -> bool:
    """Whether `value` is a valid `traceparent` of version 00."""
    return _TRACEPARENT.fullmatch(value) is not None


def is_sampled(traceparent: str) -> bool:
    """Whether the trace asks for hop reports."""
    return traceparent[-1:] in _ODD_DIGITS and is_traceparent(traceparent)


def trace_id_of(traceparent: str) -> str:
    """The 32 hexadecimal digits that name the trace; empty where there is none."""
    return traceparent[3:35] if is_traceparent(traceparent) else ""


def from_http(headers: Mapping[str, str], *, request_id: str) -> Cause:
    """The cause that a request's headers name; `request_id` stands in where the caller gave none.

    An id that is longer than `LONGEST_ATTRIBUTE` or is not printable ASCII, and a `traceparent` that is none, count as
    not given: all that comes of the request would carry them.
    """
    traceparent = headers.get("traceparent", "")
    return Cause(
        _id_in(headers, "x-correlation-id"),
        _id_in(headers, "x-request-id") or request_id,
        traceparent if is_traceparent(traceparent) else "",
    )


def _id_in(headers: Mapping[str, str], name: str) -> str:
    value = headers.get(name, "")
    return value if _ID_OF_CALLER.fullmatch(value) else ""
