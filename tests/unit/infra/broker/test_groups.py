"""Rebalances of a consumer group: who is in the next generation, and when the requests that wait are answered."""

from __future__ import annotations

from services_stub.infra.kafka.broker import errors
from tests.unit.infra.broker.coordinator import DELETE, HEARTBEAT, LEAVE, REBALANCE, SESSION, SYNC, Call, Coordinator


def pair(broker: Coordinator) -> tuple[Call, Call]:
    """A stable group of two members: what the leader and the other got for their joins."""
    first = broker.enter()
    broker.sync(first, {first["member_id"]: b"all"})
    second = broker.enter()
    leader = broker.join(member=first["member_id"])
    broker.clock.advance()
    synced = broker.sync(second)
    assert synced.response is None
    assert broker.sync(leader, {leader["member_id"]: b"a", second["member_id"]: b"b"})["assignment"] == b"a"
    broker.clock.advance()
    assert synced["assignment"] == b"b"
    assert broker.state() == "Stable"
    return leader, second


def test_a_member_alone_leads_its_group_at_once() -> None:
    broker = Coordinator()
    asked = broker.join()
    assert asked["error_code"] == errors.MEMBER_ID_REQUIRED
    joined = broker.join(member=asked["member_id"])
    assert joined["error_code"] == 0
    assert joined["generation_id"] == 1
    assert joined["leader"] == joined["member_id"] == asked["member_id"]
    assert joined["members"] == [
        {"member_id": joined["member_id"], "group_instance_id": None, "metadata": b"range"},
    ]
    assert broker.state() == "CompletingRebalance"
    assert broker.sync(joined, {joined["member_id"]: b"all"})["assignment"] == b"all"
    assert broker.state() == "Stable"


def test_the_member_id_begins_with_the_name_of_the_client_however_long_that_is() -> None:
    broker = Coordinator()
    broker.client_id = "n" * 30_000
    named = broker.join()
    assert named["member_id"].startswith("nnn")
    assert len(named["member_id"]) < 250


def test_before_version_4_a_client_joins_without_an_id_of_its_own() -> None:
    joined = Coordinator().join(version=3)
    assert joined["error_code"] == 0
    assert joined["member_id"]


def test_a_second_member_has_the_first_join_again_and_both_are_of_the_next_generation() -> None:
    broker = Coordinator()
    leader, second = pair(broker)
    assert (leader["generation_id"], second["generation_id"]) == (2, 2)
    assert leader["leader"] == second["leader"] == leader["member_id"]
    assert len(leader["members"]) == 2
    assert second["members"] == []
    assert broker.beat(leader) == broker.beat(second) == 0


def test_members_learn_by_their_heartbeat_that_they_have_to_join_again() -> None:
    broker = Coordinator()
    leader, second = pair(broker)
    broker.enter()
    assert broker.beat(leader) == broker.beat(second) == errors.REBALANCE_IN_PROGRESS
    assert broker.sync(leader)["error_code"] == errors.REBALANCE_IN_PROGRESS


def test_a_member_of_an_old_generation_is_told_so() -> None:
    broker = Coordinator()
    leader, second = pair(broker)
    assert broker.beat(leader, generation_id=1) == errors.ILLEGAL_GENERATION
    assert broker.sync(second, generation_id=1)["error_code"] == errors.ILLEGAL_GENERATION
    assert broker.commit(generation_id_or_member_epoch=1, member_id=leader["member_id"]) == errors.ILLEGAL_GENERATION


def test_a_member_that_is_silent_for_its_session_is_removed() -> None:
    broker = Coordinator()
    leader, second = pair(broker)
    broker.clock.advance(SESSION - 1)
    assert broker.beat(leader) == 0
    broker.clock.advance(1)
    assert broker.beat(leader) == errors.REBALANCE_IN_PROGRESS
    assert broker.beat(second) == errors.UNKNOWN_MEMBER_ID
    again = broker.join(member=leader["member_id"])
    assert (again["generation_id"], len(again["members"])) == (3, 1)


def test_a_commit_is_a_sign_of_life() -> None:
    broker = Coordinator()
    leader, _ = pair(broker)
    for _ in range(3):
        broker.clock.advance(SESSION - 1)
        broker.commit(generation_id_or_member_epoch=2, member_id=leader["member_id"])
    assert broker.beat(leader) == errors.REBALANCE_IN_PROGRESS  # the other one was silent


