"""Answers of a payment provider that get lost cost no money: neither a second charge nor an order without its money."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from services_stub.contracts.events.order import OrderStatus
from services_stub.contracts.http.payment import PaymentStatus
from services_stub.payment.store.payments import find_payment
from tests.fake_stripe import Fault
from tests.payment_accounts import ACCOUNTS, AUTHENTICATION, CENTS, Account
from tests.unit.payment.payment_harness import DECLINED, GOOD, created, payment_harness, updated

CARDS = [GOOD, DECLINED, AUTHENTICATION]
ACTIONS = ["created", "cancelled", "failed", "step", "write", "lose", "crash", "wait", "day"]
NAMED = [
    (GOOD, [Fault.LOSE_ANSWER], ["created", "step", "wait", "crash"]),
    (GOOD, [None, Fault.LOSE_ANSWER], ["created", "step", "wait", "crash"]),
    (GOOD, [None, Fault.LOSE_ANSWER], ["created", "step", "cancelled", "wait", "step"]),
    (GOOD, [None, Fault.LOSE_ANSWER], ["created", "step", "day", "wait", "step"]),
    (GOOD, [None, Fault.LOSE_ANSWER], ["created", "step", "day", "crash", "cancelled"]),
    (GOOD, [None, Fault.LOSE_ANSWER], ["created", "step", "cancelled", "day", "crash"]),
    (GOOD, [None, Fault.FAIL_AFTERWARDS], ["created", "step", "cancelled", "wait", "step"]),
    (GOOD, [None, None, None, Fault.FAIL_AFTERWARDS], ["created", "step", "write", "cancelled", "step"]),
    (AUTHENTICATION, [None, None, Fault.LOSE_ANSWER], ["created", "step", "wait", "step", "write"]),
]
"""Cases that cost money in one provider or another while it was built."""


@pytest.fixture(autouse=True)
def each_database() -> str:
    """Providers know nothing of the database, so the default is enough."""
    return "sqlite"


@pytest.fixture(params=ACCOUNTS)
def new_account(request: pytest.FixtureRequest) -> Callable[[], Account]:
    made: Callable[[], Account] = request.param
    return made


def cases(new_account: Callable[[], Account], examples: int) -> Callable[[], None]:
    """The law for a provider, on the named cases and so many others."""

    @settings(max_examples=examples, deadline=None, database=None)
    @given(
        card=st.sampled_from(CARDS),
        faults=st.lists(st.sampled_from([None, None, *Fault]), max_size=12),
        actions=st.lists(st.sampled_from(ACTIONS), max_size=14),
    )
    def law(card: str, faults: list[Fault | None], actions: list[str]) -> None:
        check_money(new_account(), card, faults, actions)

    for case in NAMED:
        law = example(*case)(law)
    checked: Any = law
    return lambda: checked()


def test_lost_answers_cost_no_money(new_account: Callable[[], Account]) -> None:
    cases(new_account, 40)()


@pytest.mark.slow
def test_a_thousand_lost_answers_cost_no_money(new_account: Callable[[], Account]) -> None:
    cases(new_account, 1000)()


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
