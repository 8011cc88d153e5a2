"""One purchase at a time: what each card leads to, what cancelling does at each moment, and what a crash leaves."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest

from services_stub.contracts.events.order import OrderStatus
from services_stub.contracts.events.payment import PaymentFailed, PaymentRefunded, PaymentSuccess
from services_stub.contracts.http.payment import PaymentStatus
from services_stub.payment.domain import (
    CHARGE_ATTEMPTS,
    ChargeRequest,
    RefundRequest,
    Status,
)
from services_stub.payment.store.payments import STATUS_OF
from tests.unit.payment.payment_harness import (
    AMOUNT,
    DECLINED,
    GOOD,
    POOR,
    SLOW,
    UNREACHABLE,
    PaymentHarness,
    created,
    payment_harness,
    updated,
)


@pytest.fixture
def shop() -> Iterator[PaymentHarness]:
    with payment_harness() as opened:
        yield opened


def test_a_good_card_is_charged_and_said_to_be(shop: PaymentHarness) -> None:
    shop.hear(created())
    assert shop.payment().status is PaymentStatus.PENDING
    shop.step()
    assert shop.published == []
    shop.write()
    payment = shop.payment()
    assert (payment.status, payment.reason, payment.payment_method) == ("CHARGED", "", GOOD)
    assert shop.published == [
        PaymentSuccess(order_id="o1", payment_id=payment.payment_id, amount=AMOUNT, user_id="u1", currency="USD")
    ]
    assert shop.correlation_ids == {"o1"}
    assert shop.headers[0]["ce_causationid"] == b"event-o1"


@pytest.mark.parametrize(
    ("card", "reason"),
    [(DECLINED, "card_declined"), (POOR, "insufficient_funds"), ("pm_none", "unknown_payment_method")],
)
def test_a_declined_card_fails_the_payment_with_its_reason(shop: PaymentHarness, card: str, reason: str) -> None:
    shop.hear(created(card=card))
    shop.settle()
    payment = shop.payment()
    assert (payment.status, payment.reason) == ("FAILED", reason)
    assert shop.published == [
        PaymentFailed(
            order_id="o1",
            reason=reason,
            payment_id=payment.payment_id,
            user_id="u1",
            amount=AMOUNT,
            currency="USD",
        )
    ]


def test_a_slow_card_delays_no_other(shop: PaymentHarness) -> None:
    shop.hear(created("slow", SLOW))
    shop.hear(created("quick"))
    assert shop.step() == 2
    shop.write()
    assert [event.subject for event in shop.published] == ["quick"]
    shop.wait(1.9)
    assert shop.step() == 0
    shop.wait(0.2)
    assert shop.step() == 1
    shop.write()
    assert shop.payment("slow").status is PaymentStatus.CHARGED


def test_an_unreachable_provider_is_asked_with_growing_pauses_and_then_given_up(shop: PaymentHarness) -> None:
    shop.hear(created(card=UNREACHABLE))
    asked: list[float] = []
    while not shop.unwritten:
        if shop.step():
            asked.append(shop.clock.now)
        shop.wait(0.01)
    assert len(asked) == CHARGE_ATTEMPTS
    pauses = [after - before for before, after in pairwise(asked)]
    assert pauses == sorted(pauses)
    shop.settle()
    assert (shop.payment().status, shop.payment().reason) == ("FAILED", "provider_unreachable")
    assert shop.topics() == ["payment-failed"]


def test_orders_said_twice_are_charged_once(shop: PaymentHarness) -> None:
    shop.hear(created())
    shop.hear(created())
    assert shop.step() == 1
    shop.write()
    shop.hear(created())
    assert shop.step() == 0
    assert shop.topics() == ["payment-success"]


def test_a_cancelled_order_is_given_back_once(shop: PaymentHarness) -> None:
    shop.hear(created())
    shop.settle()
    shop.hear(updated())
    assert shop.payment().status is PaymentStatus.CHARGED
    shop.hear(updated())
    shop.settle()
    shop.hear(updated())
    shop.settle()
    payment = shop.payment()
    assert (payment.status, payment.reason) == ("REFUNDED", "cancelled-by-shopper")
    assert shop.published[1:] == [
        PaymentRefunded(
            order_id="o1",
            payment_id=payment.payment_id,
            amount=AMOUNT,
            reason="cancelled-by-shopper",
            user_id="u1",
            currency="USD",
        )
    ]


def test_an_order_that_is_cancelled_first_is_never_charged(shop: PaymentHarness) -> None:
    shop.hear(updated())
    assert shop.payment().status is PaymentStatus.VOIDED
    shop.hear(created())
    shop.settle()
    payment = shop.payment()
    assert (payment.status, payment.payment_method, payment.amount) == ("VOIDED", GOOD, AMOUNT)
    assert shop.published == []
    assert shop.provider.refund(RefundRequest(ChargeRequest("o1", 2500, "USD", GOOD), "o1", 2500)) is None


def test_an_order_that_is_cancelled_before_its_charge_began_is_voided(shop: PaymentHarness) -> None:
    shop.hear(created())
    shop.hear(updated())
    shop.step()
    shop.settle()
    # The charge was asked for first, so it was made, and given back.
    assert shop.topics() == ["payment-success", "payment-refunded"]
    shop.hear(created("o2", SLOW))
    shop.step()
    shop.hear(updated("o2"))
    shop.settle()
    assert shop.payment("o2").status is PaymentStatus.VOIDED
    assert len(shop.published) == 2


def test_a_charge_under_way_when_the_order_is_cancelled_is_given_back(shop: PaymentHarness) -> None:
    shop.hear(created())
    shop.step()
    shop.hear(updated())
    assert shop.payment().status is PaymentStatus.VOIDED
    shop.write()
    assert shop.topics() == ["payment-success"]
    shop.settle()
    assert shop.payment().status is PaymentStatus.REFUNDED
    assert shop.topics() == ["payment-success", "payment-refunded"]


def test_a_charge_whose_answer_got_lost_in_a_crash_is_not_made_twice(shop: PaymentHarness) -> None:
    shop.hear(created())
    shop.step()
    shop.crash()
    shop.settle()
    assert shop.topics() == ["payment-success"]
    assert shop.headers[0]["ce_causationid"] == b"event-o1"


def test_a_charge_lost_in_a_crash_of_an_order_cancelled_since_is_given_back(shop: PaymentHarness) -> None:
    shop.hear(created())
    shop.step()
    shop.hear(updated())
    shop.crash()
    shop.settle()
    assert shop.payment().status is PaymentStatus.REFUNDED
    assert shop.topics() == ["payment-success", "payment-refunded"]


def test_answers_that_the_database_could_not_take_are_asked_for_again(shop: PaymentHarness) -> None:
    shop.hear(created())
    shop.step()
    shop.lose()
    assert shop.step() == 0
    shop.settle()
    assert shop.topics() == ["payment-success"]


@pytest.mark.parametrize("status", [OrderStatus.PAID, OrderStatus.SHIPPED, OrderStatus.DELIVERED, OrderStatus.REFUNDED])
def test_other_changes_of_an_order_do_not_concern_its_payment(shop: PaymentHarness, status: OrderStatus) -> None:
    shop.hear(created())
    shop.settle()
    shop.hear(updated(status=status))
    shop.hear(updated("unknown", status))
    shop.settle()
    assert shop.payment().status is PaymentStatus.CHARGED


def test_every_stage_has_a_status() -> None:
    assert set(STATUS_OF) == set(Status)
