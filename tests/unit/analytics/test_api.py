"""The analytics service over HTTP, fed with records as Kafka brings them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from services_stub.analytics.domain import RANK
from services_stub.analytics.service import SERVICE
from services_stub.contracts.base import Event
from services_stub.contracts.encoding import encode_json
from services_stub.contracts.envelope import envelope_for
from services_stub.contracts.events import (
    OrderStatus,
    PaymentFailed,
    PaymentRefunded,
    PaymentSuccess,
    ProductViewed,
    SellerBlocked,
    UserCreated,
)
from services_stub.contracts.http.analytics import Series, Summary
from services_stub.contracts.money import LARGEST_AMOUNT, LARGEST_PRICE, ZERO
from services_stub.contracts.topics import dead_letter_topic
from services_stub.runtime.identifiers import new_id
from services_stub.runtime.kafka.records import Record
from services_stub.runtime.sql.transaction import NO_CAUSE
from tests.unit.analytics.stream import amount_of, item, placed, product, updated
from tests.unit.serving import Serving, serving

ADMIN = "admin:a1"


@pytest.fixture
def analytics(tmp_path: Path) -> Iterator[Serving]:
    with serving(SERVICE, tmp_path) as running:
        yield running


def record(event: Event, *, at: datetime | None = None, **headers: str) -> Record:
    """A record of an event that happened `at`; `headers` replace or (where empty) remove some."""
    envelope = envelope_for(event, event_id=new_id(), source="test", now=at or datetime.now(UTC), cause=NO_CAUSE)
    found = {**dict(envelope.headers()), **{name: text.encode() for name, text in headers.items()}}
    kept: list[tuple[str, bytes | None]] = [(name, value) for name, value in found.items() if value]
    return Record(event.topic, 0, 0, event.subject.encode(), encode_json(event), kept, 0)


def user(user_id: str, role: str = "user") -> UserCreated:
    return UserCreated(user_id=user_id, email="a@b", role=role)


def viewed(weight: float = 10.0) -> ProductViewed:
    return ProductViewed(product_id="p1", seller_id="s1", category="Home", weight=weight)


def summary_of(analytics: Serving) -> Summary:
    response = analytics.request("GET", "/api/summary", by=ADMIN)
    assert response.status_code == 200, response.text
    return msgspec.json.decode(response.content, type=Summary)


def series_of(analytics: Serving, resolution: str, points: int) -> Series:
    response = analytics.request("GET", f"/api/series?resolution={resolution}&points={points}", by=ADMIN)
    assert response.status_code == 200, response.text
    return msgspec.json.decode(response.content, type=Series)


def test_a_purchase_of_two_sellers_one_of_which_gives_the_money_back(analytics: Serving) -> None:
    items = [item("p1", "s1", 2, "2.50"), item("p2", "s2", 1, "10.10")]
    analytics.consume(
        *(user("u1"), user("s1", "seller"), user("s2", "seller"), SellerBlocked(seller_id="s2", reason="")),
        *(product("p1", category="Home"), product("p2", seller_id="s2", category="Garden"), viewed()),
        placed("o1", items),
        PaymentSuccess(order_id="o1", payment_id="", amount=Decimal("15.10")),
        updated("o1", items, {"s1": "PAID", "s2": "PAID"}),
        updated("o1", items, {"s1": "PAID", "s2": "CANCELLED"}),
        PaymentRefunded(order_id="o1", payment_id="", amount=Decimal("10.10"), reason="", seller_id="s2"),
        updated("o1", items, {"s1": "SHIPPED", "s2": "REFUNDED"}, "SHIPPED"),
        PaymentFailed(order_id="o2", reason="card_declined"),
    )
    found = summary_of(analytics)
    assert (found.users, found.sellers.active, found.sellers.blocked) == ({"user": 1, "seller": 2}, 1, 1)
    assert (found.products, found.orders) == ({"ACTIVE": 2}, {"SHIPPED": 1})
    revenue = found.revenue
    assert (revenue.charged, revenue.refunded, revenue.net) == (Decimal("15.10"), Decimal("10.10"), Decimal("5.00"))
    assert [(failure.reason, failure.payments) for failure in found.failed_payments] == [("card_declined", 1)]
    assert (found.refunds.count, found.refunds.amount) == (1, Decimal("10.10"))
    funnel = found.funnel
    assert (funnel.viewed, funnel.added, funnel.placed, funnel.charged) == (10, 0, 1, 1)
    [top] = found.top_products
    assert (top.product_id, top.name, top.category, top.units, top.viewed) == ("p1", "p1 1", "Home", 2, 10)
    assert [(each.seller_id, each.revenue) for each in found.top_sellers] == [("s1", Decimal("5.00"))]
    assert [(each.category, each.units) for each in found.top_categories] == [("Home", 2)]
    progress = {read.topic: read for read in found.progress}
    assert progress.keys() == {event.topic for event in SERVICE.consumes}
    assert (progress["order-updated"].events, progress["seller-unblocked"].newest_event_at) == (3, None)
    last = series_of(analytics, "hour", 2).points
    assert sum(point.ordered for point in last) == sum(point.revenue for point in last) == Decimal("15.10")


@pytest.mark.parametrize("caller", ["user:u1", "seller:s1"])
@pytest.mark.parametrize("path", ["/api/summary", "/api/series"])
def test_only_admins_see_it(analytics: Serving, caller: str, path: str) -> None:
    assert analytics.request("GET", path, by=caller).status_code == 403


@pytest.mark.parametrize(
    "path", ["/api/summary?top=0", "/api/summary?top=51", "/api/series?resolution=day", "/api/series?points=0"]
)
def test_what_cannot_be_answered_is_refused(analytics: Serving, path: str) -> None:
    assert analytics.request("GET", path, by=ADMIN).status_code == 400


def test_an_empty_marketplace_has_numbers_too(analytics: Serving) -> None:
    found = summary_of(analytics)
    assert (found.orders, found.top_products, found.revenue.net) == ({}, [], Decimal(0))
    assert all(read.events == 0 for read in found.progress)
    for resolution, kept in (("second", 600), ("minute", 1440), ("hour", 2160)):
        series = series_of(analytics, resolution, 2160)
        assert len(series.points) == kept
        assert series.step_seconds * kept == series.kept_seconds


def test_an_event_counts_where_it_happened_and_not_beyond_what_is_kept(analytics: Serving) -> None:
    before = [timedelta(), timedelta(seconds=300), timedelta(minutes=300), timedelta(days=30), timedelta(days=300)]
    now = datetime.now(UTC)
    analytics.consume_records([record(user(f"u{n}"), at=now - ago) for n, ago in enumerate(before)])
    counted = {
        resolution: sum(point.users for point in series_of(analytics, resolution, 2160).points)
        for resolution in ("second", "minute", "hour")
    }
    assert counted == {"second": 2, "minute": 3, "hour": 4}
    assert summary_of(analytics).users == {"user": 5}


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-01-01T00:00:00", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"]
)
def test_a_time_that_is_none_or_cannot_be_hides_and_breaks_nothing(analytics: Serving, text: str) -> None:
    analytics.consume_records([record(user("u1"), ce_time=text)])
    analytics.consume(user("u2"))
    found = summary_of(analytics)
    assert found.users == {"user": 2}
    newest = next(read.newest_event_at for read in found.progress if read.topic == "user-created")
    assert newest is not None
    assert abs(datetime.fromisoformat(newest) - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_repeated_view_counts_once_and_a_weight_that_is_none_is_a_dead_letter(analytics: Serving) -> None:
    again = record(viewed(4.0))
    analytics.consume_records([again, again])
    analytics.consume_records([again])
    for weight in (b"0.5", b"-1.0", b"1e300"):
        value = encode_json(viewed()).replace(b"10.0", weight)
        analytics.consume_records([msgspec.structs.replace(record(viewed()), value=value)])
    assert summary_of(analytics).funnel.viewed == 4
    assert analytics.sender.topics.count(dead_letter_topic("product-viewed")) == 3


def test_sums_of_the_dearest_orders_are_exact(analytics: Serving) -> None:
    """Their cents leave 64 bits after some 900 orders."""
    orders = 1000
    dear = [item("p1", "s1", 100_000, "1000000000.00")]
    some = [item("p2", "s2", 99_999, "1000000000.00"), item("p3", "s2", 1, "0.01")]
    events: list[Event] = []
    for number, items in enumerate([dear] * orders + [some]):
        order_id, amount = f"o{number}", amount_of(items)
        parts = {items[0].seller_id: "PAID"}
        paid = PaymentSuccess(order_id=order_id, payment_id="pay", amount=amount)
        refunded = PaymentRefunded(order_id=order_id, payment_id="pay", amount=amount, reason="")
        events += [placed(order_id, items), paid, updated(order_id, items, parts), refunded]
    analytics.consume(*events)
    whole, cent = orders * LARGEST_AMOUNT, Decimal("0.01")
    both = whole + 99_999 * LARGEST_PRICE + cent
    found = summary_of(analytics)
    assert (found.revenue.charged, found.revenue.refunded, found.revenue.net) == (both, both, ZERO)
    assert [(sold.product_id, sold.revenue) for sold in found.top_products] == [
        ("p1", whole),
        ("p2", 99_999 * LARGEST_PRICE),
        ("p3", cent),
    ]
    assert [(sold.seller_id, sold.revenue) for sold in found.top_sellers] == [("s1", whole), ("s2", both - whole)]
    points = series_of(analytics, "hour", 2).points
    assert sum(point.ordered for point in points) == both
    assert sum(point.revenue for point in points) == both
    assert sum(point.refunded for point in points) == both


def test_every_status_has_its_rank() -> None:
    assert set(RANK) == {status.value for status in OrderStatus}
