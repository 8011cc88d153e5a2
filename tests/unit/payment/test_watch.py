"""The payment service is not ready while its provider answers nothing, and does not ask it for its health's sake."""

from __future__ import annotations

import pytest

from services_stub.contracts.control_faults import PaymentOutage
from services_stub.payment.domain import ProviderUnavailable
from services_stub.payment.handlers.watch import ProviderWatch
from services_stub.payment.store.sandbox import Sandbox
from services_stub.payment.store.sandbox_faults import SandboxFaults
from tests.unit.payment.payment_harness import UNREACHABLE, Clock, created, payment_harness


class CountingSandbox(Sandbox):
    """Counts how often it is asked for nothing."""

    asked = 0

    def reach(self) -> None:
        self.asked += 1
        super().reach()


def test_an_outage_is_told_with_its_duration_until_the_provider_answers() -> None:
    faults, clock = SandboxFaults(), Clock()
    with payment_harness(CountingSandbox(":memory:", faults=faults)) as shop:
        watch = shop.worker.watch = ProviderWatch(shop.provider, clock)
        faults.replace([PaymentOutage()])
        shop.hear(created())
        shop.step()
        assert watch.silence() == 0.0
        clock.now += 2
        watch.look()
        assert watch.silence() == 2.0
        shop.settle()
        assert shop.payment().status == "FAILED"
        clock.now += 3
        watch.look()
        assert watch.silence() == 5.0
        faults.replace([])
        watch.look()
        assert watch.silence() == 0.0


def test_an_answer_to_a_purchase_ends_the_silence_too() -> None:
    faults = SandboxFaults(faults=[PaymentOutage()])
    with payment_harness(CountingSandbox(":memory:", faults=faults)) as shop:
        watch = shop.worker.watch
        shop.hear(created())
        shop.step()
        watch.look()
        assert watch.silence() > 0
        faults.replace([])
        shop.settle()
        assert (shop.payment().status, watch.silence()) == ("CHARGED", 0.0)


def test_a_card_that_is_never_answered_says_nothing_of_the_provider() -> None:
    with payment_harness(CountingSandbox(":memory:")) as shop:
        shop.hear(created(card=UNREACHABLE))
        shop.step()
        shop.worker.watch.look()
        assert shop.worker.watch.silence() == 0.0


def test_without_a_doubt_the_provider_is_not_asked() -> None:
    provider = CountingSandbox(":memory:")
    with payment_harness(provider) as shop:
        shop.hear(created())
        shop.settle()
        shop.worker.watch.look()
        assert (shop.worker.watch.silence(), provider.asked) == (0.0, 0)


def test_a_sandbox_in_an_outage_cannot_be_reached() -> None:
    with pytest.raises(ProviderUnavailable):
        Sandbox(":memory:", faults=SandboxFaults(faults=[PaymentOutage()])).reach()
