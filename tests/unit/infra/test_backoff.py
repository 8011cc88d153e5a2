"""When a process that died is started again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services_stub.infra.processes import protocol
from services_stub.infra.processes.backoff import SETTLED_SECONDS, STEPS, RestartBackoff
from services_stub.infra.processes.managed_process import ManagedProcess, describe_end
from services_stub.runtime.errors import EXIT_START_OVER


def test_the_first_restart_is_at_once_and_the_next_ones_take_longer() -> None:
    backoff = RestartBackoff()
    waited = [backoff.after(0.1) for _ in range(len(STEPS) + 2)]
    assert waited[0] == 0
    assert waited == sorted(waited)
    assert waited[-1] == STEPS[-1]


@given(st.lists(st.floats(0, SETTLED_SECONDS - 1)))
def test_a_process_that_lived_for_a_while_starts_afresh(lives: list[float]) -> None:
    backoff = RestartBackoff()
    for lived in lives:
        backoff.after(lived)
    assert backoff.after(SETTLED_SECONDS) == 0


def test_an_end_that_was_asked_for_is_not_a_death() -> None:
    unit = ManagedProcess(protocol.Execute(name="store", arguments=["store"], log="/dev/null"))
    unit.has_started(1)
    unit.ending = True
    assert unit.has_ended(1) == 0
    assert unit.deaths == 0
    unit.has_started(2)
    assert (unit.restarts, unit.ending) == (1, False)
    unit.has_ended(1)
    assert unit.deaths == 1
    assert unit.backoff.after(0) > 0


def test_an_end_is_described_in_words() -> None:
    assert describe_end(70) == "exit code 70"
    assert describe_end(-9) == "killed by SIGKILL"
    assert describe_end(-250) == "killed by signal 250"


def test_a_process_that_starts_over_for_a_lost_log_never_waits_for_that() -> None:
    unit = ManagedProcess(protocol.Execute(name="order", arguments=["order"], log="/dev/null"))
    for pid in range(1, 10):
        unit.has_started(pid)
        assert unit.has_ended(EXIT_START_OVER) == 0
