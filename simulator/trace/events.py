"""The pieces of a flow: an event with its record, what consumers did with it, and dead letters.

Times are microseconds of Unix time.
"""

from __future__ import annotations

import msgspec

from services_stub.contracts.envelope import LONGEST_ATTRIBUTE, SENT_AGAIN_TO, Envelope, MalformedEnvelope, is_sampled
from services_stub.contracts.events import HopOutcome, HopsReported, RequestHop
from services_stub.contracts.times import moment_of, to_microseconds
from services_stub.contracts.topics import DEAD_LETTER_SUFFIX
from simulator.trace.records import Place, TracedRecord, place_text

LATEST = 253_402_300_799_999_999
"""The end of the year 9999, the last that can be written as a date; what claims to be later counts as of then."""

_NUMBER_DIGITS = 18

_decode_report = msgspec.json.Decoder(HopsReported).decode


class Consumption(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """The outcome of an event at one consumer group, and when."""

    group: str
    instance: str
    outcome: HopOutcome
    polled_at: int
    handled_at: int
    committed_at: int


class DeadLetter(msgspec.Struct, frozen=True, gc=False):
    """The copy of a record that a group could not handle. `of` is where the record itself lies; `at` its own time."""

    place: Place
    at: int
    of: Place
    group: str
    error: str
    attempt: int


class FlowEvent(msgspec.Struct, frozen=True, gc=False):
    """One event of a flow.

    `at` is when it was published by the clock of its publisher (the record's time where it does not say), `written_at`
    the time of the record, which has whole milliseconds. `sent_again_to` is the group for which a dead letter was sent
    again, and empty for all other records.
    """

    at: int
    topic: str
    partition: int
    offset: int
    envelope: Envelope
    consumers: tuple[Consumption, ...] = ()
    written_at: int = 0
    key: bytes | None = None
    value: bytes | None = None
    dead_letters: tuple[DeadLetter, ...] = ()
    sent_again_to: str = ""

    @property
    def place(self) -> str:
        """Where it lies, as `topic[partition]@offset`."""
        return place_text((self.topic, self.partition, self.offset))

    @property
    def publisher(self) -> str:
        """The last segment of the source: the service that published it."""
        return publisher_of(self.envelope.source)

    @property
    def sampled(self) -> bool:
        """Whether consumers were asked to report what they did with it."""
        return is_sampled(self.envelope.traceparent)

    def consumed_by(self, group: str) -> tuple[Consumption, ...]:
        """The reports of one group, oldest first."""
        return tuple(consumption for consumption in self.consumers if consumption.group == group)


def is_same(one: FlowEvent, other: FlowEvent) -> bool:
    """Whether two events lie at one place, whatever is known of them. Most differ in their offset."""
    return one.offset == other.offset and (one.topic, one.partition) == (other.topic, other.partition)


class Reported(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=True):
    """A hop report of one event: where the event lies, its flow, and what came of it."""

    correlation_id: str
    event_id: str
    of: Place
    consumption: Consumption


class RequestReport(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=True):
    """A report of one HTTP request by one of its two sides."""

    correlation_id: str
    reporter: str
    request: RequestHop


Report = Reported | RequestReport


Entry = FlowEvent | DeadLetter
"""Either of what a record can be to a flow."""


def entry_of(record: TracedRecord) -> Entry | None:
    """The dead letter that a record is, or the event that it carries; None where its headers are neither."""
    return dead_letter_of(record) or event_of(record)


def event_of(record: TracedRecord) -> FlowEvent | None:
    """The event that a record carries; None where its headers are no envelope."""
    try:
        envelope = Envelope.from_headers(record.headers)
    except MalformedEnvelope:
        return None
    at = microseconds(envelope.time)
    return FlowEvent(
        at=record.written_at if at is None else at,
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        envelope=envelope,
        written_at=record.written_at,
        key=record.key,
        value=record.value,
        sent_again_to=(record.header(SENT_AGAIN_TO) or b"").decode(errors="replace")[:LONGEST_ATTRIBUTE],
    )


def dead_letter_of(record: TracedRecord) -> DeadLetter | None:
    """The dead letter that a record is; None where its topic or its headers say that it is none."""
    if not record.topic.endswith(DEAD_LETTER_SUFFIX):
        return None
    said = {name: (value or b"").decode(errors="replace") for name, value in record.headers if name.startswith("dlq_")}
    return DeadLetter(
        place=record.place,
        at=record.written_at,
        of=(
            said.get("dlq_topic", record.topic.removesuffix(DEAD_LETTER_SUFFIX)),
            _number(said.get("dlq_partition", "")),
            _number(said.get("dlq_offset", "")),
        ),
        group=said.get("dlq_group", "")[:LONGEST_ATTRIBUTE],
        error=said.get("dlq_error", ""),
        attempt=_number(said.get("dlq_attempt", "")),
    )


def reports_of(record: TracedRecord) -> list[Report]:
    """The reports in a record of `trace-hops`; none where it cannot be read, and no hop whose times are none."""
    try:
        report = _decode_report(record.value or b"")
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return []
    found: list[Report] = [
        Reported(
            hop.correlation_id,
            hop.event_id,
            (hop.topic, hop.partition, hop.offset),
            Consumption(report.group, report.instance, hop.outcome, hop.polled_at, hop.handled_at, hop.committed_at),
        )
        for hop in report.hops
        if 0 <= hop.polled_at <= LATEST and 0 <= hop.handled_at <= LATEST and 0 <= hop.committed_at <= LATEST
    ]
    found += [
        RequestReport(request.correlation_id, report.group, request)
        for request in report.requests
        if 0 <= request.started_at <= LATEST and 0 <= request.answered_at <= LATEST
    ]
    return found


def correlation_of(record: TracedRecord) -> str:
    """The correlation id in the headers of a record; empty where there is none that can be read."""
    for name, value in record.headers:
        if name == "ce_correlationid" and value:
            try:
                return value.decode()[:LONGEST_ATTRIBUTE]
            except UnicodeDecodeError:
                return ""
    return ""


def publisher_of(source: str) -> str:
    """The service in a `ce_source`: its last segment."""
    return source.rstrip("/").rsplit("/", 1)[-1]


def microseconds(moment: str) -> int | None:
    """A time in RFC 3339 with its zone as microseconds of Unix time, not before 1970; None where it is none."""
    try:
        return bounded_time(to_microseconds(moment_of(moment)))
    except ValueError:
        return None


def bounded_time(moment: int) -> int:
    """A time that a record may claim, in microseconds of Unix time, as one that every calendar has."""
    return min(max(moment, 0), LATEST)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _NUMBER_DIGITS else -1
