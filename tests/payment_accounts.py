"""Accounts at each payment provider, whose requests can be disturbed and whose money can be counted."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol, TypeVar

from services_stub.payment.domain import ChargeRequest, ChargeResult, Provider, ProviderUnavailable, RefundRequest
from services_stub.payment.store.razorpay import Razorpay
from services_stub.payment.store.sandbox import Sandbox
from services_stub.payment.store.stripe import Stripe
from tests.fake_razorpay import CUSTOMER, FakeRazorpay
from tests.fake_razorpay import KEY as RAZORPAY_KEY
from tests.fake_stripe import KEY, FakeStripe, Fault
from tests.unit.payment.payment_harness import GOOD

AUTHENTICATION = "pm_card_authenticationRequired"
CENTS = 2500
WITHOUT_EFFECT = {Fault.LOSE_REQUEST, Fault.ARRIVE_LATE, Fault.RATE_LIMIT, Fault.FAIL}
T = TypeVar("T")


class Account(Protocol):
    """A provider whose requests can be disturbed and whose money can be counted."""

    faults: deque[Fault | None]

    def provider(self) -> Provider:
        """The provider as the payment service asks it."""

    def taken(self, order_id: str) -> list[int]:
        """The cents of each charge."""

    def charge_again(self, order_id: str) -> None:
        """Let the provider take the money of a charged order once more, by a fault of its own."""

    def balance(self, order_id: str) -> int:
        """The cents that were taken and not given back."""

    def forget_keys(self) -> None:
        """Let a day pass, after which the provider does not know its idempotency keys any more."""


class SandboxAccount(Sandbox):
    """The sandbox, each of whose answers can get lost."""

    def __init__(self) -> None:
        super().__init__(":memory:")
        self.faults: deque[Fault | None] = deque()

    def provider(self) -> Provider:
        return self

    def charge(self, request: ChargeRequest) -> ChargeResult:
        return self._disturbed(lambda: super(SandboxAccount, self).charge(request))

    def refund(self, request: RefundRequest) -> str | None:
        return self._disturbed(lambda: super(SandboxAccount, self).refund(request))

    def reach(self) -> None:
        self._disturbed(super().reach)

    def taken(self, order_id: str) -> list[int]:
        return self._cents("SELECT amount_cents FROM charges WHERE state = 'charged' AND order_id", order_id)

    def charge_again(self, order_id: str) -> None:
        self._connection.execute(f"INSERT INTO charges VALUES ('{order_id}#2', 'charged', {CENTS}, 0.0)")

    def balance(self, order_id: str) -> int:
        refunded = self._cents("SELECT amount_cents FROM refunds WHERE order_id", order_id)
        return sum(self.taken(order_id)) - sum(refunded)

    def forget_keys(self) -> None:
        """Its keys are its rows."""

    def _cents(self, query: str, order_id: str) -> list[int]:
        return [cents for (cents,) in self._connection.execute(f"{query} IN (?, ?)", (order_id, f"{order_id}#2"))]

    def _disturbed(self, ask: Callable[[], T]) -> T:
        fault = self.faults.popleft() if self.faults else None
        if fault in WITHOUT_EFFECT:
            raise ProviderUnavailable(fault)
        answer = ask()
        if fault is not None:
            raise ProviderUnavailable(fault)
        return answer


class StripeAccount(FakeStripe):
    """Stripe, asked by the client that production uses."""

    def provider(self) -> Provider:
        return Stripe(KEY, "http://stripe.test", self)


class RazorpayByTestCard(Razorpay):
    """Razorpay with the test cards as cards of a customer there."""

    def charge(self, request: ChargeRequest) -> ChargeResult:
        return super().charge(_at_razorpay(request))


def _at_razorpay(request: ChargeRequest) -> ChargeRequest:
    return replace(request, payment_method=f"{CUSTOMER}/{request.payment_method}")


class RazorpayAccount(FakeRazorpay):
    """Razorpay, asked by the client that production uses."""

    def provider(self) -> Provider:
        return RazorpayByTestCard(RAZORPAY_KEY, "http://razorpay.test", self)


ACCOUNTS: list[type[SandboxAccount | StripeAccount | RazorpayAccount]] = [
    SandboxAccount,
    StripeAccount,
    RazorpayAccount,
]


def asked(card: str = GOOD, order_id: str = "o1") -> ChargeRequest:
    return ChargeRequest(order_id, CENTS, "USD", card)


def refund(
    card: str = GOOD, *, cents: int = CENTS, key: str = "o1", charge_id: str = "", order_id: str = "o1"
) -> RefundRequest:
    return RefundRequest(asked(card, order_id), key, cents, charge_id)
