"""A flow in words: its headline, where its time went, and what is wrong or slow with what to look at next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.cells import cell_len

from simulator.trace.contents import reached
from simulator.trace.drawings.plain import UNICODE, Signs, duration, wrapped
from simulator.trace.findings import Finding, is_broken
from simulator.trace.flow import Flow
from simulator.trace.kinds import BROKEN, Kind
from simulator.trace.spans import Span, SpanKind, critical_path, judged_until

_LONGEST_ID, _SHORT_ID = 36, 8


def verdict(findings: Sequence[Finding]) -> str:
    """The findings in a word or two: `as expected`, `open`, or the kinds of what is wrong or slow."""
    kinds = dict.fromkeys(finding.kind for finding in findings)
    broken = [kind for kind in kinds if kind in BROKEN]
    if broken:
        return "broken: " + ", ".join(broken)
    told = [kind for kind in kinds if kind not in (Kind.OPEN, Kind.COMPENSATING, Kind.SENT_AGAIN)]
    if told:
        return ", ".join(told)
    if Kind.OPEN in kinds:
        return "open"
    return "undone as planned" if kinds else "as expected"


def headline(flow: Flow, findings: Sequence[Finding], width: int = 0, signs: Signs = UNICODE) -> str:
    """The flow in one line, with only the beginning of its id where it would not fit `width` cells otherwise."""
    sign = signs.bad if is_broken(findings) else signs.good
    words = f"{took(flow, signs)} {signs.dot} {verdict(findings)} {sign}"
    whole = f"{flow.correlation_id[:_LONGEST_ID]}  {words}"
    return f"{flow.correlation_id[:_SHORT_ID]}{signs.more}  {words}" if width and cell_len(whole) > width else whole


def took(flow: Flow, signs: Signs = UNICODE) -> str:
    """The status that a flow reached, how long all took, and its number of events."""
    status, at = reached(flow)
    said = [f"{status} in {duration(at - flow.started_at)}"] if status else []
    said += [f"all handled in {duration(flow.ended_at - flow.started_at)}", _count(len(flow.events), "event")]
    return f" {signs.dot} ".join(said)


def shares(path: Sequence[Span]) -> list[tuple[SpanKind, float]]:
    """Which share of the time of a path went into each kind, the largest first; the shares add up to 1."""
    total = sum(span.length for span in path)
    taken: Counter[SpanKind] = Counter()
    for span in path:
        taken[span.kind] += span.length
    return [(kind, length / total) for kind, length in taken.most_common()] if total else []


def where_time_went(flow: Flow) -> str:
    """The longest span that the last event of the flow waited for, in words; empty for a flow without length."""
    path = critical_path(flow, judged_until(flow))
    if not path:
        return ""
    longest = max(path, key=lambda span: span.length)
    share = round(100 * longest.length / sum(span.length for span in path))
    after = duration(longest.start - flow.started_at)
    where = {
        SpanKind.BROKER: f"{longest.owner} was on its way to the broker",
        SpanKind.TOPIC: f"a record waited in {longest.owner}",
        SpanKind.RETRY: f"{longest.owner} tried again",
        SpanKind.WRITER: f"{longest.owner} waited for the writer of its database",
        SpanKind.HANDLING: f"{longest.owner} handled an event",
        SpanKind.ANSWER: f"a request waited for {longest.owner}",
        SpanKind.WORKING: f"{longest.owner or 'no service'} worked on something that no hop reports",
    }[longest.kind]
    return f"The longest wait: {where} for {duration(longest.length)} ({share} %), from {after} on."


def diagnosis(flow: Flow, findings: Sequence[Finding], width: int, signs: Signs = UNICODE) -> list[str]:
    """Each finding with its evidence and what to look at, and where the time went."""
    lines = [line for finding in findings for line in finding_lines(finding, width, signs)]
    if went := where_time_went(flow):
        lines += wrapped(went, width, "  ")
    return lines


def finding_lines(finding: Finding, width: int, signs: Signs = UNICODE) -> list[str]:
    """One finding with its evidence and what to look at."""
    sign = signs.bad if finding.kind in BROKEN else signs.dot
    where = f" ({finding.evidence})" if finding.evidence else ""
    lines = wrapped(f"{sign} {finding.kind}: {finding.what}{where}", width, "  ")
    return [*lines, *(wrapped(f"look at: {finding.look}", width, "    ", first="  ") if finding.look else ())]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
