"""How far each partition was read, and when the records were written that some consumer group has before it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping

from simulator.history.samples import Lag
from simulator.trace import TracedRecord
from simulator.trace.expected import CONSUMERS
from simulator.trace.kafka_source import Partition

GROUPS = sorted({group for groups in CONSUMERS.values() for group in groups})
"""The consumer groups of the contracts."""


class Positions:
    """How far each partition was read, as `ends`. A thread may add while another looks."""

    def __init__(self, begin: Mapping[Partition, int]) -> None:
        """`begin`: the offsets at which reading begins."""
        self.begin = dict(begin)
        self._written: dict[Partition, deque[tuple[int, int]]] = {place: deque() for place in begin}
        self.ends = dict(begin)
        self._behind_last = dict(begin)
        """The offsets behind the last records, up to which a group commits: markers of transactions may follow."""

    def add_all(self, records: Iterable[TracedRecord]) -> None:
        """Go on past these records."""
        for record in records:
            place = (record.topic, record.partition)
            self.ends[place] = self._behind_last[place] = record.offset + 1
            if record.topic in CONSUMERS:
                self._written.setdefault(place, deque()).append((record.offset, record.written_at))

    def reach(self, ends: Mapping[Partition, int]) -> None:
        """These ends of partitions were met, behind records or markers of transactions."""
        for place, end in ends.items():
            self.ends[place] = max(end, self.ends.get(place, 0))

    @property
    def events(self) -> int:
        """The sum of the ends of all topics of events, which grows with each that is read."""
        return sum(self.ends[place] for place in self.begin if place[0] in CONSUMERS)

    def consumed_by(self, group: str) -> list[Partition]:
        """The partitions that a group reads."""
        return [place for place in self.begin if group in CONSUMERS.get(place[0], ())]

    def lag(self, group: str, committed: Mapping[Partition, int], now: int) -> Lag:
        """The lag of a group that has committed these offsets."""
        records, oldest = 0, now
        for place in self.consumed_by(group):
            offset = committed.get(place, self.begin[place])
            waiting = self._behind_last[place] - offset
            if waiting > 0:
                records += waiting
                oldest = min(oldest, self._written_at(place, offset, now))
        return Lag(records, (now - oldest) / 1_000_000)

    def forget(self, committed: Iterable[Mapping[Partition, int]]) -> None:
        """Let go of the records that all groups with these offsets have behind them."""
        groups = list(committed)
        for place, written in self._written.items():
            offsets = [offsets[place] for offsets in groups if place in offsets]
            handled = min(offsets) if offsets else 0
            while written and written[0][0] < handled:
                written.popleft()

    def _written_at(self, place: Partition, offset: int, now: int) -> int:
        return next((at for number, at in tuple(self._written[place]) if number >= offset), now)
