"""Requests of flows are reported: sampled ones alone, in bounded numbers, and without harm to their answers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from litestar import get, post

from services_stub.contracts.envelope import Cause
from services_stub.contracts.events import HopsReported, RequestHop
from services_stub.contracts.http.product import CategoryCount
from services_stub.runtime.errors import Refused
from services_stub.runtime.fast_path import FastRoute, RawRequest
from services_stub.runtime.hops import LARGEST_REPORT, MOST_REQUESTS_WAITING, HopReporter
from services_stub.runtime.http import allow_anyone
from services_stub.runtime.request_hops import HOP_HEADER, belongs_to
from services_stub.runtime.sampling import MOST_WAITING
from services_stub.runtime.service import Service
from services_stub.runtime.settings import Settings
from tests.unit.runtime.sample_service import tables
from tests.unit.serving import RecordingSender, Serving, serving

SAMPLED = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
NOT_SAMPLED = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"
SETTINGS = Settings(service="test", instance="test-1", port=0, bootstrap_servers="", data_dir="", internal_token="")
ANSWERED = CategoryCount(category="c", products=1)
HOP = RequestHop(
    request_id="r", correlation_id="o", method="GET", path="/", status=200, caller="", callee="test", started_at=1,
    answered_at=2,
)  # fmt: skip


@get("/api/things/{thing_id:str}", **allow_anyone())
async def read(thing_id: str, cause: Cause) -> CategoryCount:
    """Belongs to the flow of the thing."""
    belongs_to(Cause(thing_id, cause.causation_id, cause.traceparent))
    return ANSWERED


@post("/api/things", status_code=200, **allow_anyone())
async def change(cause: Cause, data: list[str]) -> CategoryCount:
    """Belongs to a flow for each name; refuses one of them."""
    for name in data:
        belongs_to(Cause(name, cause.causation_id, cause.traceparent))
    if "refused" in data:
        raise Refused(409, "no", "refused")
    return ANSWERED


async def change_fast(request: RawRequest) -> object:
    return await change.fn(cause=request.cause, data=request.decode(list[str]))


SERVICE = Service(name="test", routes=[read, change], fast_routes=[FastRoute(change, change_fast)], tables=tables)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Serving]:
    with serving(SERVICE, tmp_path) as running:
        yield running


def told(running: Serving) -> list[tuple[str, str, str, str, int]]:
    """The flow, request id, method, path and status of each report."""
    return [
        (each.correlation_id, each.request_id, each.method, each.path, each.status)
        for each in running.requests_reported()
    ]


@pytest.mark.parametrize("query", ["", "?left-to=litestar"])
def test_a_request_is_reported_to_each_flow_that_it_names(running: Serving, query: str) -> None:
    before = time.time_ns() // 1000
    headers = {"traceparent": SAMPLED, "x-request-id": "r" * 100}
    response = running.request("POST", f"/api/things{query}", json=["o1", "o2"], headers=headers)
    assert told(running) == [(name, "r" * 64, "POST", "/api/things", 200) for name in ("o1", "o2")]
    assert response.headers[HOP_HEADER] == f"o1 {'r' * 64} /api/things"
    (reported, _) = running.requests_reported()
    assert before <= reported.started_at <= reported.answered_at <= time.time_ns() // 1000
    assert (reported.caller, reported.callee) == ("", "test")


def test_the_path_is_a_template_and_a_refusal_is_reported_with_its_status(running: Serving) -> None:
    headers = {"traceparent": SAMPLED, "x-request-id": "r1"}
    running.request("GET", "/api/things/secret?token=secret", headers=headers)
    running.request("POST", "/api/things", json=["o1", "refused"], headers=headers)
    assert told(running) == [
        ("secret", "r1", "GET", "/api/things/{thing_id}", 200),
        ("o1", "r1", "POST", "/api/things", 409),
        ("refused", "r1", "POST", "/api/things", 409),
    ]


@pytest.mark.parametrize("traceparent", ["", NOT_SAMPLED, "nonsense"], ids=["none", "not sampled", "nonsense"])
def test_what_is_not_sampled_or_names_no_flow_is_not_reported(running: Serving, traceparent: str) -> None:
    response = running.request("POST", "/api/things", json=["o1"], headers={"traceparent": traceparent})
    assert (response.status_code, HOP_HEADER in response.headers) == (200, False)
    assert running.request("POST", "/api/things", json=[], headers={"traceparent": SAMPLED}).status_code == 200
    assert told(running) == []


@pytest.mark.parametrize("name", ["a\r\nx-injected: 1", "näme", "", " "])
def test_an_id_that_fits_no_header_leaves_the_answer_as_it_is(running: Serving, name: str) -> None:
    response = running.request("POST", "/api/things", json=[name], headers={"traceparent": SAMPLED})
    assert response.status_code == 200
    assert "x-injected" not in response.headers
    assert [each[0] for each in told(running)] == [name]


def test_outside_of_a_request_there_is_nothing_to_report() -> None:
    belongs_to(Cause("o1", "r1", SAMPLED))


class FullSender(RecordingSender):
    """Has no room."""

    def send(self, *_arguments: Any, **_callbacks: Any) -> bool:
        return False


def test_requests_are_sent_in_bounded_reports_and_dropped_beyond_their_bound() -> None:
    sender = RecordingSender()
    hops = HopReporter(SETTINGS, sender)
    for number in range(MOST_REQUESTS_WAITING + 7):
        hops.report_request(msgspec.structs.replace(HOP, started_at=number))
    assert hops.dropped == 7
    for _ in range(MOST_REQUESTS_WAITING):
        hops.flush(now=True)
    assert {len(report.requests) for report in sender.reports} == {LARGEST_REPORT}
    assert [each.started_at for report in sender.reports for each in report.requests] == list(
        range(MOST_REQUESTS_WAITING)
    )


class SlowSender(RecordingSender):
    """Has much that the broker did not acknowledge, and the outbox needs the room that is left."""

    def waiting(self) -> int:
        return MOST_WAITING


@pytest.mark.parametrize("sender", [FullSender(), SlowSender()], ids=["full", "slow"])
def test_what_the_producer_has_no_room_for_is_dropped_and_counted(sender: RecordingSender) -> None:
    hops = HopReporter(SETTINGS, sender)
    hops.report_request(HOP)
    hops.flush(now=True)
    hops.flush(now=True)
    assert (hops.dropped, sender.reports) == (1, [])


def test_nothing_is_gathered_where_nothing_is_sampled_or_nothing_can_be_sent(tmp_path: Path) -> None:
    sender = RecordingSender()
    for hops in (
        HopReporter(msgspec.structs.replace(SETTINGS, trace_sampling=0.0), sender),
        HopReporter(SETTINGS, None),
    ):
        hops.report_request(HOP)
        hops.flush(now=True)
        assert not hops.enabled
    assert sender.reports == []


def test_a_report_of_a_later_version_is_read_by_this_one() -> None:
    report = HopsReported(group="g", instance="i", hops=[], requests=[HOP])
    members = msgspec.json.decode(msgspec.json.encode(report))
    members["requests"][0]["addedLater"] = 1
    assert msgspec.json.decode(msgspec.json.encode(members), type=HopsReported) == report
