"""The payment service with its threads: events through the writer to the worker and back, and the routes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from services_stub.contracts.base import Event
from services_stub.payment.domain import CARDS
from services_stub.payment.service import payment_service
from tests.unit.payment.payment_harness import DECLINED, SLOW, created, updated
from tests.unit.serving import Serving, serving
from tests.waiting import wait_for


class Bank:
    """The payment service at work."""

    def __init__(self, running: Serving) -> None:
        self.running = running

    def hear(self, event: Event) -> None:
        """An event comes and is handled."""
        self.running.consume(event)

    def wait_for(self, order_id: str, status: str) -> None:
        """Wait until a payment has come so far."""
        wait_for(lambda: self.status(order_id) == status, what=f"the status {status} of {order_id}")

    def status(self, order_id: str) -> str:
        return str(self.running.request("GET", f"/api/payments/{order_id}", by="admin:a1").json()["status"])


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[Bank]:
    service = payment_service()
    with serving(service, tmp_path) as running:
        yield Bank(running)


def test_orders_are_charged_declined_and_given_back(bank: Bank) -> None:
    for order_id, card in (("good", "pm_card_visa"), ("bad", DECLINED), ("slow", SLOW)):
        bank.hear(created(order_id, card))
    bank.wait_for("good", "CHARGED")
    bank.wait_for("bad", "FAILED")
    assert bank.status("slow") == "PENDING"
    for order_id in ("good", "slow"):
        bank.hear(updated(order_id))
    bank.wait_for("good", "REFUNDED")
    bank.wait_for("slow", "VOIDED")
    topics = sorted((event.subject, event.topic) for event in bank.running.sender.events)
    assert topics == [("bad", "payment-failed"), ("good", "payment-refunded"), ("good", "payment-success")]


def test_what_a_stop_left_open_is_charged_at_the_next_start(tmp_path: Path) -> None:
    service = payment_service()
    with serving(service, tmp_path) as running:
        for worker in running.workers:
            worker.stop(5)
        Bank(running).hear(created())
    service = payment_service()
    with serving(service, tmp_path) as running:
        Bank(running).wait_for("o1", "CHARGED")


def test_payments_are_seen_by_those_they_concern(bank: Bank) -> None:
    bank.hear(created("o1", user_id="u1"))
    bank.hear(created("o2", user_id="u2"))
    bank.wait_for("o1", "CHARGED")

    def asked(path: str, by: str) -> int:
        return bank.running.request("GET", path, by=by).status_code

    assert [asked("/api/payments/o1", by) for by in ("user:u1", "user:u2", "admin:a1", "seller:s1")] == [
        200,
        404,
        200,
        403,
    ]
    assert asked("/api/payments/none", "admin:a1") == 404
    assert [asked("/api/admin/payments", by) for by in ("user:u1", "admin:a1")] == [403, 200]

    def listed(path: str, by: str) -> list[str]:
        return [payment["orderId"] for payment in bank.running.request("GET", path, by=by).json()["items"]]

    assert listed("/api/payments", "user:u1") == ["o1"]
    first = bank.running.request("GET", "/api/admin/payments?limit=1", by="admin:a1").json()
    rest = listed(f"/api/admin/payments?limit=1&cursor={first['nextCursor']}", "admin:a1")
    assert [first["items"][0]["orderId"], *rest] == ["o2", "o1"]


def test_an_admin_sees_the_payments_with_one_status(bank: Bank) -> None:
    bank.hear(created("o1", "pm_card_chargeDeclined"))
    bank.hear(created("o2"))
    bank.wait_for("o1", "FAILED")
    bank.wait_for("o2", "CHARGED")

    def listed(status: str) -> list[str]:
        page = bank.running.request("GET", f"/api/admin/payments?status={status}", by="admin:a1").json()
        return [payment["orderId"] for payment in page["items"]]

    assert [listed(status) for status in ("FAILED", "CHARGED", "REFUNDED")] == [["o1"], ["o2"], []]
    assert bank.running.request("GET", "/api/admin/payments?status=LOST", by="admin:a1").status_code == 400


def test_the_test_cards_are_read_without_a_token(bank: Bank) -> None:
    cards = bank.running.request("GET", "/api/payment-methods").json()
    assert [card["paymentMethod"] for card in cards] == list(CARDS)
