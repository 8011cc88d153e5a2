"""The target of a run as far as faults need to know it, and the faults that it cannot have, found before the run."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from services_stub.contracts.control import KafkaMode, Status
from services_stub.contracts.events import EVENT_BY_TOPIC, owner_of
from simulator.faults.kinds import Kind, Place
from simulator.faults.planned import PlannedFault
from simulator.history.operations import SKEW
from simulator.scenario.quantities import Duration, nearest

_SANDBOX = "sandbox"
_SERVICES = ("auth", "product", "cart", "order", "payment", "notification", "search", "seller", "analytics", "gateway")
"""As a marketplace lists its services."""


@dataclass(frozen=True, slots=True)
class Target:
    """The names that faults may strike. Without a control API there are no services, no broker and no provider.

    `links` are the connections that pass through a proxy, as `order-product` and `order-kafka`. In `one_process` all
    services share a clock.
    """

    services: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    kafka: KafkaMode = "external"
    payments: str = ""
    controlled: bool = False
    limits_files: bool = False
    one_process: bool = False

    @classmethod
    def of(cls, status: Status) -> Target:
        """The target that a marketplace with a control API is."""
        return cls(
            services=tuple(service.name for service in status.services),
            topics=tuple(EVENT_BY_TOPIC),
            links=tuple(status.links),
            kafka=status.kafka.mode,
            payments=status.payments,
            controlled=True,
            limits_files=sys.platform == "linux",
            one_process=len({service.pid for service in status.services}) == 1 < len(status.services),
        )

    @classmethod
    def fresh(cls, links: Sequence[str]) -> Target:
        """The target that a marketplace of a run's own is, with the embedded broker."""
        return cls(
            services=_SERVICES,
            topics=tuple(EVENT_BY_TOPIC),
            links=tuple(links),
            kafka="embedded",
            payments=_SANDBOX,
            controlled=True,
            limits_files=sys.platform == "linux",
        )

    def names(self, place: Place) -> tuple[str, ...]:
        """Everything of a kind that a fault may name."""
        names = {Place.SERVICE: self.services, Place.TOPIC: self.topics, Place.LINK: self.links}
        return names.get(place, (str(place),))


def problems(faults: Sequence[PlannedFault], target: Target, end_us: int) -> list[str]:
    """The reasons why these faults cannot be had in a load that ends at `end_us`, each with its way out."""
    return [
        *(f"{fault}: {problem}" for fault in faults if (problem := impossible(fault.kind, fault.target, target))),
        *(f"{fault}: {problem}" for fault in faults if (problem := _too_late(fault, end_us))),
        *_clashes(faults),
    ]


def impossible(kind: Kind, name: str, target: Target) -> str:
    """The reason why a target cannot have a kind of fault at the place of this name; empty if it can."""
    if not target.controlled:
        return "it needs the control API of a marketplace that runs on this machine, as --data-dir names it"
    names = target.names(kind.place)
    if name not in names:
        known = f"There are {', '.join(names)}." if names else "It was started without: `up --link` names them."
        return f"there is no {kind.place} {name}.{nearest(name, names)} {known}"
    if kind.place is Place.BROKER and (problem := _impossible_broker(kind.word, target.kafka)):
        return problem
    if kind.place is Place.PROVIDER and target.payments != _SANDBOX:
        return f"payments go to {target.payments}; only the sandbox can be disturbed"
    if kind.word == "full-disk" and not target.limits_files:
        return "only Linux can keep a process from writing to its files"
    if kind.word == SKEW and target.one_process:
        return "all services share one process, and so one clock: start the marketplace without --processes 1"
    return ""


def part_of(fault: PlannedFault) -> str:
    """The part of the marketplace that carries out a fault, or suffers it: a service, the broker, or a link."""
    if fault.kind.place is Place.PROVIDER:
        return "payment"
    if fault.kind.place is Place.TOPIC and fault.target in EVENT_BY_TOPIC:
        return owner_of(EVENT_BY_TOPIC[fault.target])
    return fault.target


def _impossible_broker(word: str, kafka: KafkaMode) -> str:
    if kafka == "external":
        return "this marketplace uses a cluster that is not its own"
    if word == "slow" and kafka != "embedded":
        return "only the embedded broker can be slowed; slow the network of a service to it, as slow:order-kafka"
    if word == "full-disk" and kafka != "embedded":
        return "only the embedded broker goes on where it cannot write"
    if word in ("cut", "lose-answers") and kafka != "embedded":
        return "only the embedded broker can keep records and not say so"
    return ""


def _too_late(fault: PlannedFault, end_us: int) -> str:
    if fault.at < end_us and fault.end_us <= end_us:
        return ""
    return f"the load ends after {Duration(end_us)}; the fault must be over by then, so that it meets something"


def _clashes(faults: Sequence[PlannedFault]) -> Iterator[str]:
    for one, other in combinations(sorted(faults, key=lambda fault: (fault.at, str(fault))), 2):
        if other.at <= one.end_us and _exclude_each_other(one, other):
            part = part_of(one)
            yield f"{one} and {other}: the first must be over before the second begins, because both concern {part}"


def _exclude_each_other(one: PlannedFault, other: PlannedFault) -> bool:
    """Two of one kind replace each other, a process or a link has one state, and a paused process takes no fault."""
    if part_of(one) != part_of(other):
        return False
    same = one.target == other.target and one.kind.word == other.kind.word
    paused = "pause" in (one.kind.word, other.kind.word)
    return same or paused or (_on_whole(one) and _on_whole(other))


def _on_whole(fault: PlannedFault) -> bool:
    return fault.kind.place is Place.LINK or fault.kind.word in ("kill", "pause", "restart", "stop")
