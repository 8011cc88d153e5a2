"""A flow as a JSON document, and as a page of HTML that needs nothing else."""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from typing import Any

from services_stub.contracts.times import from_microseconds, rfc3339
from simulator.trace.code import handled_in, published_in
from simulator.trace.contents import books_of, steps_of
from simulator.trace.drawings import draw
from simulator.trace.drawings.mermaid import mermaid
from simulator.trace.drawings.plain import plain
from simulator.trace.drawings.sequence import sequence
from simulator.trace.drawings.states import states
from simulator.trace.drawings.waterfall import waterfall
from simulator.trace.drawings.words import diagnosis, headline, shares
from simulator.trace.events import bounded_time
from simulator.trace.findings import Finding, is_broken
from simulator.trace.flow import Flow
from simulator.trace.otlp import otlp_document
from simulator.trace.spans import critical_path, hops_of, judged_until, spans_of_request

VERSION = 1
_WIDTH = 120
_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>{title}</title>
<style>body {{ font-family: sans-serif; margin: 2em }} pre {{ line-height: 1.2; overflow-x: auto }}</style>
<h1>{title}</h1>
{sections}
</html>
"""


def flow_document(flow: Flow, findings: Sequence[Finding]) -> dict[str, Any]:
    """A flow as a JSON object: times are seconds since its start, lengths milliseconds."""
    path = critical_path(flow, judged_until(flow))
    books = books_of(flow)
    return {
        "version": VERSION,
        "correlationId": flow.correlation_id,
        "startedAt": rfc3339(from_microseconds(bounded_time(flow.started_at))),
        "secondsToLastEvent": flow.since_start(judged_until(flow)),
        "seconds": flow.seconds,
        "broken": is_broken(findings),
        "incomplete": flow.incomplete,
        "requests": _requests(flow),
        "events": _events(flow),
        "unseen": [
            {"topic": lost.place[0], "partition": lost.place[1], "offset": lost.place[2]} for lost in flow.unseen
        ],
        "findings": [
            {
                "kind": finding.kind,
                "what": finding.what,
                "evidence": finding.evidence,
                "look": finding.look,
                "eventId": None if finding.about is None else finding.about.envelope.id,
            }
            for finding in findings
        ],
        "criticalPath": [
            {
                "kind": span.kind,
                "owner": span.owner,
                "since": flow.since_start(span.start),
                "milliseconds": span.length / 1000,
            }
            for span in path
        ],
        "shares": {kind: round(share, 6) for kind, share in shares(path)},
        "books": {
            "charged": str(books.charged),
            "refunded": str(books.refunded),
            "sold": str(books.sold),
            "balance": books.balance,
        },
    }


def exported(flow: Flow, findings: Sequence[Finding], form: str) -> str:
    """A flow as text of one of the forms json, mermaid, text, html and otlp-json."""
    match form:
        case "json":
            return json.dumps(flow_document(flow, findings), indent=2, ensure_ascii=False) + "\n"
        case "mermaid":
            return "\n".join(mermaid(flow, findings)) + "\n"
        case "otlp-json":
            return json.dumps(otlp_document(flow), indent=2, ensure_ascii=False) + "\n"
        case "html":
            return flow_page(flow, findings)
        case _:
            return "\n".join(draw(flow, findings, "all", _WIDTH, None, ascii_only=False)) + "\n"


def flow_page(flow: Flow, findings: Sequence[Finding]) -> str:
    """A flow as a page of HTML: its waterfall, sequence diagram, states and diagnosis. Texts are never markup."""
    sections = {
        "Waterfall": waterfall(flow, findings, width=_WIDTH),
        "Sequence": sequence(flow, width=_WIDTH),
        "States": states(flow, width=_WIDTH),
        "Diagnosis": diagnosis(flow, findings, _WIDTH),
    }
    parts = [f"<h2>{name}</h2>\n<pre>{html.escape(chr(10).join(lines))}</pre>" for name, lines in sections.items()]
    return _PAGE.format(title=html.escape(plain(headline(flow, findings))), sections="\n".join(parts))


def _requests(flow: Flow) -> list[dict[str, Any]]:
    return [
        {
            "since": flow.since_start(request.started_at),
            "milliseconds": (request.answered_at - request.started_at) / 1000,
            "requestId": request.request_id,
            "method": request.method,
            "path": request.path,
            "status": request.status,
            "caller": request.caller,
            "callee": request.callee,
            "spans": [{"kind": span.kind, "milliseconds": span.length / 1000} for span in spans_of_request(request)],
        }
        for request in flow.requests
    ]


def _events(flow: Flow) -> list[dict[str, Any]]:
    return [
        {
            "since": flow.since_start(step.event.at),
            "topic": step.event.topic,
            "partition": step.event.partition,
            "offset": step.event.offset,
            "type": step.event.envelope.type,
            "id": step.event.envelope.id,
            "causationId": step.event.envelope.causation_id,
            "publisher": step.event.publisher,
            "publishedIn": published_in(step.event.topic, step.event.publisher),
            "status": step.status,
            "says": step.words,
            "consumers": [
                {
                    "group": hop.group,
                    "handledIn": handled_in(step.event.topic, hop.group),
                    "outcome": hop.outcome,
                    "attempts": hop.attempts,
                    "milliseconds": (hop.end - hop.start) / 1000,
                    "spans": [{"kind": span.kind, "milliseconds": span.length / 1000} for span in hop.spans],
                }
                for hop in hops
            ],
            "deadLetters": [
                {"group": dead.group, "error": dead.error, "attempt": dead.attempt} for dead in step.event.dead_letters
            ],
        }
        for step, hops in zip(steps_of(flow), hops_of(flow), strict=True)
    ]
