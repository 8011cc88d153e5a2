"""A consumer group: the requests of the classic protocol, as Kafka's `GroupCoordinator` answers them.

Static members are those of KIP-345. A client is given its member id before it joins, by KIP-394. Members of KIP-848
have requests of their own, which this broker does not have.
"""

from __future__ import annotations

import uuid

from services_stub.infra.kafka.broker import errors
from services_stub.infra.kafka.broker.context import Context, Message
from services_stub.infra.kafka.broker.members import Member, subscription
from services_stub.infra.kafka.broker.rebalances import COMPLETING, PREPARING, STABLE, Rebalances, refused

_ID_NEEDED_SINCE = 4
"""The version of JoinGroup with KIP-394."""
_NAME_IN_ID = 200
"""Characters of a client's name in its member id: names may be longer than ids."""


class Group(Rebalances):
    """One consumer group."""

    def problem(self, request: Message, generation: int | None = None) -> int:
        """The error code of a request that does not come from a member, of a generation if one is said; else 0."""
        member_id, instance_id = request["member_id"], request.get("group_instance_id")
        if instance_id is not None:
            holder = self._holder(instance_id)
            if holder is not None and holder.id != member_id:
                return errors.FENCED_INSTANCE_ID
            member_id = holder.id if holder else None
        if member_id not in self.members:
            return errors.UNKNOWN_MEMBER_ID
        return errors.NONE if generation in (None, self.generation) else errors.ILLEGAL_GENERATION

    def join(self, request: Message, context: Context) -> Message | None:
        """JoinGroup: the response, or None where it waits for the others."""
        member_id, instance_id = request["member_id"], request.get("group_instance_id")
        protocols = {each["name"]: bytes(each["metadata"]) for each in request["protocols"]}
        if not self._fits(request["protocol_type"], protocols):
            return refused(errors.INCONSISTENT_GROUP_PROTOCOL, member_id)
        if member_id in self._pending and instance_id is None:
            self._pending.pop(member_id).cancel()
        elif member_id:
            if error := self.problem(request):
                return refused(error, member_id)
            member = self.members[member_id]
            if self._has_missed_its_answer(member, protocols):
                self.hear(member)
                return self._joined(member)
        else:
            member_id = f"{(instance_id or context.client_id or '')[:_NAME_IN_ID]}-{uuid.uuid4()}"
            if instance_id is None and context.version >= _ID_NEEDED_SINCE:
                self._pending[member_id] = self._later(request["session_timeout_ms"], lambda: self._forget(member_id))
                return refused(errors.MEMBER_ID_REQUIRED, member_id)
            if instance_id is not None and (holder := self._holder(instance_id)):
                return self._replace(holder, member_id, request, protocols, context)
        if not self.members:
            self.protocol_type = request["protocol_type"]
        member = self.members.setdefault(member_id, Member(member_id, instance_id))
        member.take(request, protocols, context)
        return self._wait_for_generation(member, context)

    def sync(self, request: Message, context: Context) -> Message | None:
        """SyncGroup: the response, or None where it waits for the leader."""
        error = self.problem(request, request["generation_id"])
        if error or self.state == PREPARING:
            return refused(error or errors.REBALANCE_IN_PROGRESS)
        member = self.members[request["member_id"]]
        self._wait(member, context)
        member.is_synced = True
        if self.state == COMPLETING and member.id == self.leader:
            assignments = {each["member_id"]: bytes(each["assignment"]) for each in request["assignments"]}
            for each in self.members.values():
                each.assignment = assignments.get(each.id, b"")
            self.state = STABLE
            self._keep()
        if self.state == STABLE:
            for each in self.members.values():
                self._end_wait(each, {"assignment": each.assignment})
        return self._answers.pop(context, None)

    def heartbeat(self, request: Message, _: Context) -> Message:
        """Heartbeat: the response."""
        if error := self.problem(request, request["generation_id"]):
            return refused(error)
        self.hear(self.members[request["member_id"]])
        return {"error_code": errors.REBALANCE_IN_PROGRESS if self.state == PREPARING else errors.NONE}

    def leave(self, request: Message, _: Context) -> Message:
        """LeaveGroup: the response. One member leaves until version 2, several since."""
        left = [{**each, "error_code": self._left(each)} for each in request.get("members", [request])]
        return {"error_code": errors.NONE if "members" in request else left[0]["error_code"], "members": left}

    def subscribes(self, topic: str) -> bool:
        """Whether a member may read a topic; of members whose metadata are not a consumer's, any topic may be read."""
        metadata = (each.protocols.get(self.protocol or "", b"") for each in self.members.values())
        return any(topic in subscription(each, topic) for each in metadata)

    def _holder(self, instance_id: str) -> Member | None:
        """The static member of an instance."""
        return next((member for member in self.members.values() if member.instance_id == instance_id), None)

    def _left(self, request: Message) -> int:
        """The error code of a member that leaves. A static member may be named by its instance alone."""
        member_id, instance_id = request["member_id"], request.get("group_instance_id")
        if member_id in self._pending and instance_id is None:
            self._forget(member_id)
            return errors.NONE
        if not member_id and instance_id is not None and (holder := self._holder(instance_id)):
            member_id = holder.id
        error = self.problem({"member_id": member_id, "group_instance_id": instance_id})
        if not error:
            self._remove(self.members[member_id])
        return error

    def _fits(self, protocol_type: str, protocols: dict[str, bytes]) -> bool:
        """Whether all members know one of the protocols."""
        if not self.members:
            return bool(protocol_type and protocols)
        return protocol_type == self.protocol_type and not self._common_protocols().isdisjoint(protocols)

    def _has_missed_its_answer(self, member: Member, protocols: dict[str, bytes]) -> bool:
        """Or else a member that joins again, a leader or with other protocols, begins a rebalance."""
        is_same = list(member.protocols.items()) == list(protocols.items())
        return is_same and (self.state == COMPLETING or (self.state == STABLE and member.id != self.leader))

    def _wait_for_generation(self, member: Member, context: Context) -> Message | None:
        self._rebalance()
        self._wait(member, context)
        self._end_join_if_all()
        return self._answers.pop(context, None)

    def _replace(
        self, member: Member, new_id: str, request: Message, protocols: dict[str, bytes], context: Context
    ) -> Message | None:
        """A static member that has started again takes its place under a new id, without a rebalance if it can."""
        leader_before = self.leader
        self._end_wait(member, refused(errors.FENCED_INSTANCE_ID, member.id))
        if leader_before == member.id:
            self.leader = new_id
        self.members[new_id] = self.members.pop(member.id)
        member.id = new_id
        member.take(request, protocols, context)
        if self.state != STABLE or self._elected_protocol() != self.protocol:
            return self._wait_for_generation(member, context)
        self.hear(member)
        self._keep()
        # A client that were told that it leads would assign partitions, while the others do not sync.
        return {**self._joined(member), "leader": leader_before, "members": []}

    def _forget(self, member_id: str) -> None:
        """Do not wait any more for the client that was given this member id."""
        self._pending.pop(member_id).cancel()
        self._end_join_if_all()
