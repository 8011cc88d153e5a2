"""The things that an admin should look at, from what the overview knows. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from marketplace_tui.model.admin.processes import Process
from marketplace_tui.text.values import count, duration
from services_stub.contracts.control import ActiveFault
from services_stub.contracts.http.analytics import Summary

BEHIND_SECONDS = 5.0
"""From this staleness on, in seconds, a consumer group is behind."""


@dataclass(frozen=True)
class Concern:
    """Something to look at, in words, and the section that shows it. `serious` ones are failures."""

    key: str
    words: str
    place: str
    serious: bool = False


def concerns(
    processes: Sequence[Process], active_faults: Sequence[ActiveFault], summary: Summary, open_dead_letters: int
) -> list[Concern]:
    """Everything to look at, failures first."""
    found = [*_of_faults(active_faults), *_of_processes(processes), *_of_numbers(summary)]
    if open_dead_letters:
        words = count(open_dead_letters, "open dead letter")
        found.append(Concern("dead-letters", words, "dead-letters", serious=True))
    return sorted(found, key=lambda concern: not concern.serious)


def _of_processes(processes: Sequence[Process]) -> Iterator[Concern]:
    for one in processes:
        if one.paused:
            yield Concern(f"paused-{one.name}", f"{one.name} is paused", "services", serious=True)
        elif one.ready is False:
            reason = f": {one.detail}" if one.detail else ""
            yield Concern(f"away-{one.name}", f"{one.name} is not ready{reason}", "services", serious=True)
        elif one.restarts:
            yield Concern(f"restarts-{one.name}", f"{one.name} was restarted: {one.restarts} ×", "services")
        if one.staleness_seconds >= BEHIND_SECONDS:
            behind = f"{duration(one.staleness_seconds)} behind, {count(one.lag_records, 'record')} wait"
            yield Concern(f"behind-{one.name}", f"{one.name} is {behind}", "services", serious=True)


def _of_faults(active_faults: Sequence[ActiveFault]) -> Iterator[Concern]:
    for active in active_faults:
        yield Concern(f"fault-{active.id}", f"fault in force: {active.id.replace('-', ' ')}", "faults", serious=True)


def _of_numbers(summary: Summary) -> Iterator[Concern]:
    refunding = summary.orders.get("REFUNDING", 0)
    if refunding:
        yield Concern("refunding", f"{count(refunding, 'order')} wait for their refund", "all-orders")
    if summary.failed_payments:
        most = summary.failed_payments[0]
        yield Concern("failed", f"{count(most.payments, 'payment')} failed: {most.reason}", "payments")
    if summary.sellers.blocked:
        yield Concern("blocked-sellers", f"{count(summary.sellers.blocked, 'blocked seller')}", "users")
    blocked = summary.products.get("BLOCKED", 0)
    if blocked:
        yield Concern("blocked-products", count(blocked, "blocked product"), "catalogue")
