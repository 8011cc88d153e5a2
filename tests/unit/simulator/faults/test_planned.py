"""The text of a fault: what is written is what is read, and what is wrong is named with the nearest word."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.faults.commands import action_of, lasting_of
from simulator.faults.kinds import KINDS, LONGEST_AMOUNT, Amount, Kind, Lasting, Place
from simulator.faults.listing import listing_lines
from simulator.faults.planned import FaultError, PlannedFault, example_of, planned
from simulator.faults.target import Target, problems
from simulator.scenario.quantities import LONGEST, Duration
from tests.unit.simulator.faults.targets import OUTSIDE, target_of

MINUTE = 60_000_000
_NAMES = st.from_regex(r"[a-z][a-z0-9]{0,20}(-[a-z0-9]{1,20}){0,3}", fullmatch=True)


@st.composite
def faults(draw: st.DrawFn) -> PlannedFault:
    """Any fault that can be written."""
    kind = draw(st.sampled_from(KINDS))
    fixed = kind.place in (Place.BROKER, Place.PROVIDER)
    target = str(kind.place) if fixed else draw(_NAMES.filter(lambda name: name not in ("broker", "provider")))
    least = 0 if kind.lasting is Lasting.MAYBE else 1
    lasts = 0 if kind.lasting is Lasting.NEVER else draw(st.integers(least, LONGEST))
    amount = 0
    if kind.amount is Amount.SHARE:
        amount = draw(st.integers(1, 100))
    elif kind.amount is Amount.TIME:
        amount = draw(st.integers(1, LONGEST_AMOUNT // 1000)) * 1000
    elif kind.amount is Amount.OFFSET:
        most = LONGEST_AMOUNT // 1000
        amount = draw(st.integers(-most, most).filter(bool)) * 1000
    return PlannedFault(kind, target, Duration(draw(st.integers(0, LONGEST))), Duration(lasts), amount)


@given(faults())
def test_the_text_of_a_fault_is_read_as_the_same_fault(fault: PlannedFault) -> None:
    assert planned(str(fault)) == fault


@given(st.text(max_size=40) | st.from_regex(r"[a-z-]{1,8}:[a-z-]{1,8}(=[0-9%ms]{1,4})?@[0-9sm+]{1,8}"))
def test_any_text_is_a_fault_or_has_an_error_in_one_line(text: str) -> None:
    try:
        fault = planned(text)
    except FaultError as error:
        assert str(error).isprintable()
    else:
        assert planned(str(fault)) == fault


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"{kind.word}-{kind.place}")
def test_each_kind_has_an_example_and_is_carried_out_in_one_way(kind: Kind) -> None:
    fault = planned(example_of(kind))
    assert fault.kind is kind
    assert (action_of(fault) is None) != (lasting_of(fault) is None)
    assert any(example_of(kind) in line and line.startswith(kind.usage) for line in listing_lines())


def test_the_list_fits_into_a_terminal() -> None:
    assert max(map(len, listing_lines())) <= 80


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "kil:payment@40s",
            "'kil:payment@40s': there is no fault 'kil'. Did you mean kill? The faults are kill, pause,",
        ),
        ("", "there is no fault ''"),
        ("kill@40s", "it has no target. Write kill:SERVICE@AT[+FOR] or kill:broker@AT[+FOR]."),
        ("stop:brokr@40s+1s", "it strikes broker, not 'brokr'. Did you mean broker? Write stop:broker@AT+FOR."),
        ("pause:\x1b[31m@40s+1s", "is no name. Write pause:SERVICE@AT+FOR."),
        ("kill:payment", "it has no time; AT is counted from the start of the load. Write kill:SERVICE@AT[+FOR]"),
        ("kill:payment@40", "'40' is no duration: write a number with us, ms, s, m or h"),
        ("kill:payment@40s+0s", "its duration must be above 0"),
        ("kill:payment@40s+", "'' is no duration"),
        ("pause:order@40s", "it has no duration. Write pause:SERVICE@AT+FOR, as pause:payment@40s+10s."),
        ("restart:order@40s+1s", "it is done once, and has no duration"),
        ("kill:payment=3@40s", "it has no amount, so no '=3'"),
        ("decline:provider=0%@1s+1s", "'0%' is no share: write a whole percentage from 1% to 100%"),
        ("decline:provider=0.5@1s+1s", "'0.5' is no share"),
        ("slow:broker=11m@1s+1s", "'11m' is no whole number of milliseconds from 1ms to 10m"),
        ("slow:broker=-1s@1s+1s", "'-1s' is no duration"),
        ("skew:order=-0s@1s+1s", "'-0s' is no whole number of milliseconds from 1ms to 10m"),
        ("skew:order=-601s@1s+1s", "'-601s' is no whole number of milliseconds from 1ms to 10m"),
        ("skew:order=--1s@1s+1s", "Write skew:SERVICE[=[-]TIME]@AT+FOR, as skew:payment=1s@40s+10s."),
        ("slow:broker=1us@1s+1s", "'1us' is no whole number of milliseconds from 1ms to 10m"),
        ("kill:payment@9999h", "is longer than a week"),
    ],
)
def test_what_is_wrong_is_named_with_the_way_out(text: str, says: str) -> None:
    with pytest.raises(FaultError) as error:
        planned(text)
    assert says in str(error.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "kill:paymnt@1s",
            "there is no service paymnt. Did you mean payment? There are gateway, order, payment, product.",
        ),
        ("poison:order-creatd@1s+1s", "there is no topic order-creatd. Did you mean order-created?"),
        ("cut:order-produc@1s+1s", "there is no link order-produc. Did you mean order-product?"),
        ("pause:order@55s+10s", "the load ends after 1m; the fault must be over by then"),
        ("kill:order@1m", "the load ends after 1m"),
    ],
)
def test_a_target_says_before_the_run_what_it_cannot_have(text: str, says: str) -> None:
    (problem,) = problems([planned(text)], target_of(), MINUTE)
    assert problem.startswith(f"{planned(text)}: ")
    assert says in problem


def test_each_kafka_each_provider_and_each_way_in_has_its_own_limits() -> None:
    slow, kill, decline = planned("slow:broker@1s+1s"), planned("kill:broker@9s"), planned("decline:provider@1s+1s")
    assert problems([slow, decline], target_of(), MINUTE) == []
    assert "only the embedded broker can be slowed" in problems([slow], target_of("apache"), MINUTE)[0]
    for fault in (planned("cut:broker@1s+1s"), planned("lose-answers:broker@1s+1s")):
        assert problems([fault], target_of(), MINUTE) == []
        assert "only the embedded broker can keep records" in problems([fault], target_of("apache"), MINUTE)[0]
    full = planned("full-disk:broker@1s+1s")
    assert "only the embedded broker goes on" in problems([full], target_of("apache"), MINUTE)[0]
    assert problems([kill], target_of("apache"), MINUTE) == []
    assert "a cluster that is not its own" in problems([kill], target_of("external"), MINUTE)[0]
    assert "payments go to stripe" in problems([decline], target_of(payments="stripe"), MINUTE)[0]
    assert "it needs the control API" in problems([decline], OUTSIDE, MINUTE)[0]
    assert problems([planned("cut:order-product@1s+1s")], target_of(), MINUTE) == []
    skew, together = planned("skew:order=-500ms@1s+1s"), Target(("order",), controlled=True, one_process=True)
    assert problems([skew], target_of(), MINUTE) == []
    assert "all services share one process, and so one clock" in problems([skew], together, MINUTE)[0]
    assert "`up --link` names them" in problems([planned("cut:order-cart@1s+1s")], Target(controlled=True), MINUTE)[0]


@pytest.mark.parametrize(
    ("one", "other", "clash"),
    [
        ("pause:order@10s+10s", "kill:order@15s", True),
        ("pause:order@10s+10s", "kill:payment@15s", False),
        ("pause:order@10s+10s", "kill:order@21s", False),
        ("pause:payment@10s+10s", "decline:provider@15s+20s", True),
        ("kill:payment@15s", "decline:provider@10s+20s", False),
        ("decline:provider=10%@10s+10s", "decline:provider=20%@15s+10s", True),
        ("decline:provider@10s+10s", "outage:provider@15s+10s", False),
        ("pause:order@10s+10s", "duplicate:order-created@15s+10s", True),
        ("cut:order-product@10s+10s", "slow:order-product@15s+10s", True),
        ("skew:order=1s@10s+10s", "skew:order=-1s@15s+10s", True),
        ("skew:order=1s@10s+10s", "kill:order@15s", False),
        ("delay:order-created@10s+10s", "delay:order-updated@15s+10s", False),
    ],
)
def test_two_faults_that_would_undo_each_other_are_refused(one: str, other: str, clash: bool) -> None:
    for pair in ([planned(one), planned(other)], [planned(other), planned(one)]):
        found = problems(pair, target_of(), MINUTE)
        assert len(found) == clash
