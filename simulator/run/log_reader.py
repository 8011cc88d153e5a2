"""Reads the Kafka log of a run in a thread, records it, and looks how far the consumer groups have come."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Self

import msgspec

from services_stub.contracts.topics import ALL_TOPICS
from simulator.history.final import Starts
from simulator.history.samples import LagSample
from simulator.run.online import OnlineAudit
from simulator.run.positions import GROUPS, Positions
from simulator.run.sagas import Sagas
from simulator.trace.cluster import Cluster
from simulator.trace.kafka_source import GroupOffsets, KafkaSource, Partition, SourceUnavailable
from simulator.trace.recording import Recorder

_LOOK_SECONDS = 1.0
_END_SECONDS = 10.0
_TOGETHER = {"fetch.min.bytes": "65536", "fetch.wait.max.ms": "50"}
"""The records have their times in them, so they may come together: that costs the broker less."""


class LogReader:
    """The log from the present end of each partition on. Use it as a context manager.

    `sagas`, `positions` and `audit` are as the records tell that were read by now, and `lags` one sample a second.
    """

    def __init__(
        self, cluster: Cluster, recording: Path, lags: Path, audit: OnlineAudit, *, from_beginning: bool
    ) -> None:
        """Raises SourceUnavailable where no broker answers."""
        self._cluster = cluster
        topics = [topic.name for topic in ALL_TOPICS]
        with KafkaSource(cluster.bootstrap_servers, topics, config=cluster.config) as source:
            ends = source.ends()
        begin: Mapping[Partition, int] = dict.fromkeys(ends, 0) if from_beginning else ends
        self.sagas, self.positions, self.audit = Sagas(), Positions(begin), audit
        self.latest: LagSample | None = None
        self.failure = ""
        """The reason why the log, or the offsets of groups, could not be read any more."""
        self._stopped = threading.Event()
        self._resources = ExitStack()
        self._source = self._resources.enter_context(
            KafkaSource(cluster.bootstrap_servers, topics, offsets=begin, config={**_TOGETHER, **cluster.config})
        )
        self._recorder = self._resources.enter_context(Recorder(recording))
        self._lags = self._resources.enter_context(lags.open("wb"))
        self._threads = [
            threading.Thread(target=self._guarded, args=(work,), name=f"kafka {work.__name__}", daemon=True)
            for work in (self._read, self._watch)
        ]

    def ends(self) -> dict[Partition, int]:
        """The ends of all partitions, asked of the broker now."""
        return {place: end for place, (_, end) in self._watermarks().items()}

    def starts(self) -> Starts:
        """The first offsets that the log has now; none where the broker does not say them."""
        found: Starts = {}
        with suppress(SourceUnavailable):
            for (topic, number), (first, _) in self._watermarks().items():
                found.setdefault(topic, {})[number] = first
        return found

    def _watermarks(self) -> dict[Partition, tuple[int, int]]:
        topics = {topic for topic, _ in self.positions.begin}
        with KafkaSource(self._cluster.bootstrap_servers, topics, config=self._cluster.config) as source:
            return source.watermarks(self.positions.begin)

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stopped.set()
        for thread in self._threads:
            thread.join(_END_SECONDS)
        self._resources.close()

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 - of a run whose log is not read to its end nothing must be believed
            self.failure = self.failure or str(error) or repr(error)

    def _read(self) -> None:
        while not self._stopped.is_set():
            records = self._source.step()
            if records:
                self._recorder.write(records)
                self.sagas.add_all(records)
                self.positions.add_all(records)
                self.audit.take(records)
            if self._source.met:
                self.positions.reach(self._source.met)
                self._source.met.clear()

    def _watch(self) -> None:
        with ExitStack() as open_groups:
            groups = {
                group: open_groups.enter_context(
                    GroupOffsets(self._cluster.bootstrap_servers, group, self._cluster.config)
                )
                for group in GROUPS
            }
            while not self._stopped.wait(_LOOK_SECONDS):
                try:
                    self._look(groups)
                except SourceUnavailable:  # the broker may be stopped on purpose: there is no sample then
                    continue

    def _look(self, groups: Mapping[str, GroupOffsets]) -> None:
        committed = {
            group: offsets.committed(places)
            for group, offsets in groups.items()
            if (places := self.positions.consumed_by(group))
        }
        now = time.time_ns() // 1000
        self.latest = LagSample(
            now, {group: self.positions.lag(group, offsets, now) for group, offsets in committed.items()}
        )
        self.positions.forget(committed.values())
        self._lags.write(msgspec.json.encode(self.latest) + b"\n")
        self._lags.flush()
