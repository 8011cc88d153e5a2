"""The faults of a run: settled for its target, carried out in a thread, and over as soon as the run is."""

from __future__ import annotations

import threading
import time
from typing import NamedTuple

import msgspec
import pytest

from services_stub.contracts.control import State
from services_stub.infra.config.services import SERVICES
from simulator.faults.healing import disturbances
from simulator.faults.kinds import SECOND, WORDS
from simulator.faults.planned import FaultError, planned
from simulator.faults.run_faults import RunFaults
from simulator.faults.target import Target
from simulator.history import FaultRecord
from tests.unit.simulator.faults.fake_control import FakeControl
from tests.unit.simulator.faults.targets import status_of
from tests.waiting import wait_for

STATE = State(
    **msgspec.structs.asdict(status_of()),
    control_url="http://127.0.0.1:1",
    control_token="",
    internal_token="",
    users=[],
)


class Counts(NamedTuple):
    open_sagas: int = 2
    sagas_begun: int = 0
    requests_ended: int = 0


def faults_of(*texts: str, words: tuple[str, ...] = (), control: FakeControl | None = None) -> RunFaults:
    by_hand = [planned(text) for text in texts]
    return RunFaults(by_hand, words, seed=7, end_us=60 * SECOND, connect=lambda _: control or FakeControl())


def test_faults_by_hand_and_drawn_ones_are_settled_for_the_target() -> None:
    faults = faults_of("kill:payment@59s", words=("pause",))
    settled = faults.planned_for(STATE)
    assert settled == faults.planned_for(STATE)
    assert [fault.kind.word for fault in settled] == ["pause"] * 6 + ["kill"]
    assert faults.lines() == [
        "fault kill:payment@59s",
        "nemesis pause: one every 10s, drawn for the target from the seed",
    ]
    assert faults_of().lines() == []


def test_what_the_target_cannot_have_is_refused_with_every_reason() -> None:
    control = FakeControl()
    faults = faults_of("kill:paymnt@1s", "pause:order@59s+2s", "cut:order-cart@1s+1s", control=control)
    with pytest.raises(FaultError) as refused:
        faults.carry_out(STATE, None, 0, threading.Event(), Counts, list[FaultRecord]().append)
    assert len(str(refused.value).splitlines()) == 3
    assert control.calls == []
    with pytest.raises(FaultError, match="needs the control API"):
        faults_of("kill:payment@1s").planned_for(None)
    with pytest.raises(FaultError, match="this target cannot have"):
        faults_of(words=("kill",)).planned_for(None)


def test_they_are_carried_out_and_the_marketplace_works_afterwards() -> None:
    control, records = FakeControl(), list[FaultRecord]()
    faults = faults_of("pause:order@10ms+20ms", "outage:provider@20ms+20ms", control=control)
    faults.carry_out(STATE, None, time.time_ns() // 1000, threading.Event(), Counts, records.append)
    assert [(record.kind, record.hit_sagas) for record in records] == [("pause", 2), ("outage", 2)]
    assert all(record.ended_at >= record.begun_at + 20_000 for record in records)
    assert not control.disturbed


def test_a_run_that_is_stopped_ends_its_faults_at_once() -> None:
    control, records, stopped = FakeControl(), list[FaultRecord](), threading.Event()
    faults = faults_of("pause:order@0s+50s", "kill:payment@55s", control=control)
    start = time.time_ns() // 1000
    thread = threading.Thread(target=faults.carry_out, args=(STATE, None, start, stopped, Counts, records.append))
    thread.start()
    wait_for(lambda: control.disturbed)
    stopped.set()
    thread.join(20)
    assert not thread.is_alive()
    assert not control.disturbed
    assert {record.kind: bool(record.ended_at) for record in records} == {"pause": True, "kill": False}


def test_a_nemesis_of_all_finds_something_for_every_marketplace_that_has_a_control_api() -> None:
    assert len(faults_of(words=WORDS).planned_for(STATE)) == 6
    assert disturbances(STATE, []) == []


def test_a_marketplace_that_is_started_for_them_has_the_links_that_they_need() -> None:
    assert faults_of("kill:order@1s", words=("pause",)).links(own_kafka=True) == []
    named = faults_of("cut:order-kafka@1s+1s", "slow:order-kafka@5s+1s")
    assert named.links(own_kafka=True) == named.links(own_kafka=False) == ["order-kafka"]
    assert "order-product" in faults_of(words=("cut",)).links(own_kafka=True)


def test_a_nemesis_has_one_link_to_a_kafka_of_its_own_and_none_to_that_of_others() -> None:
    nemesis = faults_of(words=WORDS)
    assert sum(link.endswith("-kafka") for link in nemesis.links(own_kafka=True)) == 1
    assert nemesis.links(own_kafka=True) == faults_of(words=WORDS).links(own_kafka=True)
    assert nemesis.links(own_kafka=False) == ["gateway-order", "order-product"]


def test_a_marketplace_that_is_started_for_them_is_known_beforehand() -> None:
    assert Target.fresh(["order-kafka"]).services == SERVICES
    faults = faults_of("kill:payment@1s", words=WORDS)
    assert "kill:payment@1s" in faults.of_a_fresh_one()
    assert faults.of_a_fresh_one() == faults.of_a_fresh_one()
    with pytest.raises(FaultError, match="Did you mean payment"):
        faults_of("kill:paymen@1s").of_a_fresh_one()
