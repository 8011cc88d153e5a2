"""The dashboard over HTTP: periods, series, pages of one position, and who may see it."""

from __future__ import annotations

from typing import Any

import pytest

from services_stub.contracts.base import Event
from services_stub.contracts.encoding import encode_json
from services_stub.contracts.envelope import envelope_for
from services_stub.contracts.http.gateway import TopicProgress
from services_stub.runtime.identifiers import new_id
from services_stub.runtime.kafka.records import Record
from services_stub.runtime.sql.transaction import NO_CAUSE
from tests.unit.seller.events import at, created, item, paid
from tests.unit.serving import Serving

PATH = "/api/dashboard"


def hear_at(seller: Serving, minutes: int, *events: Event) -> None:
    """Have events handled that happened so many minutes after the beginning."""
    records = []
    for offset, event in enumerate(events):
        envelope = envelope_for(event, event_id=new_id(), source="test", now=at(minutes), cause=NO_CAUSE)
        key, value = event.subject.encode(), encode_json(event)
        records.append(Record(event.topic, 0, offset, key, value, list(envelope.headers()), 0))
    seller.consume_records(records)


def sell(seller: Serving, number: int, minutes: int, *, units: int = 1, product: str = "p1") -> None:
    order = created(f"o{number:03}", [item("s1", product, units, "2.50")])
    hear_at(seller, minutes, order, paid(order.order_id, order.amount))


def read(seller: Serving, query: str = "", *, by: str = "seller:s1", path: str = PATH) -> Any:
    answer = seller.request("GET", f"{path}?{query}", by=by)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_sales_are_summed_by_hour_and_by_day(seller: Serving) -> None:
    for number, minutes in enumerate([0, 29, 31, 91, 3000]):
        sell(seller, number, minutes)
    days, hours = read(seller), read(seller, "interval=hour")
    assert [(point["start"][:13], point["sales"]) for point in days["series"]] == [
        ("2026-01-30T00", 3),
        ("2026-01-31T00", 1),
        ("2026-02-02T00", 1),
    ]
    assert [(point["start"][:13], point["revenue"]) for point in hours["series"]] == [
        ("2026-01-30T22", 5.0),
        ("2026-01-30T23", 2.5),
        ("2026-01-31T00", 2.5),
        ("2026-02-02T00", 2.5),
    ]
    assert days["revenue"] == hours["revenue"] == 12.5
    assert days["counts"]["all"] == days["counts"]["toShip"] == 5


def test_a_period_holds_for_numbers_and_list(seller: Serving) -> None:
    for number, minutes in enumerate([0, 30, 60, 90]):
        sell(seller, number, minutes)
    board = read(seller, "placedFrom=2026-01-30T23:00:00Z&placedTo=2026-01-31T01:00:00%2B01:00")
    assert (board["revenue"], board["counts"]["all"]) == (5.0, 2)
    assert [sale["orderId"] for sale in board["sales"]["items"]] == ["o002", "o001"]
    assert read(seller, "placedFrom=2026-01-31T00:00:00Z", path="/api/sales")["items"][0]["orderId"] == "o003"


def test_the_pages_of_a_position_add_up_while_more_is_sold(seller: Serving) -> None:
    for number in range(7):
        sell(seller, number, number)
    board = read(seller, "limit=3")
    sell(seller, 7, 100)
    sell(seller, 8, 0)  # placed before those that were shown
    found, page = board["sales"]["items"], board["sales"]
    while page["nextCursor"]:
        page = read(seller, f"limit=3&position={page['position']}&cursor={page['nextCursor']}", path="/api/sales")
        found += page["items"]
    assert [sale["orderId"] for sale in found] == [f"o{number:03}" for number in reversed(range(7))]
    assert sum(sale["amount"] for sale in found) == board["revenue"] == 17.5
    assert read(seller)["revenue"] == 22.5


def test_the_top_products_are_ten(seller: Serving) -> None:
    for number in range(12):
        sell(seller, number, 0, units=number + 1, product=f"p{number:02}")
    top = read(seller)["topProducts"]
    assert [product["productId"] for product in top] == [f"p{number:02}" for number in range(11, 1, -1)]
    assert top[0] == {"productId": "p11", "name": "Name of p11", "revenue": 30.0, "units": 12}


def test_a_seller_sees_only_their_own(seller: Serving) -> None:
    sell(seller, 1, 0)
    for path in (PATH, "/api/sales"):
        assert seller.request("GET", f"{path}?sellerId=s1", by="seller:s2").status_code == 404
        assert seller.request("GET", path, by="user:s1").status_code == 403
        assert seller.request("GET", path, by="admin:a1").json()["errors"][0]["field"] == "sellerId"
    assert read(seller, by="seller:s2")["counts"]["all"] == 0
    assert read(seller, "sellerId=s1")["counts"]["all"] == 1
    assert read(seller, "sellerId=s1", by="admin:a1")["counts"]["all"] == 1


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("placedFrom=2026-01-30", "placedFrom"),
        ("placedFrom=2026-01-30T00:00:00", "placedFrom"),
        ("placedTo=soon", "placedTo"),
        ("interval=year", "interval"),
        ("placedFrom=2026-01-30T00:00:01Z", "placedFrom"),
        ("placedTo=2026-01-30T00:30:00Z", "placedTo"),
        ("limit=101", "limit"),
    ],
)
def test_input_outside_its_range_is_refused(seller: Serving, query: str, field: str) -> None:
    refused = seller.request("GET", f"{PATH}?{query}", by="seller:s1")
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, field)


def test_a_series_of_too_many_points_is_refused(seller: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services_stub.seller.store.dashboard.MOST_POINTS", 2)
    for number in range(3):
        sell(seller, number, 60 * number)
    refused = seller.request("GET", f"{PATH}?interval=hour", by="seller:s1")
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "interval")
    assert read(seller, "interval=hour&placedFrom=2026-01-30T23:00:00Z")["counts"]["all"] == 2


@pytest.mark.parametrize("query", ["cursor=abc", "position=1", "position=-1", f"position={2**63}", "position=x"])
def test_a_place_in_another_list_is_refused(seller: Serving, query: str) -> None:
    refused = seller.request("GET", f"/api/sales?{query}", by="seller:s1")
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, query.partition("=")[0])


def test_an_answer_says_how_stale_it_is_at_most(seller: Serving) -> None:
    assert read(seller)["stalenessSeconds"] is None
    waiting = [TopicProgress(topic=t, newest_event_time=None, lag_records=1, staleness_seconds=s) for t, s in LAGS]
    seller.context.progress = lambda: waiting
    assert read(seller)["stalenessSeconds"] == 2.5


LAGS = (("order-created", 0.0), ("order-updated", 2.5))
