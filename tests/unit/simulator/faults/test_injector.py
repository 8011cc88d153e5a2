"""The injector on a marketplace in virtual time: every fault at its time, always cleared, and recorded once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec
import pytest

from services_stub.client.control import ControlError, NotAnswering, NotPossible
from services_stub.contracts.problem import problem
from simulator.faults.healing import NotHealed, disturbances, heal
from simulator.faults.injector import INTERRUPTED, Activity, Injector
from simulator.faults.planned import planned
from simulator.history import FaultRecord
from tests.unit.simulator.faults.fake_control import FakeControl
from tests.unit.simulator.faults.targets import status_of
from tests.unit.simulator.virtual_time import clock, in_virtual_time

SECOND = 1_000_000
BUSY = Activity(open_sagas=3, requests_in_flight=5)


def busy() -> Activity:
    return BUSY


class Run:
    """Faults in virtual time: seconds from 0 on, and what was recorded of each fault."""

    def __init__(self, *faults: str, activity: Callable[[], Activity] = busy) -> None:
        self.control = FakeControl()
        self.records: list[FaultRecord] = []
        self._faults, self._activity = [planned(fault) for fault in faults], activity

    async def to_end(self) -> None:
        injector = Injector(self.control, clock=clock, activity=self._activity, record=self.records.append)
        await injector.run(self._faults, 0)

    def carry_out(self) -> list[FaultRecord]:
        in_virtual_time(self.to_end)
        return self.records

    def interrupt(self, after: float) -> list[FaultRecord]:
        async def main() -> None:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(after):
                    await self.to_end()

        in_virtual_time(main)
        return self.records


def refused(detail: str) -> NotPossible:
    return NotPossible(problem(409, "not-possible", detail))


@pytest.mark.parametrize(
    ("fault", "begins", "ends"),
    [
        ("pause:order@4s+3s", "pause-service order", "resume-service order"),
        ("stop:broker@4s+3s", "stop-broker", "start-broker"),
        ("slow:broker=70ms@4s+3s", "slow-requests", "slow-requests"),
        ("cut:broker@4s+3s", "lost-answers-api-0", "lost-answers-api-0"),
        ("lose-answers:broker@4s+3s", "timed-out-requests-api-0", "timed-out-requests-api-0"),
        ("full-disk:order@4s+3s", "full-disk-order", "full-disk-order"),
        ("skew:order=-500ms@4s+3s", "clock-skew-order", "clock-skew-order"),
        ("outage:provider@4s+3s", "payment-outage", "payment-outage"),
        ("lose-answers:provider=5%@4s+3s", "lost-payment-answers", "lost-payment-answers"),
        ("reorder:order-created@4s+3s", "resent-records-order-created", "resent-records-order-created"),
    ],
)
def test_a_fault_lasts_from_its_time_for_its_duration(fault: str, begins: str, ends: str) -> None:
    run = Run(fault)
    (record,) = run.carry_out()
    assert run.control.calls == [(4.0, begins), (7.0, ends)]
    assert not run.control.disturbed
    assert (record.planned_at, record.begun_at, record.ended_at) == (4 * SECOND, 4 * SECOND, 7 * SECOND)
    assert (record.hit_sagas, record.hit_requests) == (3, 5)
    assert msgspec.json.decode(msgspec.json.encode(record), type=FaultRecord) == record


def test_a_kill_ends_when_the_successor_is_ready() -> None:
    run = Run("kill:payment@1s", "restart:broker@20s")
    killed, restarted = run.carry_out()
    assert run.control.calls == [(1.0, "kill-service payment"), (20.0, "restart-broker")]
    assert 3 * SECOND <= killed.ended_at < 3.5 * SECOND
    assert restarted.ended_at
    assert (killed.note, restarted.note) == ("", "")


def test_a_kill_with_a_duration_strikes_each_successor() -> None:
    run = Run("kill:payment@1s+1s")
    (record,) = run.carry_out()
    assert {words for _, words in run.control.calls} == {"kill-service payment"}
    assert len(run.control.calls) > 2
    assert all(1.0 <= at <= 2.0 for at, _ in run.control.calls)
    assert record.ended_at >= 4 * SECOND


def test_what_begins_while_a_fault_lasts_is_hit_too_and_what_meets_nothing_is_marked() -> None:
    def activity() -> Activity:
        seconds = clock() // SECOND
        return Activity(0, 1, sagas_begun=2 * seconds, requests_begun=10 * seconds)

    (record,) = Run("pause:order@4s+3s", activity=activity).carry_out()
    assert (record.hit_sagas, record.hit_requests) == (6, 31)
    assert not record.missed
    (idle,) = Run("decline:provider=7%@4s+3s", activity=lambda: Activity(0, 0)).carry_out()
    assert (idle.note, idle.begun_at) == ("7%", 4 * SECOND)
    assert idle.missed


@pytest.mark.parametrize(("hits", "note", "missed"), [(1234, "struck 1,234", False), (0, "struck 0", True)])
def test_what_the_control_api_counts_says_whether_a_fault_met_anything(hits: int, note: str, missed: bool) -> None:
    run = Run("cut:order-product@4s+3s")
    run.control.hits = hits
    (record,) = run.carry_out()
    assert (record.note, record.struck, bool(record.missed)) == (note, hits, missed)
    assert not run.control.disturbed


def test_a_refused_fault_has_not_begun_and_holds_up_no_other() -> None:
    run = Run("outage:provider@1s+1s", "pause:order@2s+1s")
    run.control.errors["apply"] = [refused("payment is paused: resume it first")]
    first, second = run.carry_out()
    assert (first.begun_at, first.ended_at, first.hit_sagas) == (0, 0, 0)
    assert "resume it first" in first.note
    assert first.missed
    assert second.ended_at == 3 * SECOND


def test_a_fault_is_cleared_however_often_it_takes() -> None:
    run = Run("outage:provider@1s+1s")
    run.control.errors["clear"] = [NotAnswering("away"), refused("payment does not answer")]
    (record,) = run.carry_out()
    assert not run.control.disturbed
    assert record.ended_at > 2 * SECOND
    assert record.note == ""


def test_one_that_cannot_be_cleared_says_so() -> None:
    run = Run("outage:provider@1s+1s")
    run.control.errors["clear"] = [NotAnswering("away")] * 1000
    (record,) = run.carry_out()
    assert record.begun_at
    assert not record.ended_at
    assert record.note == "not cleared: away"


@pytest.mark.parametrize("after", [0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.5])
def test_an_interruption_at_any_moment_leaves_no_fault_behind(after: float) -> None:
    run = Run(
        "pause:order@1s+2s", "slow:broker@1s+2s", "stop:broker@2s+1s", "kill:payment@2500ms+1s", "outage:provider@4s+1s"
    )
    records = run.interrupt(after)
    assert not run.control.disturbed
    assert len(records) == 5
    assert all(record.ended_at for record in records if record.begun_at)
    assert all(INTERRUPTED in record.note for record in records if not record.begun_at)
    late = next(record for record in records if record.kind == "outage")
    assert bool(late.begun_at) == (after > 4)


def test_healing_brings_everything_back_and_waits_until_it_is_ready() -> None:
    run = Run("pause:order@1s+9h", "outage:provider@1s+9h", "stop:broker@1s+9h")
    run.control.errors["clear"] = [NotAnswering("away")] * 1000
    run.interrupt(2.0)
    assert run.control.disturbed

    async def main() -> None:
        run.control.errors["clear"] = [NotAnswering("away")]
        await heal(run.control)

    in_virtual_time(main)
    assert not run.control.disturbed
    assert run.control.broker_listens


def test_what_does_not_come_back_is_named() -> None:
    control = FakeControl()
    failing: list[ControlError] = [NotAnswering("the marketplace does not answer")] * 1000
    control.errors["act"] = failing
    with pytest.raises(NotHealed, match="not healed within 5 s: the marketplace does not answer"):
        in_virtual_time(lambda: heal(control, within=5.0))
    assert disturbances(status_of(), []) == []
