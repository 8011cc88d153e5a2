"""Members of a group that keep their place when they start again (KIP-345)."""

from __future__ import annotations

from services_stub.infra.kafka.broker import errors
from tests.unit.infra.broker.coordinator import REBALANCE, SESSION, Coordinator


def test_a_static_member_that_starts_again_takes_its_place_without_a_rebalance() -> None:
    broker = Coordinator()
    first = broker.join(group_instance_id="one")
    assert broker.sync(first, {first["member_id"]: b"all"})["assignment"] == b"all"
    again = broker.join(group_instance_id="one")
    assert again["error_code"] == 0
    assert again["member_id"] != first["member_id"]
    assert (again["generation_id"], again["leader"], again["members"]) == (1, first["member_id"], [])
    assert broker.sync(again, group_instance_id="one")["assignment"] == b"all"
    assert broker.beat(first, group_instance_id="one") == errors.FENCED_INSTANCE_ID
    assert broker.beat(first) == errors.UNKNOWN_MEMBER_ID
    assert broker.beat(again, group_instance_id="one") == 0
    assert broker.beat(again, group_instance_id="two") == errors.UNKNOWN_MEMBER_ID


def test_a_static_member_with_other_protocols_begins_a_rebalance() -> None:
    broker = Coordinator()
    first = broker.join(group_instance_id="one", protocols=("range", "sticky"))
    broker.sync(first, {})
    again = broker.join(group_instance_id="one", protocols=("sticky", "range"))
    assert (again["generation_id"], again["protocol_name"]) == (2, "sticky")


def test_a_static_member_that_starts_twice_fences_the_requests_of_the_older_process() -> None:
    broker = Coordinator()
    leader = broker.enter()
    broker.sync(leader, {})
    older = broker.join(group_instance_id="one")
    newer = broker.join(group_instance_id="one")
    broker.clock.advance()
    assert older["error_code"] == errors.FENCED_INSTANCE_ID
    broker.join(member=leader["member_id"])
    broker.clock.advance()
    syncing = broker.sync(newer, group_instance_id="one")
    newest = broker.join(group_instance_id="one")
    broker.clock.advance()
    assert syncing["error_code"] == errors.FENCED_INSTANCE_ID
    assert newest.response is None


def test_a_static_member_stays_over_a_rebalance_that_it_misses_and_goes_with_its_session() -> None:
    broker = Coordinator()
    static = broker.join(group_instance_id="one", session_timeout_ms=600_000, rebalance_timeout_ms=20_000)
    broker.sync(static, {})
    joined = broker.enter(rebalance_timeout_ms=20_000)
    broker.clock.advance(20)
    assert joined["leader"] == joined["member_id"]
    assert len(joined["members"]) == 2
    broker.sync(joined, {})
    for _ in range(115):
        broker.clock.advance(SESSION / 2)
        assert broker.beat(joined) == 0
    broker.clock.advance(SESSION / 2)
    assert broker.beat(joined) == errors.REBALANCE_IN_PROGRESS
    assert broker.beat(static, group_instance_id="one") == errors.UNKNOWN_MEMBER_ID


def test_an_admin_removes_a_static_member_by_its_instance() -> None:
    broker = Coordinator()
    broker.join(group_instance_id="one")
    unknown, without = broker.leave(("", "two"), "")
    assert (unknown, without) == (errors.UNKNOWN_MEMBER_ID, errors.UNKNOWN_MEMBER_ID)
    assert broker.leave(("x", "one")) == [errors.FENCED_INSTANCE_ID]
    assert broker.leave(("", "one")) == [0]
    assert broker.state() == "Empty"


def test_a_group_of_static_members_that_are_all_gone_waits_for_one_to_come_back() -> None:
    broker = Coordinator()
    static = broker.join(group_instance_id="one", session_timeout_ms=600_000)
    broker.sync(static, {})
    passing = broker.join()
    broker.join(member=passing["member_id"])
    assert broker.leave(passing["member_id"]) == [0]
    broker.clock.advance(REBALANCE * 2)
    assert broker.state() == "PreparingRebalance"
    assert broker.join(member=static["member_id"], group_instance_id="one")["error_code"] == 0


def test_a_static_member_that_starts_again_and_never_syncs_is_removed_in_the_end() -> None:
    broker = Coordinator()
    leader = broker.enter()
    broker.sync(leader, {})
    broker.join(group_instance_id="one")
    leader = broker.join(member=leader["member_id"])
    assert broker.sync(leader, {})["error_code"] == 0
    again = broker.join(group_instance_id="one")
    assert again["generation_id"] == 2
    for _ in range(int(REBALANCE / SESSION * 2)):
        broker.clock.advance(SESSION / 2)
        broker.beat(leader)
        broker.beat(again, group_instance_id="one")
    assert broker.beat(again, group_instance_id="one") == errors.UNKNOWN_MEMBER_ID
