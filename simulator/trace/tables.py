"""Many flows in numbers: lists of flows, how long hops take, and two flows side by side."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

import msgspec
from rich.cells import cell_len

from services_stub.contracts.times import from_microseconds, rfc3339
from simulator.trace.contents import status_of
from simulator.trace.drawings.plain import duration, padded, plain
from simulator.trace.drawings.words import verdict
from simulator.trace.events import bounded_time
from simulator.trace.findings import Seen, findings_of, is_broken
from simulator.trace.flow import Flow
from simulator.trace.spans import Span, SpanKind, critical_path, hops_of, judged_until, spans_of_request

_SHORT = {
    SpanKind.BROKER: "broker",
    SpanKind.TOPIC: "topic",
    SpanKind.RETRY: "retry",
    SpanKind.WRITER: "writer",
    SpanKind.HANDLING: "handling",
    SpanKind.ANSWER: "answer",
    SpanKind.WORKING: "working",
}


class Row(msgspec.Struct, frozen=True, rename="camel"):
    """A flow in a list. `started_at` is in microseconds of Unix time.

    `milliseconds` is how long it took to its last event, and `handled` until the last consumer was done.
    """

    correlation_id: str
    started_at: int
    milliseconds: float
    handled: float
    first: str
    status: str
    events: int
    broken: bool
    verdict: str


class HopStatistics(msgspec.Struct, frozen=True, rename="camel"):
    """How long one group took for the events of one topic, in milliseconds, and the share of each kind of time.

    Of requests, `topic` is their method and path, and `group` who answers them.
    """

    topic: str
    group: str
    hops: int
    p50: float
    p99: float
    longest: float
    shares: dict[SpanKind, float]


def row_of(flow: Flow, seen: Seen) -> Row:
    """The row of a flow."""
    findings = findings_of(flow, seen)
    return Row(
        flow.correlation_id,
        flow.started_at,
        (judged_until(flow) - flow.started_at) / 1000,
        (flow.ended_at - flow.started_at) / 1000,
        flow.events[0].topic if flow.events else "",
        status_of(flow),
        len(flow.events),
        is_broken(findings),
        verdict(findings),
    )


def list_lines(rows: Sequence[Row], width: int) -> list[str]:
    """The rows for people."""
    table = [["FLOW", "WHAT", "TOOK", "VERDICT", "HANDLED", "EVENTS", "STARTED"]]
    for row in rows:
        started = rfc3339(from_microseconds(bounded_time(row.started_at)))[:19].replace("T", " ")
        took, handled = duration(row.milliseconds * 1000), duration(row.handled * 1000)
        table.append(
            [row.correlation_id, row.status or row.first, took, handled, row.verdict, str(row.events), started]
        )
    return columns(table, width, limits=(36, 15, 9, 9, 60, 6, 19))


def statistics_of(flows: Iterable[Flow]) -> list[HopStatistics]:
    """The statistics of each topic at each group, in the order of their names."""
    found: dict[tuple[str, str], list[tuple[Span, ...]]] = defaultdict(list)
    for flow in flows:
        for request in flow.requests:
            found[request.name, request.callee].append(spans_of_request(request))
        for event, hops in zip(flow.events, hops_of(flow), strict=True):
            for hop in hops:
                found[event.topic, hop.group].append(hop.spans)
    return [_statistics(topic, group, hops) for (topic, group), hops in sorted(found.items())]


def statistics_lines(found: Sequence[HopStatistics], width: int) -> list[str]:
    """The statistics for people: milliseconds, and where the time went."""
    table = [["TOPIC", "GROUP", "HOPS", "P50 MS", "P99 MS", "WHERE THE TIME GOES", "MAX MS"]]
    for each in found:
        shares = sorted(each.shares.items(), key=lambda pair: -pair[1])
        goes = " ".join(f"{_SHORT[kind]} {share:.0%}" for kind, share in shares if share >= 0.005)
        p50, p99, longest = (f"{value:,.1f}" for value in (each.p50, each.p99, each.longest))
        table.append([each.topic, each.group, f"{each.hops:,}", p50, p99, goes, longest])
    return columns(table, width, limits=(18, 13, 9, 9, 9, 40, 9))


def difference(one: Flow, other: Flow) -> list[tuple[str, float | None, float | None]]:
    """The lengths of two flows side by side, in milliseconds: each event since the start, each hop, each kind of time.

    None where one of them does not have it. An event is known again by its topic and its number among those.
    """
    left, right = _lengths(one), _lengths(other)
    return [(name, left.get(name), right.get(name)) for name in dict.fromkeys((*left, *right))]


def difference_lines(one: Flow, other: Flow, width: int) -> list[str]:
    """The difference for people; what differs most stands out by its sign."""
    table = [["", one.correlation_id[:12], other.correlation_id[:12], "DIFFERENCE"]]
    for name, left, right in difference(one, other):
        told = "only here" if right is None else "only there" if left is None else f"{right - left:+,.1f}"
        table.append([name, *("-" if value is None else f"{value:,.1f}" for value in (left, right)), told])
    return columns(table, width, limits=(46, 12, 12, 12))


def _lengths(flow: Flow) -> dict[str, float]:
    found = {"the whole flow": (flow.ended_at - flow.started_at) / 1000}
    seen: Counter[str] = Counter()
    for request in flow.requests:
        seen[request.name] += 1
        number = "" if seen[request.name] == 1 else f" {seen[request.name]}"
        found[f"{request.name} at {request.callee}{number}"] = (request.answered_at - request.started_at) / 1000
    for event, hops in zip(flow.events, hops_of(flow), strict=True):
        seen[event.topic] += 1
        name = event.topic if seen[event.topic] == 1 else f"{event.topic} {seen[event.topic]}"
        found[f"{name} published after"] = (event.at - flow.started_at) / 1000
        for hop in sorted(hops, key=lambda each: each.group):
            found[f"{name} at {hop.group}"] = (hop.end - hop.start) / 1000
    path: Counter[str] = Counter()
    for span in critical_path(flow, judged_until(flow)):
        path[f"critical path: {span.kind}"] += span.length
    return found | {name: length / 1000 for name, length in sorted(path.items())}


def _statistics(topic: str, group: str, hops: Sequence[tuple[Span, ...]]) -> HopStatistics:
    times = sorted(sum(span.length for span in spans) / 1000 for spans in hops)
    total = sum(times) * 1000
    taken: Counter[SpanKind] = Counter()
    for span in (span for spans in hops for span in spans):
        taken[span.kind] += span.length
    shares = {kind: taken[kind] / total if total else 0.0 for kind in SpanKind}
    known = {kind: round(share, 4) for kind, share in shares.items() if share}
    return HopStatistics(topic, group, len(hops), _percentile(times, 50), _percentile(times, 99), times[-1], known)


def _percentile(ordered: Sequence[float], percent: int) -> float:
    """The smallest value that so many percent do not exceed."""
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def columns(table: Sequence[Sequence[str]], width: int, limits: Sequence[int]) -> list[str]:
    """The rows with their columns aligned: numbers to the right, and none wider than its limit."""
    widths = [min(limit, max(cell_len(plain(row[column])) for row in table)) for column, limit in enumerate(limits)]
    lines = []
    for row in table:
        cells = [padded(cell, size, right=_is_number(cell)) for cell, size in zip(row, widths, strict=True)]
        lines.append(padded("  ".join(cells), width).rstrip())
    return lines


def _is_number(cell: str) -> bool:
    return cell.rstrip("% ms").replace(",", "").replace(".", "").lstrip("+-").isdigit()
