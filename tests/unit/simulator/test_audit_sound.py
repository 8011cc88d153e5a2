"""No sound history has a violation, however its purchases overlap, and in whatever order its partitions are read."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from services_stub.contracts.events import Hop, HopOutcome, OrderStatus
from services_stub.contracts.times import from_microseconds, rfc3339
from simulator.auditor.audit import Auditor
from simulator.auditor.checks import Check
from simulator.auditor.order_state import OrderState
from simulator.auditor.states import States
from simulator.history.operations import FaultRecord
from simulator.measure.outcomes import Outcome
from simulator.trace.events import microseconds
from simulator.trace.records import TracedRecord
from tests.unit.simulator.defects import changed, effect_first
from tests.unit.simulator.records import hops
from tests.unit.simulator.sound_history import sound_history
from tests.unit.simulator.synthetic_history import SyntheticHistory

S = OrderStatus
ENDS = ("paid", "delivered", "declined", "void", "cancelled", "charged late", "cancelled first", "refunded")
PRODUCTS = {"p1": "s1", "p2": "s1", "p3": "s2"}
STOCK = 7


def purchase(run: SyntheticHistory, order_id: str, end: str, lines: dict[str, int]) -> Iterator[None]:
    """A purchase, step by step; others may go on in between."""
    if any(run.products[product_id].quantity < units for product_id, units in lines.items()):
        run.operate("place-order", "u1", "", outcome=Outcome.REFUSED, status=409, key=f"key-{order_id}")
        return
    run.place(order_id, "u1", lines)
    yield
    if end == "void":
        run.cancel(order_id)
    elif end == "declined":
        run.decline(order_id)
    elif end == "charged late":
        run.decline(order_id)
        yield
        run.step(order_id, S.CANCELLED, "charged-after-failure", run.charge(order_id))
        yield
        run.refund(order_id)
    elif end == "cancelled first":
        run.cancel(order_id)
        yield
        run.charge(order_id)
        yield
        run.refund(order_id)
    else:
        yield from paid(run, order_id, end)


def paid(run: SyntheticHistory, order_id: str, end: str) -> Iterator[None]:
    charge = run.charge(order_id)
    yield
    run.step(order_id, S.PAID, "paid", charge)
    for item in run.orders[order_id].items:
        run.reserved[item.product_id] -= item.quantity
    yield
    if end == "cancelled":
        run.cancel(order_id)
        yield
        run.refund(order_id)
    elif end in ("delivered", "refunded"):
        sellers = [part.seller_id for part in run.orders[order_id].parts]
        for status in (S.SHIPPED, S.DELIVERED if end == "delivered" else S.REFUNDING):
            for seller in sellers:
                run.step(order_id, status, str(status), "run-ship", seller)
                yield
        run.refund(order_id)


def overlapped(purchases: list[Iterator[None]], chance: random.Random) -> None:
    """Carry out all purchases, a step of one after a step of another."""
    while purchases:
        chosen = chance.choice(purchases)
        if next(chosen, chosen) is chosen:
            purchases.remove(chosen)


def read_anyhow(records: list[TracedRecord], chance: random.Random) -> list[TracedRecord]:
    """The same records, those of each partition in their order, and the partitions in any."""
    lanes: dict[tuple[str, int], list[TracedRecord]] = defaultdict(list)
    for record in records:
        lanes[record.topic, record.partition].append(record)
    order = [lane for lane, own in lanes.items() for _ in own]
    chance.shuffle(order)
    at = dict.fromkeys(lanes, 0)
    read = []
    for lane in order:
        read.append(lanes[lane][at[lane]])
        at[lane] += 1
    return read


lines = st.dictionaries(st.sampled_from(sorted(PRODUCTS)), st.integers(1, 3), min_size=1)
orders = st.lists(st.tuples(st.sampled_from(ENDS), lines), min_size=1, max_size=8)


@settings(max_examples=60, deadline=None)
@given(orders, st.integers(0, 2**32), st.integers(0, 6))
def test_no_sound_history_has_a_violation(wanted: list[tuple[str, dict[str, int]]], seed: int, repeated: int) -> None:
    run, chance = SyntheticHistory(), random.Random(seed)
    run.user("u1")
    for seller in ("s1", "s2"):
        run.user(seller, "seller")
    for product_id, seller in PRODUCTS.items():
        run.product(product_id, seller, quantity=STOCK)
    overlapped([purchase(run, f"order-{n}", end, own) for n, (end, own) in enumerate(wanted)], chance)
    run.operate("list-orders", "u1", "", seen=tuple(run.orders))
    run.settle()
    for _ in range(repeated):  # as a publisher does that crashed before it heard of the acknowledgement
        run.append(chance.choice(run.records))
    delivered = [_again(record) for record in run.records[:repeated]]
    auditor = Auditor(most_open=2)
    auditor.take(read_anyhow(run.records, chance))
    auditor.take([hops("payment", *delivered)])
    auditor.take_operations(run.operations)
    judged = auditor.end(run.final(), exclusive=True)
    assert judged.violations == ()
    assert judged.sometimes["an event lay twice in its topic"] <= repeated
    assert judged.sometimes["an event was delivered again, and ignored"] == repeated


def test_outcomes_are_counted_however_a_report_writes_them() -> None:
    again = hops("payment", _again(TracedRecord("order-created", 0, 0, 1, (), b"")))
    value, auditor = again.value or b"", Auditor()
    for offset, written in enumerate((value, value.replace(b'"dup', b'"\\u0064up'))):
        auditor.take([replace(again, offset=offset, value=written)])
    assert auditor.sometimes.delivered_again == 2


def _again(record: TracedRecord) -> Hop:
    return Hop(
        event_id="", correlation_id="", topic=record.topic, partition=record.partition, offset=record.offset,
        polled_at=1, handled_at=2, committed_at=3, outcome=HopOutcome.DUPLICATE,
    )  # fmt: skip


SKEWED = ("auth", "product", "order", "payment", "notification")
AHEAD = 2_000_000


def shifted(record: TracedRecord, service: str, by: int) -> TracedRecord:
    """The same record, if the service published it by a clock that is ahead by so many microseconds."""
    headers = dict(record.headers)
    if headers["ce_source"] != f"/services/{service}".encode():
        return record
    time = from_microseconds((microseconds((headers["ce_time"] or b"").decode()) or 0) + by)
    return replace(record, headers=tuple((headers | {"ce_time": rfc3339(time).encode()}).items()))


def under_skew(service: str, by: int, *, known: bool) -> SyntheticHistory:
    """The sound history, in which the clock of a service is ahead; `known` where a fault tells of it."""
    run = sound_history()
    run.records = [shifted(record, service, by) for record in run.records]
    run.faults = [FaultRecord("skew", service, 1, 1, 2, amount=by)] if known else []
    return run


@pytest.mark.parametrize("service", SKEWED)
@pytest.mark.parametrize("by", [-AHEAD, -AHEAD * 3 // 4, AHEAD])
def test_a_sound_history_has_no_violation_where_a_fault_has_shifted_a_clock(service: str, by: int) -> None:
    assert under_skew(service, by, known=True).judge().violations == ()


@pytest.mark.parametrize(
    ("service", "by", "found"),
    [
        ("payment", -AHEAD, Check.EFFECT_BEFORE_CAUSE),
        ("order", AHEAD, Check.EFFECT_BEFORE_CAUSE),
        ("order", -AHEAD * 3 // 4, Check.BLOCKED_SELLER_SOLD),
    ],
)
def test_a_clock_that_no_fault_has_shifted_is_found(service: str, by: int, found: Check) -> None:
    assert found in under_skew(service, by, known=False).judge().counts


def test_an_effect_is_too_early_where_it_is_earlier_than_clocks_were_shifted() -> None:
    run = sound_history()
    run.faults = [
        FaultRecord("skew", "order", 1, 1, 2, amount=AHEAD),
        FaultRecord("skew", "payment", 3, 3, 4, amount=-AHEAD),
        FaultRecord("delay", "provider", 5, 5, 6, amount=10 * AHEAD),
    ]
    effect_first(run)
    (violation,) = run.judge().violations
    assert violation.check == Check.EFFECT_BEFORE_CAUSE
    assert violation.detail.endswith("; clocks were shifted, and 4.100 s are tolerated")


def test_a_reservation_may_be_held_as_long_as_it_lasts_and_no_longer() -> None:
    run = sound_history()
    run.move("unanswered", "p2", 2, "run-unanswered")
    assert run.judge().violations == ()
    run.now += 100_000_000
    run.user("later")
    assert set(run.judge().counts) == {Check.LEAKED_RESERVATION}


def test_only_a_checkout_counts_as_one_that_was_repeated_under_its_key() -> None:
    def judged(operation: str) -> dict[str, int]:
        run = sound_history()
        for _ in range(2):
            run.operate(operation, "u1", "", key="again", outcome=Outcome.UNKNOWN, status=0)
        return run.judge().sometimes

    assert judged("place-order")["a checkout was repeated under its key"] == 1
    assert judged("take-in-stock")["a checkout was repeated under its key"] == 0


def test_poison_among_samples_becomes_a_dead_letter_too() -> None:
    run = sound_history()
    poison = run.append(TracedRecord("product-viewed", 0, 0, run.now, (), b"poison"))
    assert set(run.judge().counts) == {Check.UNCONTAINED_POISON}
    about = (("dlq_group", b"analytics"), ("dlq_partition", b"0"), ("dlq_offset", str(poison.offset).encode()))
    run.append(TracedRecord("product-viewed.dlq", 0, 0, run.now, about, b"poison"))
    assert run.judge().violations == ()


@pytest.mark.parametrize("version", [0, 1, 10**14 - 1])
def test_a_version_that_cannot_be_is_a_violation_and_not_the_end(version: int) -> None:
    run = sound_history()
    changed(run, run.find("product-updated"), version=version)
    assert Check.OUT_OF_ORDER in run.judge().counts


@pytest.mark.parametrize("version", [-1, -(2**63), 10**14, 2**63 - 1, 10**20])
def test_a_version_that_the_contract_does_not_have_is_poison(version: int) -> None:
    run = sound_history()
    changed(run, run.find("product-updated"), version=version)
    assert set(run.judge().counts) == {Check.UNCONTAINED_POISON, Check.LOST_EVENT}


def test_states_that_are_kept_as_bytes_are_the_same_when_they_change_again() -> None:
    states = States(OrderState, OrderState, most_open=2)
    for number in range(5):
        states.change(str(number)).declines = number
    states.change("0").declines += 10
    assert {name: state.declines for name, state in states.all()} == {"0": 10, "1": 1, "2": 2, "3": 3, "4": 4}
    assert (len(states), states.find("unknown")) == (5, None)
