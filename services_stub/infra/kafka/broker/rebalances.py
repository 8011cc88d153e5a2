"""The generations of a consumer group: who is in it, and the rebalance that leads from one generation to the next.

The states are those of Kafka's `GroupCoordinator`. Whatever changes the members begins a rebalance: all join again, one
of them is the leader and assigns the partitions, all sync.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from services_stub.infra.kafka.broker import errors
from services_stub.infra.kafka.broker.context import Cancellable, Clock, Context, Message
from services_stub.infra.kafka.broker.members import Member

EMPTY, PREPARING, COMPLETING, STABLE = "Empty", "PreparingRebalance", "CompletingRebalance", "Stable"


class Rebalances:
    """The members of a group and their generation.

    Requests that have waited are answered by themselves, after whatever has changed the group: a member's next request
    may be carried out within the answer to the one before.
    """

    def __init__(self, group_id: str, clock: Clock, keep: Callable[[str, Message], object]) -> None:
        self.id = group_id
        self.state = EMPTY
        self.generation = 0
        self.protocol_type = ""
        self.protocol: str | None = None
        self.leader: str | None = None
        self.members: dict[str, Member] = {}
        self.unused_minutes = 0
        self._pending: dict[str, Cancellable] = {}
        """Member ids that clients were given and have not joined with (KIP-394)."""
        self._deadline: Cancellable | None = None
        self._answers: dict[Context, Message] = {}
        self._clock = clock
        self._write = keep

    @property
    def is_unused(self) -> bool:
        """Whether the group has neither members nor clients that may become one."""
        return not self.members and not self._pending

    def restore(self, kept: Message) -> None:
        """Go on as the group was kept: each member has a session's time to tell that it lives."""
        self.protocol_type, self.generation = kept["protocol_type"], kept["generation"]
        self.protocol, self.leader = kept["protocol"], kept["leader"]
        for each in kept["members"]:
            names = each["member_id"], each["group_instance_id"], each["client_id"], each["client_host"]
            protocols = {self.protocol or "": each["subscription"]}
            member = Member(*names, each["session_timeout"], each["rebalance_timeout"], protocols, each["assignment"])
            self.members[member.id] = member
            self.hear(member)
        self.state = STABLE if self.members else EMPTY

    def described(self) -> Message:
        """The group by the names of DescribeGroups and ListGroups, and of the log, which has it when it is stable."""
        protocol = self.protocol if self.state == STABLE else None
        return {
            "group_id": self.id,
            "group_state": self.state,
            "group_type": "classic",
            "protocol_type": self.protocol_type,
            "protocol_data": protocol or "",
            "protocol": protocol,
            "generation": self.generation,
            "leader": self.leader,
            "members": [member.described(protocol) for member in self.members.values()],
        }

    def hear(self, member: Member) -> None:
        """Begin a member's session anew; one that waits for an answer has none, because it is silent meanwhile."""
        if member.session is not None:
            member.session.cancel()
            member.session = None
        if member.waiting is None:
            member.session = self._later(member.session_ms, lambda: self._remove(member))

    def _later(self, milliseconds: int, change: Callable[[], None]) -> Cancellable:
        return self._clock.call_later(milliseconds / 1000, change)

    def _keep(self) -> None:
        """Where it cannot be kept, the members join again after a restart of the broker."""
        self._write(self.id, self.described())

    def _flush(self) -> None:
        while self._answers:
            context, response = self._answers.popitem()
            context.answer(response)

    def _common_protocols(self) -> set[str]:
        return set.intersection(*(set(member.protocols) for member in self.members.values()))

    def _elected_protocol(self) -> str:
        """The protocol that most members prefer among those that all know."""
        common = self._common_protocols()
        votes = Counter(next(name for name in each.protocols if name in common) for each in self.members.values())
        return votes.most_common(1)[0][0]

    def _wait(self, member: Member, context: Context) -> None:
        """Have a member's request wait, in the place of an older one."""
        self._end_wait(member, refused(errors.REBALANCE_IN_PROGRESS, member.id))
        member.waiting = context
        self.hear(member)

    def _end_wait(self, member: Member, response: Message) -> None:
        if member.waiting is not None:
            if not self._answers:
                self._clock.call_later(0, self._flush)
            self._answers[member.waiting] = response
            member.waiting = None
            self.hear(member)

    def _rebalance(self) -> None:
        """Have all members join again; the slowest of them says how long that may take."""
        if self.state != PREPARING:
            self.state = PREPARING
            self._set_deadline(self._end_join)
            for member in self.members.values():
                member.assignment = b""
                self._end_wait(member, refused(errors.REBALANCE_IN_PROGRESS, member.id))
        self._end_join_if_all()

    def _set_deadline(self, end: Callable[[], None]) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = self._later(max((each.rebalance_ms for each in self.members.values()), default=0), end)

    def _end_join_if_all(self) -> None:
        if self.state == PREPARING and not self._pending and all(each.waiting for each in self.members.values()):
            self._end_join()

    def _end_join(self) -> None:
        """Begin the next generation without those that have not joined; static members stay all the same."""
        for member in [each for each in self.members.values() if not each.waiting and each.instance_id is None]:
            self._drop(member)
        waiting = [member for member in self.members.values() if member.waiting]
        if self.members and not waiting:
            self._set_deadline(self._end_join)
            return
        self.generation += 1
        self._set_deadline(self._end_sync)
        if not waiting:
            self.state, self.protocol, self.leader = EMPTY, None, None
            self._keep()
            return
        if self.leader not in [member.id for member in waiting]:
            self.leader = waiting[0].id
        self.state, self.protocol = COMPLETING, self._elected_protocol()
        for member in waiting:
            member.is_synced = False
            self._end_wait(member, self._joined(member))

    def _end_sync(self) -> None:
        """Go on without those that have joined and never asked for their partitions."""
        if silent := [member for member in self.members.values() if not member.is_synced]:
            for member in silent:
                self._drop(member)
            self._rebalance()

    def _joined(self, member: Member) -> Message:
        """The answer to a JoinGroup: the leader gets all members to assign partitions to."""
        members = self.members.values() if member.id == self.leader else ()
        return {
            "generation_id": self.generation,
            "protocol_name": self.protocol,
            "leader": self.leader,
            "member_id": member.id,
            "members": [each.described(self.protocol) for each in members],
        }

    def _remove(self, member: Member) -> None:
        self._drop(member)
        self._rebalance()

    def _drop(self, member: Member) -> None:
        self._end_wait(member, refused(errors.UNKNOWN_MEMBER_ID, member.id))
        if member.session is not None:
            member.session.cancel()
        del self.members[member.id]


def refused(error: int, member_id: str = "") -> Message:
    """The answer to any request of a member that was not carried out."""
    return {"error_code": error, "member_id": member_id}
