"""SLO expressions: what they mean, and what is wrong with those that mean nothing."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.measure.slo import SHARES, FaultClause, InvalidSlo, Relation, Slo, parse_slo

names = st.text("ap9_:.-", max_size=6).map(lambda text: f"n{text}")
numbers = st.decimals(0, 10**9, allow_nan=False, allow_infinity=False, places=3)
whole_numbers = st.integers(0, 10**9).map(Decimal)
statistics = st.one_of(
    st.sampled_from([*sorted(SHARES), "rate", "mean", "max"]),
    st.decimals("0.001", 100, places=3).map(lambda percent: f"p{f'{percent:f}'.rstrip('0').rstrip('.')}"),
)
clauses = st.one_of(
    st.none(),
    st.builds(FaultClause, st.sampled_from([Relation.DURING, Relation.BEFORE, Relation.AFTER]), names),
    st.builds(FaultClause, st.just(Relation.WITHIN), names, st.one_of(numbers, whole_numbers)),
)
slos = st.builds(
    Slo, names, statistics, st.sampled_from(["<", "<=", ">", ">="]), st.one_of(numbers, whole_numbers), clauses
)


@settings(max_examples=80, deadline=None)
@given(slos)
def test_an_objective_is_written_so_that_it_reads_as_the_same(slo: Slo) -> None:
    assert parse_slo(str(slo)) == slo
    assert str(parse_slo(str(slo))) == str(slo)


@pytest.mark.parametrize(
    ("text", "slo"),
    [
        ("search.p99<500ms", Slo("search", "p99", "<", Decimal(500_000))),
        ("search.p99.9 <= 1.5s", Slo("search", "p99.9", "<=", Decimal(1_500_000))),
        (
            "saga.paid.p99<2s during fault",
            Slo("saga.paid", "p99", "<", Decimal(2_000_000), FaultClause(Relation.DURING, "fault")),
        ),
        (
            " search.failed < 0.5% after kill:search ",
            Slo("search", "failed", "<", Decimal("0.5"), FaultClause(Relation.AFTER, "kill:search")),
        ),
        (
            "search.p95<20ms within 15s after fault",
            Slo("search", "p95", "<", Decimal(20_000), FaultClause(Relation.WITHIN, "fault", Decimal(15_000_000))),
        ),
        ("place-order.rate>=200/s", Slo("place-order", "rate", ">=", Decimal(200))),
    ],
)
def test_an_expression_means_an_objective(text: str, slo: Slo) -> None:
    assert parse_slo(text) == slo


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is no SLO"),
        ("search.p99<500", "is no SLO"),
        ("search<500ms", "is no SLO"),
        ("search.p99=500ms", "is no SLO"),
        ("search.p99<-1ms", "is no SLO"),
        ("search.p99<1ms\nrm", "is no SLO"),
        ("search.p99<٣ms", "is no SLO"),
        ("search.p99<1ms during", "is no SLO"),
        ("search.p99<1ms within 3s during fault", "is no SLO"),
        ("search.p0<1ms", "above 0 and at most 100"),
        ("search.p101<1ms", "above 0 and at most 100"),
        ("search.median<1ms", "'median' is no statistic"),
        ("search.p99<5%", "is a time"),
        ("search.failed<5ms", "is given in %"),
        ("search.rate>5%", "is given in /s"),
        ("x" * 100_000 + "<", "is no SLO"),
    ],
)
def test_an_expression_without_a_meaning_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(InvalidSlo, match=reason):
        parse_slo(text)
