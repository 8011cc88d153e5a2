"""Events in any order, repeated, and crashes at any point: the money and the events agree."""

from __future__ import annotations

from collections import Counter

from hypothesis import example, given, settings
from hypothesis import strategies as st

from services_stub.contracts.events.order import OrderStatus
from services_stub.contracts.http.payment import PaymentStatus
from services_stub.payment.domain import Charged, ChargeRequest, ChargeResult, RefundRequest
from services_stub.payment.store.payments import find_payment
from services_stub.payment.store.sandbox import Sandbox
from tests.unit.payment.payment_harness import (
    DECLINED,
    GOOD,
    SLOW,
    UNREACHABLE,
    Clock,
    created,
    payment_harness,
    updated,
)

ACTIONS = ["created", "cancelled", "failed", "step", "write", "lose", "crash", "wait"]


class RecordingSandbox(Sandbox):
    """A sandbox that keeps what it answered."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(":memory:", clock)
        self.charges: set[str] = set()
        self.given_back: set[str] = set()

    def charge(self, request: ChargeRequest) -> ChargeResult:
        result = super().charge(request)
        if isinstance(result, Charged):
            assert request.order_id not in self.given_back, "charged after it was given back"
            self.charges.add(result.charge_id)
        return result

    def refund(self, request: RefundRequest) -> str | None:
        refunded = super().refund(request)
        if refunded is not None:
            self.given_back.add(refunded)
        return refunded


@settings(max_examples=80, deadline=None)
@given(st.sampled_from([GOOD, DECLINED, SLOW, UNREACHABLE]), st.lists(st.sampled_from(ACTIONS), max_size=14))
@example(GOOD, ["created", "step", "cancelled", "crash", "step", "lose"])
@example(GOOD, ["created", "step", "lose", "cancelled", "step", "write"])
@example(SLOW, ["created", "step", "cancelled", "step", "wait", "wait", "wait", "step"])
def test_money_and_events_agree(card: str, actions: list[str]) -> None:
    clock = Clock()
    sandbox = RecordingSandbox(clock)
    with payment_harness(sandbox) as shop:
        shop.clock = clock
        shop.crash()
        for action in actions:
            match action:
                case "created":
                    shop.hear(created(card=card))
                case "cancelled":
                    shop.hear(updated())
                case "failed":
                    shop.hear(updated(status=OrderStatus.FAILED))
                case "wait":
                    shop.wait(1.0)
                case _:
                    getattr(shop, action)()
        shop.settle()
        cancelled = "cancelled" in actions or "failed" in actions
        events = Counter(shop.topics())
        assert len(sandbox.charges) <= 1
        assert all(count == 1 for count in events.values())
        assert events["payment-success"] == len(sandbox.charges)
        assert events["payment-refunded"] == len(sandbox.given_back)
        assert sandbox.given_back == (sandbox.charges if cancelled else set())
        assert not (events["payment-failed"] and events["payment-success"])
        if find_payment(shop.connection, "o1") is None:
            assert actions.count("created") == 0
            return
        status = shop.payment().status
        if sandbox.charges:
            assert status is (PaymentStatus.REFUNDED if cancelled else PaymentStatus.CHARGED)
        elif events["payment-failed"]:
            assert status is PaymentStatus.FAILED
        else:
            assert status is PaymentStatus.VOIDED
            assert cancelled
