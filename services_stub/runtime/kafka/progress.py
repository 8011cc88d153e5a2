"""How far a consumer has come in each topic: records that wait, and seconds for which its store has been stale.

A partition is stale from the moment of the oldest event that was not handled. The time of that event is not known
before it is read, but it cannot be older than the newest event that was handled there, nor than the moment when the
partition was last seen without lag.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from services_stub.contracts.http.gateway import TopicProgress
from services_stub.contracts.times import moment_of, rfc3339
from services_stub.runtime.kafka.records import Place, Record

SAMPLE_EVERY = 1.0
"""Seconds between two looks at the ends of the partitions."""

_LATEST = datetime.max.replace(tzinfo=UTC, microsecond=0).timestamp()


class Progress:
    """The progress of one consumer; times are Unix time in seconds.

    `watermarks` gives the first offset of a partition and the one behind its last record, negative while they are not
    known. The consumer's thread alone asks it, because the client library makes any other thread wait. `report` may be
    called in any thread.
    """

    def __init__(self, watermarks: Callable[[Place], tuple[int, int]]) -> None:
        self._watermarks = watermarks
        self._start: dict[Place, int] = {}
        self._assigned_at = self._sampled_at = 0.0
        self._ends: dict[Place, int] = {}
        self._batch: Sequence[Record] = ()
        self._latest: dict[Place, Record] = {}
        self._without_lag_at: dict[Place, float] = {}

    def assigned(self, start: Mapping[Place, int], now: float) -> None:
        """Consuming begins at these offsets."""
        self._start, self._assigned_at = dict(start), now

    def polled(self, records: Sequence[Record]) -> None:
        """These records are being handled."""
        self._batch = records

    def handled(self, latest: Mapping[Place, Record]) -> None:
        """The batch was handled; these are its last records."""
        self._latest.update(latest)
        self._batch = ()

    def sample(self, now: float) -> None:
        """Look how many records there are, once in `SAMPLE_EVERY` seconds."""
        if 0 <= now - self._sampled_at < SAMPLE_EVERY:  # negative where the clock was set back
            return
        self._sampled_at = now
        for place in self._start:
            first, self._ends[place] = self._watermarks(place)
            self._start[place] = max(self._start[place], first)
            if 0 <= self._ends[place] <= self._following(place):
                self._without_lag_at[place] = now

    def report(self, now: float, answered_at: float) -> list[TopicProgress]:
        """The progress in each topic; `answered_at` is when the broker last answered, and all is stale since then."""
        places: dict[str, list[Place]] = {}
        for place in self._start:
            places.setdefault(place[0], []).append(place)
        waiting: dict[Place, list[Record]] = {}
        for record in self._batch:
            waiting.setdefault((record.topic, record.partition), []).append(record)
        return [self._report_of(topic, own, waiting, now, answered_at) for topic, own in sorted(places.items())]

    def _report_of(
        self, topic: str, places: Sequence[Place], waiting: Mapping[Place, list[Record]], now: float, answered_at: float
    ) -> TopicProgress:
        lag, newest, stale_since = 0, 0.0, answered_at
        for place in places:
            batch, handled = waiting.get(place), _time_of(self._latest.get(place))
            newest = max(newest, handled)
            end = max(self._ends.get(place, -1), batch[-1].offset + 1 if batch else -1)
            if end > self._following(place):
                lag += end - self._following(place)
                since = max(handled, self._without_lag_at.get(place, 0.0)) or self._assigned_at
                stale_since = min(stale_since, _time_of(batch[0]) if batch else since)
        return TopicProgress(
            topic=topic,
            newest_event_time=rfc3339(datetime.fromtimestamp(min(newest, _LATEST), UTC)) if newest else None,
            lag_records=lag,
            staleness_seconds=round(max(0.0, now - stale_since), 3),
        )

    def _following(self, place: Place) -> int:
        latest = self._latest.get(place)
        return self._start[place] if latest is None else latest.offset + 1


def _time_of(record: Record | None) -> float:
    """When the event of a record happened, by its envelope, or else by the record's own time; 0 where there is none."""
    if record is None:
        return 0.0
    for name, value in record.headers:
        if name == "ce_time" and value is not None:
            try:
                return moment_of(value.decode()).timestamp()
            except ValueError:
                break
    return record.timestamp / 1000
