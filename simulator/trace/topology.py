"""The publishers and consumers of each topic, how often, and how far behind: counted from records as they come."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from services_stub.contracts.topics import TRACE_HOPS
from simulator.trace.cluster import Cluster
from simulator.trace.events import correlation_of, publisher_of, reports_of
from simulator.trace.kafka_source import KafkaSource, committed_offsets
from simulator.trace.records import TracedRecord
from simulator.trace.tables import columns

GroupAndTopic = tuple[str, str]


class Link(msgspec.Struct, frozen=True, rename="camel"):
    """A publisher or consumer group at a topic: how many records, and how many a second; `lag` is in records."""

    service: str
    topic: str
    publishes: bool
    records: int
    per_second: float
    lag: int | None = None


class Topology:
    """Counts the records of each topic by publisher and by group; `unjoined` are those that name no flow, by topic."""

    def __init__(self) -> None:
        self._published: Counter[GroupAndTopic] = Counter()
        self.consumed: Counter[GroupAndTopic] = Counter()
        self.unjoined: Counter[str] = Counter()
        self._first, self._last = 2**63, 0

    def add_all(self, records: Iterable[TracedRecord]) -> None:
        """Count records."""
        for record in records:
            if record.topic == TRACE_HOPS:
                self.consumed.update((report.consumption.group, report.of[0]) for report in reports_of(record))
                continue
            self._first, self._last = min(self._first, record.written_at), max(self._last, record.written_at)
            if correlation_of(record):
                self._published[
                    publisher_of((record.header("ce_source") or b"").decode(errors="replace")), record.topic
                ] += 1
            else:
                self.unjoined[record.topic] += 1

    def links(self, lag: Mapping[GroupAndTopic, int]) -> list[Link]:
        """The links by topic, publishers first. `lag` is told by group and topic."""
        seconds = max(1.0, (self._last - self._first) / 1_000_000)
        published = [
            Link(name, topic, True, records, records / seconds) for (name, topic), records in self._published.items()
        ]
        consumed = [
            Link(name, topic, False, records, records / seconds, lag.get((name, topic)))
            for (name, topic), records in self.consumed.items()
        ]
        return sorted(published + consumed, key=lambda link: (link.topic, not link.publishes, link.service))


def lag_of(cluster: Cluster, links: Iterable[GroupAndTopic]) -> dict[GroupAndTopic, int]:
    """How many records each group has before it in each topic; a group that has committed nothing is left out.

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
        for place, offset in committed_offsets(cluster.bootstrap_servers, group, partitions, cluster.config).items():
            found[group, place[0]] += max(0, ends[place] - offset)
    return dict(found)


def topology_lines(links: Sequence[Link], width: int) -> list[str]:
    """The links for people."""
    table = [["TOPIC", "", "SERVICE", "RECORDS", "PER SECOND", "LAG"]]
    known = ""
    for link in links:
        counts = [f"{link.records:,}", f"{link.per_second:,.1f}", "" if link.lag is None else f"{link.lag:,}"]
        topic = "" if link.topic == known else link.topic
        table.append([topic, "from" if link.publishes else "to", link.service, *counts])
        known = link.topic
    return columns(table, width, limits=(24, 4, 20, 12, 10, 12))


def topology_mermaid(links: Sequence[Link]) -> list[str]:
    """The links as a Mermaid flowchart: services are boxes, topics cylinders."""
    services = {name: f"s{number}" for number, name in enumerate(dict.fromkeys(link.service for link in links))}
    topics = {name: f"t{number}" for number, name in enumerate(dict.fromkeys(link.topic for link in links))}
    lines = ["flowchart LR"]
    lines += [f'    {node}["{_quoted(name)}"]' for name, node in services.items()]
    lines += [f'    {node}[("{_quoted(name)}")]' for name, node in topics.items()]
    for link in links:
        service, topic, rate = services[link.service], topics[link.topic], f"{link.per_second:,.1f}/s"
        lines.append(
            f'    {service} -- "{rate}" --> {topic}' if link.publishes else f'    {topic} -- "{rate}" --> {service}'
        )
    return lines


def _quoted(text: str) -> str:
    """`text` with everything that Mermaid could read as its own as a numeric entity."""
    return "".join(each if each.isalnum() or each in "-_. " else f"#{ord(each)};" for each in text)
