"""A consumer group: the requests of the classic protocol, as Kafka's `GroupCoordinator` answers them.

Static members are those of KIP-345. A client is given its member id before it joins, by KIP-394. Members of KIP-848
have requests of their own, which this broker does not have.
"""

from __future__ import annotations

import uuid

from services_stub.infra.kafka.broker import errors
from services_stub.infra.kafka.broker.context import Context, Message
from services_stub.infra.kafka.broker.members import Member, Protocols, refused_join, subscription, timeouts
from services_stub.infra.kafka.broker.rebalances import COMPLETING, PREPARING, STABLE, Rebalances

_ID_NEEDED_SINCE, _ASSIGNMENT_SKIPPED_SINCE = 4, 9
"""Versions of JoinGroup, with KIP-394 and with KIP-814."""
_NAME_IN_ID = 200
"""Characters of a client's name in its member id: names may be longer than ids."""


class Group(Rebalances):
    """One consumer group."""

    def problem(self, member_id: str, instance_id: str | None, generation: int) -> int:
        """The error code of a request that does not come from a member of this generation; 0 of one that does."""
        if error := self._unknown(member_id, instance_id):
            return error
        return errors.NONE if generation == self.generation else errors.ILLEGAL_GENERATION

    def join(self, request: Message, context: Context) -> Message | None:
        """JoinGroup: the response, or None where it waits for the others."""
        member_id, instance_id = request["member_id"], request.get("group_instance_id")
        offered = [(each["name"], bytes(each["metadata"])) for each in request["protocols"]]
        if not self._fits(request["protocol_type"], offered):
            return refused_join(errors.INCONSISTENT_GROUP_PROTOCOL, member_id)
        if member_id in self._pending and instance_id is None:
            self._pending.pop(member_id).cancel()
            self._add(member_id, None, request, offered, context)
            return self.answer_to(context)
        if member_id:
            if error := self._unknown(member_id, instance_id):
                return refused_join(error, member_id)
            return self._join_again(self.members[member_id], request, offered, context)
        member_id = f"{(instance_id or context.client_id or '')[:_NAME_IN_ID]}-{uuid.uuid4()}"
        if instance_id in self._static:
            return self._replace(str(instance_id), member_id, request, offered, context)
        if instance_id is None and context.version >= _ID_NEEDED_SINCE:
            self._pending[member_id] = self._later(request["session_timeout_ms"], lambda: self._forget(member_id))
            return refused_join(errors.MEMBER_ID_REQUIRED, member_id)
        self._add(member_id, instance_id, request, offered, context)
        return self.answer_to(context)

    def sync(self, request: Message, context: Context) -> Message | None:
        """SyncGroup: the response, or None where it waits for the leader."""
        member_id = request["member_id"]
        error = self.problem(member_id, request.get("group_instance_id"), request["generation_id"])
        if not error and self.state == PREPARING:
            error = errors.REBALANCE_IN_PROGRESS
        named = request.get("protocol_type"), request.get("protocol_name")
        if not error and (named[0] not in (None, self.protocol_type) or named[1] not in (None, self.protocol)):
            error = errors.INCONSISTENT_GROUP_PROTOCOL
        if error:
            return {"error_code": error, "assignment": b""}
        member = self.members[member_id]
        self._end_wait(member, errors.REBALANCE_IN_PROGRESS)
        self._unsynced.discard(member_id)
        if self.state == STABLE:
            return self._assigned(member)
        member.sync = context
        self.hear(member)
        if member_id == self.leader:
            self._assign({each["member_id"]: bytes(each["assignment"]) for each in request["assignments"]})
        return self.answer_to(context)

    def heartbeat(self, request: Message) -> int:
        """Heartbeat: the error code."""
        error = self.problem(request["member_id"], request.get("group_instance_id"), request["generation_id"])
        if error:
            return error
        self.hear(self.members[request["member_id"]])
        return errors.REBALANCE_IN_PROGRESS if self.state == PREPARING else errors.NONE

    def leave(self, member_id: str, instance_id: str | None) -> int:
        """LeaveGroup of one member: the error code. A static member may be named by its instance alone."""
        if member_id in self._pending and instance_id is None:
            self._pending.pop(member_id).cancel()
            self._end_join_if_all()
            return errors.NONE
        if not member_id and instance_id is not None:
            member_id = self._static.get(instance_id, "")
        if error := self._unknown(member_id, instance_id):
            return error
        self._remove(self.members[member_id])
        return errors.NONE

    def described(self) -> Message:
        """The group in an answer to DescribeGroups."""
        protocol = self.protocol if self.state == STABLE else None
        return {
            "error_code": errors.NONE,
            "group_id": self.id,
            "group_state": self.state,
            "protocol_type": self.protocol_type or "",
            "protocol_data": protocol or "",
            "members": [member.described(protocol) for member in self.members.values()],
        }

    def subscribes(self, topic: str) -> bool:
        """Whether a member may read a topic; of members whose metadata are not a consumer's, any topic may be read."""
        return any(topic in subscription(each.metadata(self.protocol), topic) for each in self.members.values())

    def _unknown(self, member_id: str, instance_id: str | None) -> int:
        """The error code of a request that does not come from a member; 0 of one that does."""
        if instance_id is not None and self._static.get(instance_id, member_id) != member_id:
            return errors.FENCED_INSTANCE_ID
        is_known = member_id in self.members and (instance_id is None or instance_id in self._static)
        return errors.NONE if is_known else errors.UNKNOWN_MEMBER_ID

    def _fits(self, protocol_type: str, offered: Protocols) -> bool:
        """Whether all members know one of the protocols."""
        if not self.members:
            return bool(protocol_type and offered)
        return protocol_type == self.protocol_type and any(name in self._common_protocols() for name, _ in offered)

    def _add(
        self, member_id: str, instance_id: str | None, request: Message, offered: Protocols, context: Context
    ) -> None:
        sender = context.client_id or "", context.client_host
        if not self.members:
            self.protocol_type, self.leader = request["protocol_type"], member_id
        self.members[member_id] = member = Member(member_id, instance_id, *sender, *timeouts(request), offered)
        if instance_id is not None:
            self._static[instance_id] = member_id
        self._wait_for_generation(member, context)

    def _join_again(self, member: Member, request: Message, offered: Protocols, context: Context) -> Message | None:
        """A member that has missed the answer gets it again; the leader, or other protocols, begin a rebalance."""
        is_same = member.protocols == offered
        if is_same and (self.state == COMPLETING or (self.state == STABLE and member.id != self.leader)):
            self.hear(member)
            return self._joined(member)
        member.session_ms, member.rebalance_ms = timeouts(request)
        member.protocols = offered
        self._wait_for_generation(member, context)
        return self.answer_to(context)

    def _replace(
        self, instance_id: str, new_id: str, request: Message, offered: Protocols, context: Context
    ) -> Message | None:
        """A static member that has started again takes its place under a new id, without a rebalance if it can."""
        member, leader_before = self.members.pop(self._static[instance_id]), self.leader
        self._end_wait(member, errors.FENCED_INSTANCE_ID)
        if member.id in self._unsynced:
            self._unsynced ^= {member.id, new_id}
        if leader_before == member.id:
            self.leader = new_id
        member.id = self._static[instance_id] = new_id
        self.members[new_id] = member
        member.client_id, member.client_host = context.client_id or "", context.client_host
        member.session_ms, member.rebalance_ms = timeouts(request)
        member.protocols = offered
        if self.state != STABLE or self._elected_protocol() != self.protocol:
            self._wait_for_generation(member, context)
            return self.answer_to(context)
        self.hear(member)
        self._keep()
        if context.version >= _ASSIGNMENT_SKIPPED_SINCE:
            return {**self._joined(member), "skip_assignment": self.leader == new_id}
        # An older client that were told that it leads would assign partitions, while the others do not sync.
        return {**self._joined(member), "leader": leader_before, "members": []}

    def _forget(self, member_id: str) -> None:
        """Do not wait any more for the client that was given this member id."""
        self._pending.pop(member_id, None)
        self._end_join_if_all()