def test_a_rebalance_goes_on_without_those_that_do_not_join_in_its_time() -> None:
    broker = Coordinator()
    leader, second = pair(broker)
    waiting = broker.join(member=second["member_id"], protocols=("range", "sticky"))
    for _ in range(int(REBALANCE / SESSION * 2)):
        assert waiting.response is None
        assert broker.beat(leader) == errors.REBALANCE_IN_PROGRESS  # it lives, and does not join
        broker.clock.advance(SESSION / 2)
    assert waiting["generation_id"] == 3
    assert waiting["leader"] == second["member_id"]
    assert broker.beat(leader) == errors.UNKNOWN_MEMBER_ID


def test_a_client_that_was_given_an_id_is_waited_for_until_its_session_would_have_ended() -> None:
    broker = Coordinator()
    broker.join()
    joined = broker.enter()
    assert joined.response is None
    broker.clock.advance(SESSION)
    assert joined["error_code"] == 0
    assert len(joined["members"]) == 1


def test_a_client_that_leaves_before_it_has_joined_is_not_waited_for() -> None:
    broker = Coordinator()
    asked = broker.join()
    joined = broker.enter()
    assert broker.leave(asked["member_id"]) == [0]
    broker.clock.advance()
    assert joined["error_code"] == 0


def test_members_that_wait_for_a_leader_that_is_lost_are_told_to_join_again() -> None:
    broker = Coordinator()
    leader, second = pair(broker)
    third = broker.enter()
    second = broker.join(member=second["member_id"])
    leader = broker.join(member=leader["member_id"])
    broker.clock.advance()
    waiting = [broker.sync(second), broker.sync(third)]
    broker.clock.advance(SESSION)
    assert [each["error_code"] for each in waiting] == [errors.REBALANCE_IN_PROGRESS] * 2
    assert broker.beat(second) == errors.REBALANCE_IN_PROGRESS


def test_a_member_that_joins_and_never_asks_for_its_partitions_is_removed_in_the_end() -> None:
    broker = Coordinator()
    leader, second = pair(broker)
    broker.join(member=second["member_id"], protocols=("range", "sticky"))
    leader = broker.join(member=leader["member_id"])
    assert broker.sync(leader, {})["error_code"] == 0
    for _ in range(int(REBALANCE / SESSION * 2)):
        broker.clock.advance(SESSION / 2)
        broker.beat(leader)
        broker.beat(second, generation_id=3)
    assert broker.beat(second, generation_id=3) == errors.UNKNOWN_MEMBER_ID
    assert broker.beat(leader) == errors.REBALANCE_IN_PROGRESS


def test_nothing_happens_to_a_stable_group_after_the_time_of_its_rebalance() -> None:
    broker = Coordinator()
    leader, second = pair(broker)
    for _ in range(int(REBALANCE / SESSION * 4)):
        broker.clock.advance(SESSION / 2)
        assert broker.beat(leader) == broker.beat(second) == 0


def test_a_member_that_missed_the_answer_gets_it_again_without_a_rebalance() -> None:
    broker = Coordinator()
    _, second = pair(broker)
    again = broker.join(member=second["member_id"])
    assert again.response == second.response
    assert broker.state() == "Stable"


def test_a_leader_that_joins_again_begins_a_rebalance() -> None:
    broker = Coordinator()
    leader, second = pair(broker)
    assert broker.join(member=leader["member_id"]).response is None
    assert broker.beat(second) == errors.REBALANCE_IN_PROGRESS


def test_of_two_joins_of_one_member_the_older_ends() -> None:
    broker = Coordinator()
    leader, _ = pair(broker)
    older = broker.join(member=leader["member_id"])
    newer = broker.join(member=leader["member_id"])
    broker.clock.advance()
    assert older["error_code"] == errors.REBALANCE_IN_PROGRESS
    assert newer.response is None


def test_the_group_uses_the_protocol_that_most_members_prefer_among_those_that_all_know() -> None:
    broker = Coordinator()
    first = broker.enter(protocols=("sticky", "range", "a"))
    broker.sync(first, {})
    second, third = [broker.enter(protocols=("b", "range", "sticky")) for _ in range(2)]
    again = broker.join(member=first["member_id"], protocols=("sticky", "range", "a"))
    broker.clock.advance()
    assert again["protocol_name"] == second["protocol_name"] == third["protocol_name"] == "range"
    assert {each["metadata"] for each in again["members"]} == {b"range"}


