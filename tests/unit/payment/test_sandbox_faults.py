"""The sandbox's faults: what each does to orders, that none costs money, and that a seed repeats them."""

from __future__ import annotations

import pytest

from services_stub.contracts.control_faults import (
    DeclinedPayments,
    DelayedPayments,
    DoubleCharges,
    LostPaymentAnswers,
    PaymentFault,
    PaymentOutage,
)
from services_stub.payment.domain import (
    Charged,
    ChargeRequest,
    Declined,
    Processing,
    ProviderUnavailable,
    RefundRefused,
    RefundRequest,
    Taken,
)
from services_stub.payment.handlers.charging import REFUSED_PAUSE
from services_stub.payment.store.sandbox import Sandbox
from services_stub.payment.store.sandbox_faults import SandboxFaults
from tests.unit.payment.payment_harness import GOOD, SLOW, Clock, PaymentHarness, created, payment_harness, updated

EACH: list[PaymentFault] = [
    DeclinedPayments(rate=1.0),
    DelayedPayments(milliseconds=1500),
    PaymentOutage(),
    LostPaymentAnswers(rate=1.0),
    DoubleCharges(rate=1.0),
]


def sandbox(*faults: PaymentFault, seed: int = 1) -> tuple[Sandbox, SandboxFaults, Clock]:
    clock, in_force = Clock(), SandboxFaults(seed, faults)
    return Sandbox(":memory:", clock, in_force), in_force, clock


def asked(order_id: str = "o1", card: str = GOOD) -> ChargeRequest:
    return ChargeRequest(order_id, 2500, "USD", card)


def test_a_declined_payment_stays_declined_when_the_fault_is_cleared() -> None:
    provider, faults, _ = sandbox(DeclinedPayments(rate=1.0))
    assert provider.charge(asked()) == Declined("card_declined")
    faults.replace([])
    assert provider.charge(asked()) == Declined("card_declined")
    assert provider.charge(asked("o2")) == Charged("ch_o2")


def test_a_delayed_payment_is_taken_later_and_delays_no_other() -> None:
    provider, faults, clock = sandbox(DelayedPayments(milliseconds=1500))
    assert provider.charge(asked()) == Processing(1.5)
    assert provider.charge(asked("o2", SLOW)) == Processing(3.5)
    faults.replace([])
    assert provider.charge(asked("o3")) == Charged("ch_o3")
    clock.now += 1.5
    assert provider.charge(asked()) == Charged("ch_o1")


def test_in_an_outage_nothing_is_done() -> None:
    provider, faults, _ = sandbox(PaymentOutage())
    with pytest.raises(ProviderUnavailable):
        provider.charge(asked())
    faults.replace([])
    assert provider.surplus(asked(), "ch_o1") == []
    assert provider.charge(asked()) == Charged("ch_o1")
    faults.replace([PaymentOutage()])
    with pytest.raises(ProviderUnavailable):
        provider.surplus(asked(), "ch_o1")


def test_a_lost_answer_is_one_to_a_charge_that_was_made() -> None:
    provider, faults, _ = sandbox(LostPaymentAnswers(rate=1.0))
    with pytest.raises(ProviderUnavailable):
        provider.charge(asked())
    faults.replace([DeclinedPayments(rate=1.0)])
    assert provider.charge(asked()) == Charged("ch_o1")


def test_a_double_charge_is_listed_also_where_it_took_time() -> None:
    provider, _, clock = sandbox(DoubleCharges(rate=1.0))
    assert provider.charge(asked("o1", SLOW)) == Processing(2.0)
    assert provider.surplus(asked("o1"), "ch_o1") == []
    clock.now += 2
    assert provider.charge(asked("o1", SLOW)) == Charged("ch_o1")
    assert provider.surplus(asked("o1"), "ch_o1") == [Taken("ch_o1#2", 2500)]


def struck(provider: Sandbox, orders: range) -> list[bool]:
    return [isinstance(provider.charge(asked(f"o{number}")), Declined) for number in orders]


def test_a_seed_decides_who_is_struck() -> None:
    first = struck(sandbox(DeclinedPayments(rate=0.3), seed=7)[0], range(200))
    assert first == struck(sandbox(DeclinedPayments(rate=0.3), seed=7)[0], range(200))
    assert first != struck(sandbox(DeclinedPayments(rate=0.3), seed=8)[0], range(200))
    assert 30 < sum(first) < 90


def test_a_fault_goes_on_where_it_was_when_another_comes() -> None:
    provider, faults, _ = sandbox(DeclinedPayments(rate=0.3), seed=7)
    first = struck(provider, range(100))
    faults.replace([DeclinedPayments(rate=0.3), DoubleCharges(rate=1.0)])
    again, _, _ = sandbox(DeclinedPayments(rate=0.3), seed=7)
    assert first + struck(provider, range(100, 200)) == struck(again, range(200))


@pytest.mark.parametrize("cancelled", [False, True])
@pytest.mark.parametrize("fault", EACH, ids=lambda fault: type(fault).__name__)
def test_no_fault_costs_money_or_tells_of_it_twice(fault: PaymentFault, cancelled: bool) -> None:
    faults = SandboxFaults(1, [fault])
    clock = Clock()
    provider = Sandbox(":memory:", clock, faults)
    with payment_harness(provider) as shop:
        shop.clock = clock
        shop.crash()
        shop.hear(created())
        shop.settle()
        if cancelled:
            shop.hear(updated())
        shop.settle()
        faults.replace([])
        shop.wait(REFUSED_PAUSE)
        shop.settle()
        check(shop, provider)


def check(shop: PaymentHarness, provider: Sandbox) -> None:
    """The money that the provider holds is what the payment says, and each event came once."""
    left = provider.surplus(asked(), "ch_o1")
    assert left == []
    topics = shop.topics()
    assert len(topics) == len(set(topics))
    held = "payment-success" in topics and "payment-refunded" not in topics
    assert (shop.payment().status == "CHARGED") is held
    # All that is not held was given back: nothing more can be.
    assert held_of(provider, "o1") == (2500 if held else 0)


def held_of(provider: Sandbox, order_id: str) -> int:
    """The cents that the sandbox holds of an order, by the attempt to give back all of it."""
    try:
        return 2500 if provider.refund(RefundRequest(asked(order_id), "audit", 2500)) else 0
    except RefundRefused:
        return 0
