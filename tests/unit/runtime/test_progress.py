"""Lag in records, and staleness in seconds of event time: none without lag, however long a topic is idle."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from services_stub.contracts.http.gateway import TopicProgress
from services_stub.contracts.times import rfc3339
from services_stub.runtime.kafka.progress import Progress
from services_stub.runtime.kafka.records import Headers, Place, Record

TOPIC = "product-updated"
HOUR = 3600.0
START = 1_000_000.0


class Log:
    """Two partitions, a consumer of them, and a clock."""

    def __init__(self, start: int = 0) -> None:
        self.ends = {(TOPIC, 0): -1, (TOPIC, 1): -1}
        self.first = 0
        self.progress = Progress(lambda place: (self.first, self.ends[place]))
        self.now = START
        self.progress.assigned(dict.fromkeys(self.ends, start), self.now)

    def after(self, seconds: float, **ends: int) -> None:
        """Time goes on, partitions grow, and the consumer's thread looks at them."""
        self.now += seconds
        self.ends |= {(TOPIC, int(name[1:])): end for name, end in ends.items()}
        self.progress.sample(self.now)

    def poll(self, *records: Record) -> None:
        self.progress.polled(records)

    def handle(self, *records: Record) -> None:
        self.poll(*records)
        self.progress.handled({(record.topic, record.partition): record for record in records})

    def found(self, answered_at: float | None = None) -> TopicProgress:
        (report,) = self.progress.report(self.now, self.now if answered_at is None else answered_at)
        return report


def record(offset: int, at: float, partition: int = 0, time: bytes | None = None) -> Record:
    headers: Headers = [("ce_time", time or rfc3339(datetime.fromtimestamp(at, UTC)).encode())]
    return Record(TOPIC, partition, offset, None, b"", headers, int(at * 1000))


def lag_of(report: TopicProgress) -> tuple[int, float]:
    return report.lag_records, report.staleness_seconds


def test_a_clock_that_is_set_back_does_not_keep_it_from_looking() -> None:
    log = Log()
    log.after(1, p0=1, p1=0)
    log.after(-HOUR, p0=3)
    assert log.found().lag_records == 3


def test_an_idle_topic_is_not_stale() -> None:
    log = Log()
    log.handle(record(0, START))
    log.after(HOUR, p0=1, p1=0)
    assert lag_of(log.found()) == (0, 0.0)
    assert log.found().newest_event_time == rfc3339(datetime.fromtimestamp(START, UTC))


def test_before_the_ends_are_known_nothing_is_stale() -> None:
    assert lag_of(Log().found()) == (0, 0.0)
    assert Log().found().newest_event_time is None


def test_a_batch_under_way_is_as_stale_as_its_oldest_event() -> None:
    log = Log()
    log.after(HOUR, p0=0, p1=0)
    log.now += 5
    log.poll(record(0, log.now - 4), record(1, log.now - 3), record(0, log.now - 1, partition=1))
    assert lag_of(log.found()) == (3, 4.0)
    log.handle(record(1, log.now - 3), record(0, log.now - 1, partition=1))
    assert lag_of(log.found()) == (0, 0.0)


def test_records_that_were_not_read_yet_are_no_older_than_the_last_look_without_lag() -> None:
    log = Log()
    log.handle(record(0, START))
    log.after(HOUR, p0=1, p1=0)
    log.after(2.0, p0=4)
    assert lag_of(log.found()) == (3, 2.0)


def test_under_a_backlog_the_events_handled_last_tell_how_stale_it_is() -> None:
    log = Log()
    log.after(HOUR, p0=1000, p1=0)
    log.handle(record(499, START - 600))
    assert lag_of(log.found()) == (500, HOUR + 600)
    log.handle(record(899, log.now - 60))
    assert lag_of(log.found()) == (100, 60.0)


def test_a_backlog_that_is_not_read_yet_is_as_old_as_the_consumer_at_least() -> None:
    log = Log(start=10)
    log.after(7.0, p0=12, p1=10)
    assert lag_of(log.found()) == (2, 7.0)


def test_records_that_the_broker_dropped_are_not_waited_for() -> None:
    log = Log()
    log.first = 1000
    log.after(1.0, p0=1000, p1=1000)
    assert lag_of(log.found()) == (0, 0.0)


def test_while_kafka_is_silent_everything_grows_stale() -> None:
    log = Log()
    log.after(1.0, p0=0, p1=0)
    log.now += 30
    assert lag_of(log.found(answered_at=log.now - 12)) == (0, 12.0)


def test_the_ends_are_looked_at_once_a_second() -> None:
    log = Log()
    log.after(1.0, p0=0, p1=0)
    log.after(0.5, p0=5)
    assert log.found().lag_records == 0
    log.after(0.5)
    assert log.found().lag_records == 5


@pytest.mark.parametrize("time", [b"x" * 5000, b"\xff", b"9999-12-31T23:59:59.999999+99:00"])
def test_an_event_without_a_time_has_that_of_its_record(time: bytes) -> None:
    log = Log()
    log.handle(record(0, START, time=time))
    assert log.found().newest_event_time == rfc3339(datetime.fromtimestamp(START, UTC))


def test_every_topic_has_a_row() -> None:
    ends: dict[Place, int] = {("b", 0): 3, ("a", 0): 0, ("b", 1): 4}
    progress = Progress(lambda place: (0, ends[place]))
    progress.assigned(dict.fromkeys(ends, 0), START)
    progress.sample(START + 1)
    assert [(row.topic, row.lag_records) for row in progress.report(START + 1, START + 1)] == [("a", 0), ("b", 7)]


@pytest.mark.parametrize("at", [2**63 // 1000, -(2**63) // 1000])
def test_a_time_that_no_calendar_has_can_still_be_reported(at: float) -> None:
    log = Log()
    log.handle(record(0, at=START), Record(TOPIC, 0, 1, None, b"", [("ce_time", b"x")], int(at * 1000)))
    assert (log.found().newest_event_time or "9999")[:4] == "9999"


def test_an_event_time_that_no_calendar_has_is_none() -> None:
    log = Log()
    time = b"9999-12-31T23:59:59.999999-23:59"
    log.handle(record(0, at=START), Record(TOPIC, 0, 1, None, b"", [("ce_time", time)], int(START * 1000)))
    assert log.found().newest_event_time == rfc3339(datetime.fromtimestamp(START, UTC))