def test_a_client_that_knows_no_common_protocol_is_refused() -> None:
    broker = Coordinator()
    pair(broker)
    assert broker.join(protocols=("sticky",))["error_code"] == errors.INCONSISTENT_GROUP_PROTOCOL
    assert broker.join(protocol_type="connect")["error_code"] == errors.INCONSISTENT_GROUP_PROTOCOL
    assert broker.join("other", protocols=())["error_code"] == errors.INCONSISTENT_GROUP_PROTOCOL
    assert broker.join("other", protocol_type="")["error_code"] == errors.INCONSISTENT_GROUP_PROTOCOL


def test_a_member_that_leaves_begins_a_rebalance_and_the_last_leaves_an_empty_group() -> None:
    broker = Coordinator()
    leader, second = pair(broker)
    assert broker.leave(leader["member_id"], "unknown") == [0, errors.UNKNOWN_MEMBER_ID]
    again = broker.join(member=second["member_id"])
    assert (again["leader"], len(again["members"])) == (second["member_id"], 1)
    assert broker.ask(LEAVE, 1, group_id="g", member_id=second["member_id"])["error_code"] == 0
    assert broker.state() == "Empty"
    assert broker.ask(LEAVE, 1, group_id="g", member_id=second["member_id"])["error_code"] == errors.UNKNOWN_MEMBER_ID
    assert broker.leave("a", group="unknown") == [errors.UNKNOWN_MEMBER_ID]


def test_several_members_leave_at_once_and_their_waiting_requests_end() -> None:
    broker = Coordinator()
    leader, second = pair(broker)
    waiting = broker.join(member=second["member_id"], protocols=("range", "sticky"))
    assert broker.leave(leader["member_id"], second["member_id"]) == [0, 0]
    broker.clock.advance()
    assert waiting["error_code"] in (0, errors.UNKNOWN_MEMBER_ID)
    assert broker.state() in ("Empty", "CompletingRebalance")


def test_requests_of_clients_that_are_in_no_group_are_refused() -> None:
    broker = Coordinator()
    assert broker.join(member="made-up")["error_code"] == errors.UNKNOWN_MEMBER_ID
    assert broker.join("")["error_code"] == errors.INVALID_GROUP_ID
    assert broker.join(session_timeout_ms=5_999)["error_code"] == errors.INVALID_SESSION_TIMEOUT
    assert broker.join(session_timeout_ms=1_800_001)["error_code"] == errors.INVALID_SESSION_TIMEOUT
    unknown = {"group_id": "g", "generation_id": 1, "member_id": "made-up"}
    for _ in range(2):
        for kind in (SYNC, HEARTBEAT):
            assert broker.ask(kind, 3, **unknown)["error_code"] == errors.UNKNOWN_MEMBER_ID
        broker.enter()
    assert broker.join(member="made-up")["error_code"] == errors.UNKNOWN_MEMBER_ID


def test_a_member_without_a_rebalance_time_has_that_of_its_session() -> None:
    broker = Coordinator()
    first = broker.join(version=0)
    broker.sync(first, {})
    second = broker.join(version=0)
    broker.clock.advance(SESSION)
    assert second["error_code"] == 0


def test_a_group_that_is_deleted_leaves_no_timer_behind() -> None:
    broker = Coordinator()
    timers = broker.clock.planned()
    broker.leave(*[each["member_id"] for each in pair(broker)])
    broker.join()
    broker.clock.advance()
    assert broker.ask(DELETE, 1, groups_names=["g"])["results"][0]["error_code"] == 0
    broker.clock.advance(SESSION)
    assert broker.clock.planned() == timers


def test_names_of_every_length_that_the_protocol_can_say_are_kept() -> None:
    broker = Coordinator()
    group, instance = "g" * 32_767, "i" * 32_767
    joined = broker.join(group, group_instance_id=instance)
    broker.sync(joined, {joined["member_id"]: b"all"}, group_id=group)
    assert broker.commit(group=group, member_id=joined["member_id"], generation_id_or_member_epoch=1) == 0
    again = Coordinator(broker.log)
    assert again.committed(group) == {("orders", 0): 7}
    assert again.beat(joined, group_id=group, group_instance_id=instance) == 0
