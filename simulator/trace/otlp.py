"""A flow as OpenTelemetry spans, in OTLP's JSON, by OpenTelemetry's conventions for messaging.

The whole flow is one trace, whose id follows from the flow's: an order may go through many requests, each with a trace
of its own, to which the spans are linked. Each request is a span of its client and one of its server, each event one of
its producer, each hop one of its consumer, and how the time of a hop was spent are spans below that.
"""

from __future__ import annotations

import hashlib
import json
import urllib.request
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from services_stub.contracts.envelope import is_traceparent
from services_stub.contracts.events import HopOutcome
from services_stub.contracts.events.trace import LONGEST_REQUEST_ID
from simulator.trace.flow import Flow, FlowEvent, FlowRequest
from simulator.trace.spans import TimedHop, hops_of

_INTERNAL, _SERVER, _CLIENT, _PRODUCER, _CONSUMER = 1, 2, 3, 4, 5
"""Values of `SpanKind` in OTLP."""

_ERROR = 2
"""The value of `StatusCode` in OTLP."""

_LATEST = 2**63 - 1
_POST_SECONDS = 10.0

Document = dict[str, Any]


def otlp_document(flow: Flow) -> Document:
    """The flow as an `ExportTraceServiceRequest`: the spans by the service that they belong to."""
    by_service: dict[str, list[Document]] = defaultdict(list)
    for service, span in _spans(flow):
        by_service[service or "unknown"].append(span)
    return {
        "resourceSpans": [
            {
                "resource": {"attributes": _attributes({"service.name": service})},
                "scopeSpans": [{"scope": {"name": "marketplace trace"}, "spans": spans}],
            }
            for service, spans in by_service.items()
        ]
    }


def send(url: str, document: Document) -> None:
    """Hand spans to a collector by OTLP over HTTP. `url` is that of the collector, or whole with its path.

    Raises:
        OSError: it does not answer, or refuses them.
        ValueError: `url` is none.
    """
    address = url if url.rstrip("/").endswith("/v1/traces") else f"{url.rstrip('/')}/v1/traces"
    if not address.startswith(("http://", "https://")):
        raise ValueError(f"{url!r} is no address of a collector: expected http://host:4318")
    content = json.dumps(document).encode()
    request = urllib.request.Request(address, content, {"content-type": "application/json"}, method="POST")
    with urllib.request.urlopen(request, timeout=_POST_SECONDS):
        pass


def _spans(flow: Flow) -> Iterator[tuple[str, Document]]:
    first = flow.by_id()
    hops = {event.place: own for event, own in zip(flow.events, hops_of(flow), strict=True)}
    trace_id = _digits(flow.correlation_id, 32)
    handlers: dict[tuple[str, str], str] = {}
    """The span of the last request that a service was asked, by the service and the request's id."""
    for index, request in enumerate(flow.requests):
        yield from _request(trace_id, index, request, handlers)
    for event in flow.events:
        cause = first.get(event.envelope.causation_id)
        parent = "" if cause is None or cause is event else _span_id(cause)
        if cause is None:
            parent = handlers.get((event.publisher, event.envelope.causation_id[:LONGEST_REQUEST_ID]), "")
        if cause is not None and any(hop.group == event.publisher for hop in hops[cause.place]):
            parent = _span_id(cause, event.publisher)
        published = _span(trace_id, _span_id(event), parent, f"send {event.topic}", _PRODUCER)
        published |= _times(event.at, max(event.at, event.written_at))
        published["attributes"] = _of_event(flow, event, "send")
        if is_traceparent(traceparent := event.envelope.traceparent):
            published["links"] = [{"traceId": traceparent[3:35], "spanId": traceparent[36:52]}]
        yield event.publisher, published
        for hop in hops[event.place]:
            yield from ((hop.group, span) for span in _hop(flow, trace_id, event, hop))


def _request(
    trace_id: str, index: int, request: FlowRequest, handlers: dict[tuple[str, str], str]
) -> Iterator[tuple[str, Document]]:
    """The span of the one who asked, and below it that of the one who answered, as far as each reported."""
    parent = handlers.get((request.caller, request.request_id), "")
    attributes = _attributes(
        {
            "http.request.method": request.method,
            "url.template": request.path,
            **({"http.response.status_code": request.status} if request.status else {}),
        }
    )
    sides = [(request.caller, _CLIENT, request.started_at, request.answered_at)] if request.caller else []
    if request.handled_from is not None and request.handled_until is not None:
        sides.append((request.callee, _SERVER, request.handled_from, request.handled_until))
    for service, kind, start, end in sides:
        span_id = _digits(f"{trace_id} request {index} {kind}", 16)
        span = _span(trace_id, span_id, parent, f"{request.method} {request.path}", kind) | _times(start, end)
        span["attributes"] = attributes
        if request.failed or (kind == _CLIENT and request.status >= 400):
            span["status"] = {"code": _ERROR, "message": str(request.status or "no answer")}
        yield service, span
        parent = handlers[request.callee, request.request_id] = span_id


def _hop(flow: Flow, trace_id: str, event: FlowEvent, hop: TimedHop) -> Iterator[Document]:
    span_id, producer = _span_id(event, hop.group), _span_id(event)
    consumed = _span(trace_id, span_id, producer, f"process {event.topic}", _CONSUMER) | _times(hop.start, hop.end)
    consumed["links"] = [{"traceId": trace_id, "spanId": producer}]
    more = {"messaging.consumer.group.name": hop.group, "marketplace.outcome": str(hop.outcome)}
    consumed["attributes"] = _of_event(flow, event, "process", more)
    if hop.outcome not in (HopOutcome.HANDLED, HopOutcome.DUPLICATE):
        consumed["status"] = {"code": _ERROR, "message": str(hop.outcome)}
    yield consumed
    for number, span in enumerate(hop.spans):
        below = _span(trace_id, _digits(f"{span_id} {number}", 16), span_id, str(span.kind), _INTERNAL)
        yield below | _times(span.start, span.end)


def _span(trace_id: str, span_id: str, parent: str, name: str, kind: int) -> Document:
    return {"traceId": trace_id, "spanId": span_id, "parentSpanId": parent, "name": name, "kind": kind}


def _times(start: int, end: int) -> Document:
    """In nanoseconds; 64-bit numbers are text in OTLP's JSON."""
    nanoseconds = [str(min(moment * 1000, _LATEST)) for moment in (start, end)]
    return {"startTimeUnixNano": nanoseconds[0], "endTimeUnixNano": nanoseconds[1]}


def _of_event(flow: Flow, event: FlowEvent, operation: str, more: dict[str, str] | None = None) -> list[Document]:
    return _attributes(
        {
            "messaging.system": "kafka",
            "messaging.operation.type": operation,
            "messaging.operation.name": operation,
            "messaging.destination.name": event.topic,
            "messaging.destination.partition.id": str(event.partition),
            "messaging.kafka.offset": event.offset,
            "messaging.message.id": event.envelope.id,
            "messaging.message.conversation_id": flow.correlation_id,
            **(more or {}),
        }
    )


def _attributes(values: Mapping[str, str | int]) -> list[Document]:
    return [
        {"key": key, "value": {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}}
        for key, value in values.items()
    ]


def _span_id(event: FlowEvent, group: str | None = None) -> str:
    """Of an event at its producer, or at a consumer group."""
    return _digits(event.place if group is None else f"{event.place} at {group}", 16)


def _digits(text: str, length: int) -> str:
    """So many hexadecimal digits that follow from `text`."""
    return hashlib.sha256(text.encode()).hexdigest()[:length]
