"""A provider that does not answer, refuses a refund, or provokes a bug: what becomes of the orders."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from services_stub.contracts.http.payment import PaymentStatus
from services_stub.payment.domain import (
    Charged,
    ChargeRequest,
    ChargeResult,
    ProviderUnavailable,
    RefundRefused,
    RefundRequest,
)
from services_stub.payment.handlers import settling
from services_stub.payment.handlers.charging import REFUSED_PAUSE
from services_stub.payment.handlers.jobs import Job
from services_stub.payment.store.sandbox import Sandbox
from services_stub.runtime.sql.transaction import Transaction
from tests.unit.payment.payment_harness import created, payment_harness, updated


class SilentSandbox(Sandbox):
    """Takes the money and does not answer, until it is told to."""

    silent = True

    def charge(self, request: ChargeRequest) -> Charged:
        super().charge(request)
        if self.silent:
            raise ProviderUnavailable("no answer")
        return Charged("ch_o1")

    def refund(self, request: RefundRequest) -> str | None:
        if self.silent:
            raise ProviderUnavailable("no answer")
        return super().refund(request)


def test_what_was_taken_without_an_answer_is_given_back_when_the_provider_answers() -> None:
    provider = SilentSandbox(":memory:")
    with payment_harness(provider) as shop:
        shop.hear(created())
        shop.settle()
        assert (shop.payment().status, shop.topics()) == ("FAILED", ["payment-failed"])
        shop.crash()
        provider.silent = False
        shop.settle()
        assert shop.payment().status is PaymentStatus.REFUNDED
        assert shop.topics() == ["payment-failed", "payment-success", "payment-refunded"]


class StubbornSandbox(Sandbox):
    """Gives nothing back until it is told to."""

    stubborn = True
    asked = 0

    def refund(self, request: RefundRequest) -> str | None:
        self.asked += 1
        if self.stubborn:
            raise RefundRefused("not so much is left")
        return super().refund(request)


def test_a_refused_refund_stays_open_and_is_asked_for_now_and_then() -> None:
    provider = StubbornSandbox(":memory:")
    with payment_harness(provider) as shop:
        shop.hear(created())
        shop.settle()
        shop.hear(updated())
        shop.settle()
        assert (shop.payment().status, shop.topics(), provider.asked) == ("CHARGED", ["payment-success"], 1)
        provider.stubborn = False
        shop.wait(REFUSED_PAUSE)
        shop.settle()
        assert shop.topics() == ["payment-success", "payment-refunded"]


class BrokenSandbox(Sandbox):
    """Breaks at one order."""

    broken = True

    def charge(self, request: ChargeRequest) -> ChargeResult:
        if self.broken and request.order_id == "o1":
            raise KeyError(request.order_id)
        return super().charge(request)


def test_a_bug_that_one_order_provokes_concerns_that_order_alone() -> None:
    provider = BrokenSandbox(":memory:")
    with payment_harness(provider) as shop:
        shop.hear(created("o1"))
        shop.hear(created("o2"))
        shop.step()
        shop.write()
        assert shop.payment("o2").status is PaymentStatus.CHARGED
        provider.broken = False
        shop.settle()
        assert shop.payment("o1").status is PaymentStatus.CHARGED


def test_an_answer_that_cannot_be_written_holds_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    settled = settling.settle

    def broken(tx: Transaction, answer: settling.Answer) -> Sequence[Job]:
        if answer.job.order_id == "o1":
            raise KeyError("o1")
        return settled(tx, answer)

    with payment_harness() as shop:
        for order_id in ("o1", "o2"):
            shop.hear(created(order_id))
        monkeypatch.setattr(settling, "settle", broken)
        shop.step()
        shop.write()
        assert shop.payment("o2").status is PaymentStatus.CHARGED
        monkeypatch.undo()
        shop.wait(REFUSED_PAUSE)
        shop.settle()
        assert shop.payment("o1").status is PaymentStatus.CHARGED
