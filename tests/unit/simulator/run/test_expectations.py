"""An objective that a run cannot reach is known before it, and the refusal says what there is instead."""

from __future__ import annotations

import pytest

from simulator.measure.slo import parse_slo
from simulator.plan import Plan
from simulator.run.expectations import without_faults, without_operations
from simulator.scenario import read_scenario

FAULTS = ("slow:broker=100ms@10s+5s", "kill:payment@40s")


def plan(scenario: str = "checkout-heavy", **flags: str) -> Plan:
    return Plan(read_scenario(scenario, {"duration": "5s", "rate": "20"} | flags), 7)


@pytest.mark.parametrize("slo", ["place-order.p99<500ms", "saga.paid.p99<2s during fault", "add-to-cart.ok>99%"])
def test_what_sessions_do_may_be_expected(slo: str) -> None:
    assert without_operations([parse_slo(slo)], plan()) == []


@pytest.mark.parametrize(
    ("slo", "refusal"),
    [
        ("saga.pad.p99<500ms", "saga.pad.p99<500ms: there is no saga.pad. Did you mean saga.paid?"),
        ("placeorder.p99<1s", "placeorder.p99<1s: there is no placeorder. Did you mean place-order?"),
        ("search.p99<1s", "search.p99<1s: no session of this plan does search"),
    ],
)
def test_what_no_session_does_is_refused(slo: str, refusal: str) -> None:
    assert without_operations([parse_slo("place-order.p99<1s"), parse_slo(slo)], plan()) == [refusal]


def test_of_a_long_plan_not_all_sessions_are_known() -> None:
    assert without_operations([parse_slo("search.p99<1s")], plan(rate="10000")) == []


@pytest.mark.parametrize("fault", ["fault", "slow:broker", "kill:payment"])
def test_planned_faults_may_be_named(fault: str) -> None:
    assert without_faults([parse_slo(f"saga.paid.p99<2s during {fault}"), parse_slo("search.p99<1s")], FAULTS) == []


def test_faults_that_are_not_planned_are_refused() -> None:
    slo = parse_slo("saga.paid.p99<2s within 5s after kill:paymen")
    assert without_faults([slo], FAULTS) == [f"{slo}: this run has no kill:paymen. Did you mean kill:payment?"]
    assert without_faults([slo], ()) == [f"{slo}: this run has no kill:paymen."]
