"""The promises of a payment provider: the sandbox keeps them, and Stripe does, also where answers get lost."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from services_stub.contracts.events.order import OrderStatus
from services_stub.contracts.http.payment import PaymentStatus
from services_stub.payment.domain import (
    Charged,
    ChargeRequest,
    ChargeResult,
    Declined,
    Provider,
    ProviderUnavailable,
)
from services_stub.payment.store.payments import find_payment
from services_stub.payment.store.sandbox import Sandbox
from services_stub.payment.store.stripe import Stripe
from tests.fake_stripe import KEY, FakeStripe, Fault
from tests.unit.payment.payment_harness import DECLINED, GOOD, POOR, created, payment_harness, updated

AUTHENTICATION = "pm_card_authenticationRequired"
CENTS = 2500
CARDS = [GOOD, DECLINED, AUTHENTICATION]
T = TypeVar("T")
ACTIONS = ["created", "cancelled", "failed", "step", "write", "lose", "crash", "wait", "day"]
WITHOUT_EFFECT = {Fault.LOSE_REQUEST, Fault.RATE_LIMIT, Fault.FAIL}


class Account(Protocol):
    """A provider whose requests can be disturbed and whose money can be counted."""

    faults: deque[Fault | None]

    def provider(self) -> Provider:
        """The provider as the payment service asks it."""

    def taken(self, order_id: str) -> list[int]:
        """The cents of each charge."""

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

    def refund(self, request: ChargeRequest, charge_id: str = "") -> str | None:
        return self._disturbed(lambda: super(SandboxAccount, self).refund(request, charge_id))

    def taken(self, order_id: str) -> list[int]:
        return [cents for state, cents in self._rows(order_id) if state in ("charged", "given back")]

    def balance(self, order_id: str) -> int:
        return sum(cents for state, cents in self._rows(order_id) if state == "charged")

    def forget_keys(self) -> None:
        """Its keys are its rows."""

    def _rows(self, order_id: str) -> Sequence[tuple[str, int]]:
        return self._connection.execute(
            "SELECT state, amount_cents FROM charges WHERE order_id = ?", (order_id,)
        ).fetchall()

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


@pytest.fixture(autouse=True)
def each_database() -> str:
    """Providers know nothing of the database, so the default is enough."""
    return "sqlite"


ACCOUNTS: list[type[SandboxAccount] | type[StripeAccount]] = [SandboxAccount, StripeAccount]


@pytest.fixture(params=ACCOUNTS)
def account(request: pytest.FixtureRequest) -> Account:
    made: Account = request.param()
    return made


@pytest.fixture
def provider(account: Account) -> Iterator[Provider]:
    opened = account.provider()
    yield opened
    opened.close()


def asked(card: str = GOOD, order_id: str = "o1") -> ChargeRequest:
    return ChargeRequest(order_id, CENTS, "USD", card)


def test_a_good_card_pays_the_amount_once_however_often_it_is_asked(account: Account, provider: Provider) -> None:
    first = provider.charge(asked())
    assert isinstance(first, Charged)
    assert provider.charge(asked()) == first
    assert (account.taken("o1"), account.balance("o1")) == ([CENTS], CENTS)
    assert account.taken("o2") == []


@pytest.mark.parametrize(
    ("card", "reason"),
    [
        (DECLINED, "card_declined"),
        (POOR, "insufficient_funds"),
        (AUTHENTICATION, "authentication_required"),
        ("pm_none", "unknown_payment_method"),
    ],
)
def test_a_declined_card_says_why_every_time_and_can_be_closed(
    account: Account, provider: Provider, card: str, reason: str
) -> None:
    assert provider.charge(asked(card)) == provider.charge(asked(card)) == Declined(reason)
    assert provider.refund(asked(card)) is None
    assert account.taken("o1") == []


@pytest.mark.parametrize("known", [True, False], ids=["known charge", "lost answer"])
def test_a_charge_is_refunded_whole_and_once(account: Account, provider: Provider, known: bool) -> None:
    charged = provider.charge(asked())
    assert isinstance(charged, Charged)
    charge_id = charged.charge_id if known else ""
    assert provider.refund(asked(), charge_id) == provider.refund(asked(), charge_id) == charged.charge_id
    assert (account.taken("o1"), account.balance("o1")) == ([CENTS], 0)


def test_nothing_is_taken_after_a_refund_that_found_nothing(account: Account, provider: Provider) -> None:
    assert provider.refund(asked()) is None
    assert provider.charge(asked()) == Declined("canceled")
    assert provider.refund(asked()) is None
    assert account.taken("o1") == []


@pytest.mark.parametrize("fault", Fault)
def test_a_disturbed_request_is_an_unknown_outcome_that_asking_again_settles(
    account: Account, provider: Provider, fault: Fault
) -> None:
    account.faults.append(fault)
    with pytest.raises(ProviderUnavailable):
        provider.charge(asked(order_id="o1"))
    account.faults.clear()
    assert len(account.taken("o1")) <= 1
    # Where Stripe keeps a 500 for the creation itself, no answer ever comes, and no money is ever taken.
    try:
        assert isinstance(provider.charge(asked()), Charged)
    except ProviderUnavailable:
        assert fault is Fault.FAIL_AFTERWARDS
        assert account.taken("o1") == []
    else:
        assert account.taken("o1") == [CENTS]


@pytest.mark.timeout(300)
@settings(max_examples=1000, deadline=None)
@given(
    card=st.sampled_from(CARDS),
    faults=st.lists(st.sampled_from([None, None, *Fault]), max_size=12),
    actions=st.lists(st.sampled_from(ACTIONS), max_size=14),
)
@example(GOOD, [Fault.LOSE_ANSWER], ["created", "step", "wait", "crash"])
def test_lost_answers_of_the_sandbox_cost_no_money(card: str, faults: list[Fault | None], actions: list[str]) -> None:
    check_money(SandboxAccount(), card, faults, actions)


@pytest.mark.timeout(300)
@settings(max_examples=1000, deadline=None)
@given(
    card=st.sampled_from(CARDS),
    faults=st.lists(st.sampled_from([None, None, *Fault]), max_size=12),
    actions=st.lists(st.sampled_from(ACTIONS), max_size=14),
)
@example(GOOD, [None, Fault.LOSE_ANSWER], ["created", "step", "wait", "crash"])
@example(GOOD, [None, Fault.LOSE_ANSWER], ["created", "step", "cancelled", "wait", "step"])
@example(GOOD, [None, Fault.LOSE_ANSWER], ["created", "step", "day", "wait", "step"])
@example(GOOD, [None, Fault.LOSE_ANSWER], ["created", "step", "day", "crash", "cancelled"])
@example(GOOD, [None, Fault.LOSE_ANSWER], ["created", "step", "cancelled", "day", "crash"])
@example(GOOD, [None, Fault.FAIL_AFTERWARDS], ["created", "step", "cancelled", "wait", "step"])
@example(GOOD, [None, None, None, Fault.FAIL_AFTERWARDS], ["created", "step", "write", "cancelled", "step"])
@example(AUTHENTICATION, [None, None, Fault.LOSE_ANSWER], ["created", "step", "wait", "step", "write"])
def test_lost_answers_of_stripe_cost_no_money(card: str, faults: list[Fault | None], actions: list[str]) -> None:
    check_money(StripeAccount(), card, faults, actions)


def check_money(account: Account, card: str, faults: list[Fault | None], actions: list[str]) -> None:
    """One order under any faults is charged at most once, and its money, its status and its events agree."""
    account.faults.extend(faults)
    with payment_harness(account.provider()) as shop:
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
                case "day":
                    account.forget_keys()
                case _:
                    getattr(shop, action)()
        shop.settle()
        taken, balance, events = account.taken("o1"), account.balance("o1"), Counter(shop.topics())
        assert taken in ([], [CENTS])
        assert all(count == 1 for count in events.values())
        assert events["payment-success"] == len(taken)
        assert events["payment-refunded"] == (1 if taken and not balance else 0)
        if find_payment(shop.connection, "o1") is None:
            assert not taken
            return
        paid = shop.payment().status is PaymentStatus.CHARGED
        assert balance == (CENTS if paid else 0)
        assert not (paid and ({"cancelled", "failed"} & set(actions)))
        assert paid or events["payment-failed"] or {"cancelled", "failed"} & set(actions)
