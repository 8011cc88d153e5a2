"""A flow as OpenTelemetry spans: one trace, parents that are there, links, and times in order."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest
from hypothesis import given, settings

from marketplace_tui import cli, failures
from services_stub.contracts.events import HopOutcome
from simulator.trace import Flow, flow_of
from simulator.trace.otlp import Document, otlp_document
from simulator.trace.recording import Recorder
from tests.fake_server import listening
from tests.unit.simulator.flows import flows
from tests.unit.simulator.over_http import purchase_over_http
from tests.unit.simulator.purchase import CREATED, PAID, purchase
from tests.unit.simulator.records import ORDER, hop, hops


def spans_of(document: Document) -> dict[str, list[Document]]:
    """The spans by service."""
    return {
        each["resource"]["attributes"][0]["value"]["stringValue"]: each["scopeSpans"][0]["spans"]
        for each in document["resourceSpans"]
    }


def test_a_purchase_is_one_trace_of_producers_and_consumers() -> None:
    spans = spans_of(otlp_document(flow_of(ORDER, purchase())))
    by_id = {span["spanId"]: span for own in spans.values() for span in own}
    assert len({span["traceId"] for span in by_id.values()}) == 1
    (created,) = [span for span in spans["order"] if span["name"] == "send order-created"]
    (charging,) = [span for span in spans["payment"] if span["name"] == "process order-created"]
    (charged,) = [span for span in spans["payment"] if span["name"] == "send payment-success"]
    assert (created["kind"], charging["kind"], charged["kind"]) == (4, 5, 4)
    assert charging["parentSpanId"] == charging["links"][0]["spanId"] == created["spanId"]
    assert charged["parentSpanId"] == charging["spanId"]
    attributes = {each["key"]: each["value"] for each in charging["attributes"]}
    assert attributes["messaging.kafka.offset"] == {"intValue": str(CREATED.offset)}
    assert attributes["messaging.consumer.group.name"] == {"stringValue": "payment"}


def test_requests_are_spans_of_clients_and_servers_above_what_they_caused() -> None:
    spans = spans_of(otlp_document(flow_of(ORDER, purchase_over_http())))
    named = {(service, span["name"], span["kind"]): span for service, own in spans.items() for span in own}
    steps = [
        ("gateway", "POST /api/orders", 3),
        ("order", "POST /api/orders", 2),
        ("order", "POST /internal/reservations", 3),
        ("product", "POST /internal/reservations", 2),
        ("product", "send product-updated", 4),
    ]
    parents = ["", *(named[step]["spanId"] for step in steps)]
    assert [named[step]["parentSpanId"] for step in steps] == parents[:-1]
    assert named["order", "send order-created", 4]["parentSpanId"] == named["order", "POST /api/orders", 2]["spanId"]
    attributes = {each["key"]: each["value"] for each in named["gateway", "POST /api/orders", 3]["attributes"]}
    assert attributes == {
        "http.request.method": {"stringValue": "POST"},
        "url.template": {"stringValue": "/api/orders"},
        "http.response.status_code": {"intValue": "201"},
    }


def test_a_hop_that_failed_is_an_error() -> None:
    flow = flow_of(ORDER, [PAID, hops("search", hop(PAID, 90, HopOutcome.DEAD_LETTER))])
    (failed,) = [span for span in spans_of(otlp_document(flow))["search"] if span["kind"] == 5]
    assert failed["status"] == {"code": 2, "message": "dead-letter"}


@settings(max_examples=25, deadline=None)
@given(flows())
def test_every_span_has_its_parent_its_own_id_and_an_end_behind_its_start(flow: Flow) -> None:
    spans = [span for own in spans_of(otlp_document(flow)).values() for span in own]
    ids = [span["spanId"] for span in spans]
    assert len(set(ids)) == len(ids)
    assert {span["parentSpanId"] for span in spans} <= {*ids, ""}
    assert all(int(span["startTimeUnixNano"]) <= int(span["endTimeUnixNano"]) < 2**63 for span in spans)


def test_spans_are_handed_to_a_collector(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "recording"
    with Recorder(path) as recorder:
        recorder.write(purchase())
    taken: list[tuple[str, Document]] = []

    def collect(request: httpx.Request) -> httpx.Response:
        taken.append((request.url.path, json.loads(request.content)))
        return httpx.Response(200, json={})

    arguments = ["trace", "export", ORDER, "--recording", str(path)]
    with listening(httpx.MockTransport(collect)) as url:
        assert cli.run([*arguments, "--otlp", url]) == 0
    assert taken == [("/v1/traces", otlp_document(flow_of(ORDER, purchase())))]
    assert cli.run([*arguments, "--otlp", url]) == failures.NOT_REACHABLE
    assert cli.run([*arguments, "--otlp", "file:///etc"]) == failures.BAD_ARGUMENTS
    assert cli.run([*arguments, "--format", "otlp-json"]) == 0
    assert json.loads(capsys.readouterr().out) == taken[0][1]
