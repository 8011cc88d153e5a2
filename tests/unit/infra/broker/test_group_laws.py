"""Laws of groups, whatever their clients ask in whatever order, and whatever the requests say."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from services_stub.infra.kafka.broker import errors
from services_stub.infra.kafka.broker.definitions import Field, definitions, within
from services_stub.infra.kafka.broker.group_requests import GROUP_VERSIONS
from tests.unit.infra.broker.coordinator import JOIN, SYNC, Call, Coordinator

INSTANCES = st.sampled_from([None, None, "one", "two"])
PROTOCOLS = st.sampled_from([("range",), ("range", "sticky"), ("sticky", "range")])
PICK = st.integers(0, 1000)
PLACES = st.sampled_from([("orders", 0), ("orders", 1), ("payments", 1)])
NOT_A_MEMBER = {errors.UNKNOWN_MEMBER_ID, errors.FENCED_INSTANCE_ID}
FAR = 10_000.0
"""Seconds: longer than any wait of these members."""


class Consumers(RuleBasedStateMachine):
    """Clients of one group that join, assign, live, leave and are silent, while the broker is restarted."""

    @initialize()
    def begin(self) -> None:
        self.broker = Coordinator()
        self.known: list[tuple[str, str | None, int]] = []
        self.waiting: list[Call] = []
        self.leaders: dict[int, set[str]] = defaultdict(set)
        self.offsets: dict[tuple[str, int], int] = {}
        self.number = 0
        self.restarted = False

    def member(self, pick: int) -> tuple[str, str | None, int]:
        """A member id, its instance and a generation of which it was told."""
        return self.known[pick % len(self.known)]

    def look(self) -> None:
        """Take what was answered since."""
        for call in [each for each in self.waiting if each.response is not None]:
            self.waiting.remove(call)
            if call.api_key == JOIN and call["error_code"] == 0:
                self.known.append((call["member_id"], call.__dict__.get("instance"), call["generation_id"]))
                if call["members"]:
                    self.leaders[call["generation_id"]].add(call["member_id"])
                    assert call["leader"] == call["member_id"]
                assert call["protocol_name"] in ("range", "sticky")

    def sent(self, call: Call, instance: str | None) -> None:
        call.__dict__["instance"] = instance
        self.waiting.append(call)
        self.look()

    @rule(instance=INSTANCES, protocols=PROTOCOLS)
    def enter(self, instance: str | None, protocols: tuple[str, ...]) -> None:
        call = self.broker.join(group_instance_id=instance, protocols=protocols)
        if instance is None:
            if call["error_code"] == errors.INCONSISTENT_GROUP_PROTOCOL:
                assert self.restarted  # of members that were kept, only the protocol in use is known, as by Kafka
                return
            assert call["error_code"] == errors.MEMBER_ID_REQUIRED
            self.known.append((call["member_id"], None, -1))
        else:
            self.sent(call, instance)

    @precondition(lambda self: self.known)
    @rule(pick=PICK, protocols=PROTOCOLS)
    def join(self, pick: int, protocols: tuple[str, ...]) -> None:
        member_id, instance, _ = self.member(pick)
        self.sent(self.broker.join(member=member_id, group_instance_id=instance, protocols=protocols), instance)

    @precondition(lambda self: self.known)
    @rule(pick=PICK)
    def sync(self, pick: int) -> None:
        member_id, instance, generation = self.member(pick)
        before = self.generation()
        given = [{"member_id": each, "assignment": each.encode()} for each, _, _ in self.known]
        asked = {"group_id": "g", "member_id": member_id, "group_instance_id": instance, "generation_id": generation}
        call = self.broker.ask(SYNC, 3, **asked, assignments=given)
        self.sent(call, instance)
        if call.response is not None and call["error_code"] == 0:
            ids = [each for each, other, _ in self.known if other == instance] if instance else [member_id]
            assert call["assignment"].decode() in (*ids, "")
        self.check(None if call.response is None else call["error_code"], generation, before)

    @precondition(lambda self: self.known)
    @rule(pick=PICK)
    def beat(self, pick: int) -> None:
        member_id, instance, generation = self.member(pick)
        asked = {"group_id": "g", "member_id": member_id, "group_instance_id": instance, "generation_id": generation}
        self.check(self.broker.ask(12, 3, **asked)["error_code"], generation, self.generation())

    @precondition(lambda self: self.known)
    @rule(pick=PICK, place=PLACES)
    def commit(self, pick: int, place: tuple[str, int]) -> None:
        member_id, instance, generation = self.member(pick)
        self.number += 1
        member: dict[str, Any] = {
            "member_id": member_id,
            "group_instance_id": instance,
            "generation_id_or_member_epoch": generation,
        }
        error = self.broker.commit(self.number, topic=place[0], partition=place[1], **member)
        if generation >= 0:
            self.check(error, generation, self.generation())
        if error == 0:
            self.offsets[place] = self.number

    @rule(place=PLACES)
    def commit_without_a_group(self, place: tuple[str, int]) -> None:
        self.number += 1
        is_empty = self.broker.state() in ("Empty", "Dead")
        error = self.broker.commit(self.number, topic=place[0], partition=place[1])
        assert error == (0 if is_empty else errors.UNKNOWN_MEMBER_ID)
        if error == 0:
            self.offsets[place] = self.number

    @precondition(lambda self: self.known)
    @rule(picks=st.lists(PICK, min_size=1, max_size=3))
    def leave(self, picks: list[int]) -> None:
        self.broker.leave(*[self.member(pick)[:2] for pick in picks])
        self.broker.clock.advance()
        self.look()

    @rule(seconds=st.sampled_from([0.0, 1.0, 5.0, 9.0, 11.0, 61.0]))
    def wait(self, seconds: float) -> None:
        self.broker.clock.advance(seconds)
        self.look()

    @rule()
    def restart(self) -> None:
        self.broker = Coordinator(self.broker.log)
        self.waiting.clear()
        self.restarted = True
        # Of the generation that had no assignment yet nothing is kept.
        self.leaders = defaultdict(set, {n: ids for n, ids in self.leaders.items() if n <= self.generation()})
        self.known = [each for each in self.known if each[2] <= self.generation()]

    def generation(self) -> int:
        group = self.broker.groups.by_id.get("g")
        return group.generation if group else 0

    def check(self, error: int | None, told: int, generation: int) -> None:
        """Only a member of this generation is taken for one."""
        if told != generation:
            assert error == errors.ILLEGAL_GENERATION or error in NOT_A_MEMBER

    @invariant()
    def a_generation_has_one_leader(self) -> None:
        assert all(len(ids) == 1 for ids in self.leaders.values())

    @invariant()
    def the_state_fits_the_members(self) -> None:
        self.broker.clock.advance()
        self.look()
        group = self.broker.groups.by_id.get("g")
        if group is None:
            return
        members = group.members
        waited_for = {"PreparingRebalance": {JOIN}, "CompletingRebalance": {SYNC}}.get(group.state, set())
        if group.state != "PreparingRebalance":
            assert group.leader in members if members else group.leader is None
            assert (group.state == "Empty") is not bool(members)
        assert {each.waiting.api_key for each in members.values() if each.waiting} <= waited_for
        assert all(each.session or each.waiting for each in members.values())

    @invariant()
    def offsets_are_as_they_were_committed(self) -> None:
        assert self.broker.committed() == self.offsets

    def teardown(self) -> None:
        """All that waits ends, and of members that are silent none is left."""
        if hasattr(self, "broker"):
            self.broker.clock.advance(FAR)
            self.look()
            assert self.waiting == []
            assert self.broker.state() in ("Empty", "Dead")
            assert self.broker.committed() == Coordinator(self.broker.log).committed() == self.offsets


TestConsumers = Consumers.TestCase
TestConsumers.settings = settings(stateful_step_count=40)

TEXTS = st.sampled_from(["", "g", "orders", "consumer", "range", "one", "unknown", "a" * 40_000]) | st.text(max_size=4)
NUMBERS = {f"int{bits}": st.sampled_from([0, -1, 1, 10_000 % 2 ** (bits - 1), 2 ** (bits - 1) - 1, -(2 ** (bits - 1))])
           for bits in (8, 16, 32, 64)}  # fmt: skip
KINDS = sorted(Coordinator().handlers)


def values(field: Field, version: int) -> st.SearchStrategy[Any]:
    """Values of a field of a request, those that no client would send among them."""
    if field.type.startswith("[]"):
        inner = Field("", field.type[2:], field.versions, fields=field.fields)
        found: st.SearchStrategy[Any] = st.lists(values(inner, version), max_size=3)
    elif field.type == "struct":
        found = structs(field.fields, version)
    elif field.type == "string":
        found = TEXTS if version >= 9 else TEXTS.map(lambda text: text[:30_000])
    elif field.type in NUMBERS:
        found = NUMBERS[field.type]
    else:
        found = {"bytes": st.binary(max_size=8), "bool": st.booleans(), "uuid": st.just(b"orders----------")}[
            field.type
        ]
    return st.none() | found if within(version, field.nullable) else found


def structs(fields: tuple[Field, ...], version: int) -> st.SearchStrategy[dict[str, Any]]:
    named = {each.name: values(each, version) for each in fields if within(version, each.versions)}
    return st.fixed_dictionaries(named)


@st.composite
def requests(draw: st.DrawFn) -> tuple[int, int, dict[str, Any]]:
    made = definitions()["request", draw(st.sampled_from(KINDS))]
    first, last = made.versions
    version = draw(st.integers(first, GROUP_VERSIONS.get(made.key, last)))
    return made.key, version, draw(structs(made.fields, version))


@pytest.fixture(scope="module")
def strange() -> Coordinator:
    """A broker that takes all the strange requests, one after the other."""
    return Coordinator()


@given(asked=requests(), seconds=st.sampled_from([0.0, 0.0, 1.0, 100.0]))
def test_a_strange_request_is_answered_and_the_answer_can_be_sent(
    strange: Coordinator, asked: tuple[int, int, dict[str, Any]], seconds: float
) -> None:
    api_key, version, request = asked
    call = strange.ask(api_key, version, **request)
    assert call.response is not None or api_key in (JOIN, SYNC)
    strange.clock.advance(seconds)


def test_the_broker_goes_on_after_the_strange_requests(strange: Coordinator) -> None:
    strange.clock.advance(FAR)
    assert Coordinator(strange.log).committed("fresh") == {}
    assert strange.enter("fresh")["error_code"] == 0
