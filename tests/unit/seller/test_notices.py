"""Notices and settings over HTTP: a seller's own alone."""

from __future__ import annotations

import pytest

from services_stub.contracts.events.seller import StockLow
from tests.unit.seller.test_stock import history
from tests.unit.serving import Serving

BASE = "/api/notices"


def test_a_notice_is_listed_published_and_marked_as_read(seller: Serving) -> None:
    seller.consume(*history(10, 5, 0))
    page = seller.request("GET", BASE, by="seller:s1").json()
    assert [(item["quantity"], item["soldOut"], item["read"]) for item in page["items"]] == [
        (0, True, False),
        (5, False, False),
    ]
    assert page["unread"] == 2
    assert [event.quantity for event in seller.sender.events if isinstance(event, StockLow)] == [5, 0]
    notice_id = page["items"][1]["noticeId"]
    marked = seller.request("POST", f"{BASE}/{notice_id}/read", by="seller:s1")
    assert (marked.status_code, marked.json()["read"]) == (200, True)
    assert seller.request("POST", f"{BASE}/{notice_id}/read", by="seller:s1").status_code == 200
    unread = seller.request("GET", f"{BASE}?unread=true", by="seller:s1").json()
    assert ([item["quantity"] for item in unread["items"]], unread["unread"]) == ([0], 1)
    assert seller.request("POST", f"{BASE}/read-all", by="seller:s1").json()["unread"] == 0


def test_the_notices_of_others_do_not_exist(seller: Serving) -> None:
    seller.consume(*history(10, 5))
    (notice,) = seller.request("GET", BASE, by="seller:s1").json()["items"]
    assert seller.request("GET", BASE, by="seller:s2").json() == {"items": [], "unread": 0, "nextCursor": None}
    other = seller.request("POST", f"{BASE}/{notice['noticeId']}/read", by="seller:s2")
    assert (other.status_code, other.json()["type"]) == (404, "/problems/notice-not-found")
    seller.request("POST", f"{BASE}/read-all", by="seller:s2")
    assert seller.request("GET", BASE, by="seller:s1").json()["unread"] == 1


def test_notices_come_in_pages(seller: Serving) -> None:
    seller.consume(*history(10, *[5, 9] * 5))
    found, cursor = [], ""
    while cursor is not None:
        page = seller.request("GET", f"{BASE}?limit=2&cursor={cursor}", by="seller:s1").json()
        found += [item["noticeId"] for item in page["items"]]
        cursor = page["nextCursor"]
    assert len(found) == 5
    assert found == sorted(set(found), reverse=True)


def test_a_seller_sets_the_threshold(seller: Serving) -> None:
    path = "/api/settings"
    assert seller.request("GET", path, by="seller:s1").json() == {"lowStockThreshold": 5}
    for threshold in (8, 9):
        changed = seller.request("PUT", path, by="seller:s1", json={"lowStockThreshold": threshold})
        assert (changed.status_code, changed.json()) == (200, {"lowStockThreshold": threshold})
    assert seller.request("GET", path, by="seller:s1").json() == {"lowStockThreshold": 9}
    assert seller.request("GET", path, by="seller:s2").json() == {"lowStockThreshold": 5}


@pytest.mark.parametrize("threshold", [-1, 1_000_001, "5", None, 1.5])
def test_a_threshold_outside_its_range_is_refused(seller: Serving, threshold: object) -> None:
    refused = seller.request("PUT", "/api/settings", by="seller:s1", json={"lowStockThreshold": threshold})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "lowStockThreshold")
