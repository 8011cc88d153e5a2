"""Where a flow is now: which consumer has its events next, how many records are ahead, and how long that takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from services_stub.contracts.events import HopOutcome
from simulator.trace.cluster import Cluster
from simulator.trace.drawings.plain import duration
from simulator.trace.expected import CONSUMERS
from simulator.trace.flow import Flow, FlowEvent
from simulator.trace.kafka_source import GroupOffsets

Committed = Callable[[str, Iterable[tuple[str, int]]], Mapping[tuple[str, int], int]]
"""The offsets that a group has committed, of some partitions; the next record that it handles lies at each."""

_DONE = frozenset({HopOutcome.HANDLED, HopOutcome.DUPLICATE, HopOutcome.REJECTED, HopOutcome.DEAD_LETTER})


class Waiting(msgspec.Struct, frozen=True, rename="camel"):
    """A group that has an event before it. `ahead` records come first; it handles `per_second` of this partition.

    `seconds` is how long that takes at this rate; None where it stands still. `committed` is None for a group that has
    committed nothing.
    """

    event: str
    group: str
    ahead: int
    per_second: float
    seconds: float | None
    committed: int | None


def undone(flow: Flow, groups: Mapping[str, frozenset[str]]) -> list[tuple[FlowEvent, str]]:
    """The events that a group has not reported to be done with. `groups` adds those that were seen at a topic."""
    found = []
    for event in flow.events:
        done = {seen.group for seen in event.consumers if seen.outcome in _DONE}
        wanted = CONSUMERS.get(event.topic, frozenset()) | groups.get(event.topic, frozenset())
        found += [(event, group) for group in sorted(wanted - done)]
    return found


def waiting_for(
    pairs: Sequence[tuple[FlowEvent, str]], committed: Committed, wait: Callable[[], float]
) -> list[Waiting]:
    """Which of these events still lie before their groups: asked twice, with `wait` (its seconds) in between."""
    before = _ask(pairs, committed)
    seconds = wait()
    after = _ask(pairs, committed)
    found = []
    for event, group in pairs:
        place = (group, event.topic, event.partition)
        at = after.get(place)
        if at is not None and at > event.offset:
            continue  # handled, and its report was lost or was not asked for
        rate = max(0.0, ((at or 0) - before.get(place, at or 0)) / seconds)
        ahead = event.offset - (at or 0)
        eta = (ahead + 1) / rate if rate else None
        found.append(Waiting(event.place, group, ahead, round(rate, 1), eta, at))
    return found


def waiting_lines(found: Sequence[Waiting]) -> list[str]:
    """The groups that have something before them, for people."""
    if not found:
        return ["Every group has handled every event of it."]
    lines = []
    for each in found:
        if each.committed is None:
            lines.append(f"{each.group} has {each.event} before it, and has committed nothing of this partition")
            continue
        when = "it stands still" if each.seconds is None else f"it comes to it in {duration(each.seconds * 1_000_000)}"
        pace = "" if each.seconds is None else f" at {each.per_second:,.1f} a second"
        lines.append(f"{each.group} has {each.event} before it: {each.ahead:,} records ahead{pace}, {when}")
    return lines


def _ask(pairs: Sequence[tuple[FlowEvent, str]], committed: Committed) -> dict[tuple[str, str, int], int]:
    found: dict[tuple[str, str, int], int] = {}
    for group in sorted({group for _, group in pairs}):
        places = sorted({(event.topic, event.partition) for event, each in pairs if each == group})
        for (topic, partition), offset in committed(group, places).items():
            found[group, topic, partition] = offset
    return found


def groups_of(progress: Mapping[tuple[str, str, int], int]) -> dict[str, frozenset[str]]:
    """The groups that have reported something of each topic."""
    found: dict[str, set[str]] = {}
    for group, topic, _ in progress:
        found.setdefault(topic, set()).add(group)
    return {topic: frozenset(groups) for topic, groups in found.items()}


def committed_in(cluster: Cluster) -> Committed:
    """Asks a cluster."""

    def committed(group: str, partitions: Iterable[tuple[str, int]]) -> dict[tuple[str, int], int]:
        with GroupOffsets(cluster.bootstrap_servers, group, cluster.config) as offsets:
            return offsets.committed(partitions)

    return committed
