"""The promises of a payment provider, which the sandbox and Stripe keep."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from services_stub.payment.domain import Charged, Declined, Provider, ProviderUnavailable, RefundRefused
from tests.fake_stripe import Fault
from tests.payment_accounts import ACCOUNTS, AUTHENTICATION, CENTS, Account, asked, refund
from tests.unit.payment.payment_harness import DECLINED, POOR


@pytest.fixture(autouse=True)
def each_database() -> str:
    """Providers know nothing of the database, so the default is enough."""
    return "sqlite"


@pytest.fixture(params=ACCOUNTS)
def account(request: pytest.FixtureRequest) -> Account:
    made: Account = request.param()
    return made


@pytest.fixture
def provider(account: Account) -> Iterator[Provider]:
    opened = account.provider()
    yield opened
    opened.close()


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
    assert provider.refund(refund(card)) is None
    assert account.taken("o1") == []


@pytest.mark.parametrize("known", [True, False], ids=["known charge", "lost answer"])
def test_a_charge_is_refunded_whole_and_once(account: Account, provider: Provider, known: bool) -> None:
    charged = provider.charge(asked())
    assert isinstance(charged, Charged)
    charge_id = charged.charge_id if known else ""
    asked_back = refund(charge_id=charge_id)
    assert provider.refund(asked_back) == provider.refund(asked_back) == charged.charge_id
    assert (account.taken("o1"), account.balance("o1")) == ([CENTS], 0)


@pytest.mark.parametrize("forgotten", [False, True])
def test_parts_are_refunded_once_each(account: Account, provider: Provider, forgotten: bool) -> None:
    provider.charge(asked())
    parts = [refund(cents=700, key="o1/s1"), refund(cents=700, key="o1/s2"), refund(cents=1100, key="o1/s3")]
    for number, part in enumerate(parts, start=1):
        provider.refund(part)
        if forgotten:
            account.forget_keys()
        provider.refund(part)
        assert account.balance("o1") == CENTS - sum(done.amount_cents for done in parts[:number])
    assert account.balance("o1") == 0


def test_what_is_left_after_refunds_of_parts_stays_paid(account: Account, provider: Provider) -> None:
    first = provider.charge(asked())
    provider.refund(refund(cents=700, key="o1/s1"))
    assert provider.charge(asked()) == first
    assert (account.taken("o1"), account.balance("o1")) == ([CENTS], CENTS - 700)


def test_no_more_is_refunded_than_was_charged(account: Account, provider: Provider) -> None:
    provider.charge(asked())
    with pytest.raises(RefundRefused):
        provider.refund(refund(cents=CENTS + 1, key="o1/s1"))
    provider.refund(refund(cents=2000, key="o1/s2"))
    for cents in (501, 2000):
        with pytest.raises(RefundRefused):
            provider.refund(refund(cents=cents, key=f"o1/s{cents}"))
    assert account.balance("o1") == 500
    provider.refund(refund(cents=500, key="o1/s4"))
    with pytest.raises(RefundRefused):
        provider.refund(refund(cents=1, key="o1/s5"))
    assert account.balance("o1") == 0


def test_a_refunds_key_is_not_taken_for_another_amount(account: Account, provider: Provider) -> None:
    provider.charge(asked())
    provider.refund(refund(cents=700))
    with pytest.raises(RefundRefused):
        provider.refund(refund(cents=800))
    assert account.balance("o1") == CENTS - 700


def test_what_was_charged_again_is_listed_until_it_is_given_back(account: Account, provider: Provider) -> None:
    charged = provider.charge(asked())
    assert isinstance(charged, Charged)
    assert provider.surplus(asked(), charged.charge_id) == []
    account.charge_again("o1")
    assert (account.taken("o1"), account.balance("o1")) == ([CENTS, CENTS], 2 * CENTS)
    assert provider.charge(asked()) == charged
    (again,) = provider.surplus(asked(), charged.charge_id)
    assert again.amount_cents == CENTS
    surplus = refund(key="o1/surplus", charge_id=again.charge_id)
    assert provider.refund(surplus) == provider.refund(surplus)
    assert provider.surplus(asked(), charged.charge_id) == []
    assert account.balance("o1") == CENTS
    provider.refund(refund(cents=700, key="o1/s1", charge_id=charged.charge_id))
    assert account.balance("o1") == CENTS - 700


def test_orders_do_not_share_the_keys_of_their_refunds(account: Account, provider: Provider) -> None:
    provider.charge(asked())
    assert provider.refund(refund(key="o1/s1", order_id="o2")) is None
    assert account.balance("o1") == CENTS


def test_nothing_is_taken_after_a_refund_that_found_nothing(account: Account, provider: Provider) -> None:
    assert provider.refund(refund()) is None
    assert provider.charge(asked()) == Declined("canceled")
    assert provider.refund(refund()) is None
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


@pytest.mark.parametrize("fault", [Fault.LOSE_REQUEST, Fault.FAIL])
def test_a_provider_that_does_not_answer_cannot_be_reached(account: Account, provider: Provider, fault: Fault) -> None:
    provider.reach()
    provider.charge(asked())
    provider.reach()
    account.faults.append(fault)
    with pytest.raises(ProviderUnavailable):
        provider.reach()
    provider.reach()
    assert account.taken("o1") == [CENTS]
