"""The publishers and consumers of each topic, how often, and how far behind: counted from records as they come.

Rates are those of the last minute. Nothing here depends on the order in which records come.
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

import msgspec

from services_stub.contracts.topics import TRACE_HOPS
from simulator.trace.cluster import Cluster
from simulator.trace.events import Reported, correlation_of, dead_letter_of, publisher_of, reports_of
from simulator.trace.kafka_source import GroupOffsets, KafkaSource, SourceUnavailable
from simulator.trace.records import TracedRecord
from simulator.trace.tables import columns

GroupAndTopic = tuple[str, str]

WINDOW_SECONDS = 60
"""Rates are those of so long a time."""

STEP_SECONDS = 5
"""The length of a step in the history of a rate."""

NOT_NAMED = "(not named)"
"""The publisher of a record of a flow whose source is empty."""

MOST_EDGES = 500
"""So many publishers and groups at topics are told apart; what comes beyond that is counted together."""

OTHERS = "(others)"

_SECOND = 1_000_000
_MOST_SECONDS = 4 * WINDOW_SECONDS
"""So many seconds are kept at most, the newest: a clock that is far ahead takes the place of one."""


class Link(msgspec.Struct, frozen=True, rename="camel"):
    """A publisher or consumer group at a topic: how many records, and how many a second; `lag` is in records.

    `recent` are the records of the window by steps of `STEP_SECONDS`, the oldest first. `service` is empty for records
    that name no flow.
    """

    service: str
    topic: str
    publishes: bool
    records: int
    per_second: float
    lag: int | None = None
    recent: tuple[int, ...] = ()

    @property
    def edge(self) -> Edge:
        """The two ends of it."""
        return Edge(self.service, self.topic, self.publishes)


class Edge(NamedTuple):
    """A publisher at a topic, or a consumer group."""

    service: str
    topic: str
    publishes: bool


class Topology:
    """Counts the records of each topic by publisher and by group; `unjoined` are those that name no flow, by topic."""

    def __init__(self) -> None:
        self._records: Counter[Edge] = Counter()
        self._by_second: dict[int, Counter[Edge]] = {}
        """The records of the newest seconds of Unix time."""
        self._first, self._last = 2**63, 0

    def add_all(self, records: Iterable[TracedRecord]) -> None:
        """Count records."""
        for record in records:
            if record.topic == TRACE_HOPS:
                for report in reports_of(record):
                    if isinstance(report, Reported):
                        seen = report.consumption
                        self._count(Edge(seen.group, report.of[0], False), seen.handled_at)
                continue
            self._first, self._last = min(self._first, record.written_at), max(self._last, record.written_at)
            publisher = _publisher(record) if correlation_of(record) else ""
            self._count(Edge(publisher, record.topic, True), record.written_at)

    @property
    def consumed(self) -> list[GroupAndTopic]:
        """Every group with the topics of which it reported something."""
        return [(edge.service, edge.topic) for edge in self._records if not edge.publishes]

    @property
    def unjoined(self) -> Counter[str]:
        """The records of each topic that name no flow."""
        return Counter({edge.topic: count for edge, count in self._records.items() if not edge.service})

    @property
    def records(self) -> int:
        """How many records were counted, without hop reports."""
        return sum(count for edge, count in self._records.items() if edge.publishes)

    def links(self, lag: Mapping[GroupAndTopic, int], now: int = 0) -> list[Link]:
        """The links by topic, publishers first. `lag` is told by group and topic.

        Rates are those until `now`, in microseconds of Unix time, by default until the newest record; of what is
        younger than the window, those of its age.
        """
        end = (now or self._last) // _SECOND
        seconds = min(max(end - self._first // _SECOND + 1, 1), WINDOW_SECONDS)
        recent: dict[Edge, list[int]] = defaultdict(lambda: [0] * (WINDOW_SECONDS // STEP_SECONDS))
        for second, counts in self._by_second.items():
            if 0 <= end - second < WINDOW_SECONDS:
                for edge, count in counts.items():
                    recent[edge][-1 - (end - second) // STEP_SECONDS] += count
        found = [
            Link(
                *edge,
                records,
                sum(recent[edge]) / seconds,
                None if edge.publishes else lag.get((edge.service, edge.topic)),
                tuple(recent[edge]),
            )
            for edge, records in self._records.items()
        ]
        return sorted(found, key=lambda link: (link.topic, not link.publishes, link.service))

    def _count(self, edge: Edge, moment: int) -> None:
        if edge not in self._records and len(self._records) >= MOST_EDGES:
            edge = Edge(OTHERS, OTHERS, edge.publishes)
        self._records[edge] += 1
        second = moment // _SECOND
        counts = self._by_second.get(second)
        if counts is None:
            counts = self._by_second[second] = Counter()
            if len(self._by_second) > _MOST_SECONDS:
                for old in heapq.nsmallest(_MOST_SECONDS // 2, self._by_second):
                    del self._by_second[old]
        counts[edge] += 1


def _publisher(record: TracedRecord) -> str:
    """The service that wrote a record: of a dead letter the one that could not handle it."""
    dead_letter = dead_letter_of(record)
    if dead_letter is not None and dead_letter.group:
        return dead_letter.group
    return publisher_of((record.header("ce_source") or b"").decode(errors="replace")) or NOT_NAMED


def lag_of(cluster: Cluster, links: Iterable[GroupAndTopic]) -> dict[GroupAndTopic, int]:
    """How many records each group has before it in each topic.

    A group that has committed nothing, or that must not be looked at, is left out.

    Raises:
        SourceUnavailable: no broker answers.
    """
    topics: dict[str, set[str]] = defaultdict(set)
    for group, topic in links:
        topics[group].add(topic)
    with KafkaSource(
        cluster.bootstrap_servers, {topic for own in topics.values() for topic in own}, config=cluster.config
    ) as source:
        ends = source.ends()
    found: Counter[GroupAndTopic] = Counter()
    for group, own in topics.items():
        partitions = [place for place in ends if place[0] in own]
        if not (group and partitions):
            continue  # whatever a report names
        with suppress(SourceUnavailable), GroupOffsets(cluster.bootstrap_servers, group, cluster.config) as offsets:
            for place, offset in offsets.committed(partitions).items():
                found[group, place[0]] += max(0, ends[place] - offset)
    return dict(found)


def rate_text(per_second: float) -> str:
    """A rate with as many decimals as tell something."""
    return f"{per_second:,.1f}" if per_second >= 1 or not per_second else f"{per_second:.2f}"


def topology_lines(links: Sequence[Link], width: int) -> list[str]:
    """The links for people."""
    table = [["TOPIC", "", "SERVICE", "RECORDS", "PER SECOND", "LAG"]]
    known = ""
    for link in links:
        counts = [f"{link.records:,}", rate_text(link.per_second), "" if link.lag is None else f"{link.lag:,}"]
        topic = "" if link.topic == known else link.topic
        table.append([topic, "from" if link.publishes else "to", link.service or "(names no flow)", *counts])
        known = link.topic
    return columns(table, width, limits=(24, 4, 20, 12, 10, 12))


def topology_mermaid(links: Sequence[Link]) -> list[str]:
    """The links as a Mermaid flowchart: services are boxes, topics cylinders. What names no flow is left out."""
    links = [link for link in links if link.service]
    services = {name: f"s{number}" for number, name in enumerate(dict.fromkeys(link.service for link in links))}
    topics = {name: f"t{number}" for number, name in enumerate(dict.fromkeys(link.topic for link in links))}
    lines = ["flowchart LR"]
    lines += [f'    {node}["{_quoted(name)}"]' for name, node in services.items()]
    lines += [f'    {node}[("{_quoted(name)}")]' for name, node in topics.items()]
    for link in links:
        service, topic, rate = services[link.service], topics[link.topic], f"{rate_text(link.per_second)}/s"
        lines.append(
            f'    {service} -- "{rate}" --> {topic}' if link.publishes else f'    {topic} -- "{rate}" --> {service}'
        )
    return lines


def _quoted(text: str) -> str:
    """`text` with everything that Mermaid could read as its own as a numeric entity."""
    return "".join(each if each.isalnum() or each in "-_. " else f"#{ord(each)};" for each in text)
