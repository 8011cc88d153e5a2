"""Groups as an admin sees them, their end, and that they are kept."""

from __future__ import annotations

from services_stub.infra.kafka.broker import errors
from services_stub.infra.kafka.broker.members import subscription
from tests.unit.infra.broker.coordinator import DELETE, DESCRIBE, LIST, SESSION, Call, Coordinator

DAY = 24 * 3600.0


def alone(broker: Coordinator, group: str = "g") -> Call:
    """The only member of a stable group."""
    joined = broker.enter(group)
    broker.sync(joined, {joined["member_id"]: b"all"}, group_id=group)
    return joined


def listed(broker: Coordinator, **filters: list[str]) -> list[str]:
    return sorted(each["group_id"] for each in broker.ask(LIST, 5, **filters)["groups"])


def test_groups_are_listed_by_state_and_type() -> None:
    broker = Coordinator()
    alone(broker)
    broker.enter("joining")
    broker.commit(group="offsets")
    assert listed(broker) == ["g", "joining", "offsets"]
    assert listed(broker, states_filter=["stable", "Empty"]) == ["g", "offsets"]
    assert listed(broker, states_filter=["no such state"]) == []
    assert listed(broker, types_filter=["Classic"]) == ["g", "joining", "offsets"]
    assert listed(broker, types_filter=["consumer"]) == []
    kinds = {each["group_id"]: each["protocol_type"] for each in broker.ask(LIST, 0)["groups"]}
    assert kinds == {"g": "consumer", "joining": "consumer", "offsets": ""}


def test_a_stable_group_is_described_with_the_assignment_of_its_members() -> None:
    broker = Coordinator()
    joined = alone(broker)
    (group,) = broker.ask(DESCRIBE, 5, groups=["g"])["groups"]
    assert (group["group_state"], group["protocol_type"], group["protocol_data"]) == ("Stable", "consumer", "range")
    assert group["members"] == [
        {
            "member_id": joined["member_id"],
            "group_instance_id": None,
            "client_id": "shop",
            "client_host": "/127.0.0.1",
            "member_metadata": b"range",
            "member_assignment": b"all",
        }
    ]


def test_a_group_in_a_rebalance_is_described_without_assignment() -> None:
    broker = Coordinator()
    alone(broker)
    broker.enter()
    (group,) = broker.ask(DESCRIBE, 5, groups=["g"])["groups"]
    assert (group["group_state"], group["protocol_data"]) == ("PreparingRebalance", "")
    assert [each["member_assignment"] for each in group["members"]] == [b"", b""]


def test_a_group_that_is_not_there_is_dead() -> None:
    broker = Coordinator()
    (group,) = broker.ask(DESCRIBE, 5, groups=["x"])["groups"]
    assert (group["error_code"], group["group_state"]) == (0, "Dead")


def test_only_a_group_without_members_is_deleted_and_its_offsets_with_it() -> None:
    broker = Coordinator()
    joined = alone(broker)
    broker.commit(generation_id_or_member_epoch=1, member_id=joined["member_id"])
    broker.commit(group="offsets")

    def deleted() -> dict[str, int]:
        results = broker.ask(DELETE, 2, groups_names=["g", "offsets", "x"])["results"]
        return {each["group_id"]: each["error_code"] for each in results}

    assert deleted() == {"g": errors.NON_EMPTY_GROUP, "offsets": 0, "x": errors.GROUP_ID_NOT_FOUND}
    broker.leave(joined["member_id"])
    broker.log.error = errors.KAFKA_STORAGE_ERROR
    assert deleted()["g"] == errors.COORDINATOR_NOT_AVAILABLE
    broker.log.error = 0
    assert deleted()["g"] == 0
    assert (listed(broker), broker.committed(), broker.committed("offsets")) == ([], {}, {})
    assert listed(Coordinator(broker.log)) == []


def test_after_a_restart_members_go_on_in_their_generation() -> None:
    broker = Coordinator()
    joined = alone(broker)
    again = Coordinator(broker.log)
    assert again.beat(joined) == 0
    assert again.sync(joined)["assignment"] == b"all"
    assert again.groups.by_id["g"].described() == broker.groups.by_id["g"].described()
    again.clock.advance(SESSION)
    assert again.state() == "Empty"
    assert Coordinator(again.log).state() == "Empty"
    assert Coordinator(again.log).enter()["generation_id"] == 3


def test_after_a_restart_static_members_take_their_places() -> None:
    broker = Coordinator()
    joined = broker.join(group_instance_id="one")
    broker.sync(joined, {joined["member_id"]: b"all"})
    again = Coordinator(broker.log)
    replaced = again.join(group_instance_id="one")
    assert replaced["generation_id"] == 1
    assert Coordinator(again.log).beat(replaced, group_instance_id="one") == 0


def test_a_group_without_members_and_offsets_ends_after_some_minutes() -> None:
    broker = Coordinator()
    joined = alone(broker)
    broker.join("asked")
    broker.clock.advance(SESSION / 2)
    broker.leave(joined["member_id"])
    broker.clock.advance(600)
    assert listed(broker) == ["asked", "g"]
    broker.clock.advance(120)
    assert listed(broker) == []


def test_offsets_of_a_group_that_is_not_used_end_after_seven_days_in_which_the_broker_runs() -> None:
    broker = Coordinator()
    broker.commit()
    broker.clock.advance(6 * DAY)
    broker.commit(partition=1)
    broker.clock.advance(6 * DAY)
    assert broker.committed() == {("orders", 0): 7, ("orders", 1): 7}
    later = Coordinator(broker.log)
    later.clock.slept = 100 * DAY
    later.clock.advance(6 * DAY)
    assert len(later.committed()) == 2
    later.clock.advance(DAY + 120)
    assert (later.committed(), listed(later)) == ({}, [])


def test_offsets_of_a_group_with_members_stay() -> None:
    broker = Coordinator()
    broker.commit()
    joined = broker.enter(session_timeout_ms=1_800_000)
    broker.sync(joined, {})
    for _ in range(8 * 48):
        broker.clock.advance(DAY / 48 - 1)
        assert broker.beat(joined) == 0
    assert broker.committed() == {("orders", 0): 7}


def test_a_group_that_cannot_be_kept_goes_on_all_the_same() -> None:
    broker = Coordinator()
    broker.log.error = errors.KAFKA_STORAGE_ERROR
    assert broker.beat(alone(broker)) == 0


def test_the_topics_in_the_metadata_of_a_member_are_read_as_far_as_they_are_there() -> None:
    two = b"\0\1\0\0\0\2\0\1a\0\2bc\xff\xff\xff\xff"
    assert subscription(two, "x") == ["a", "bc"]
    for wrong in (
        b"",
        two[:9],
        two[:11],
        b"\0\1\x7f\xff\xff\xff\0\1a",
        b"\0\1\xff\xff\xff\xff",
        b"\0\1\0\0\0\1\0\1\xff",
    ):
        assert subscription(wrong, "x") == ["x"]
    assert subscription(b"\0\1\0\0\0\0", "x") == []
