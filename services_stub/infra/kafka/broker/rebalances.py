"""The generations of a consumer group: who is in it, and the rebalance that leads from one generation to the next.

The states are those of Kafka's `GroupCoordinator`. Whatever changes the members begins a rebalance: all join again, one
of them is the leader and assigns the partitions, all sync.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from services_stub.infra.kafka.broker import errors
from services_stub.infra.kafka.broker.context import Cancellable, Clock, Context, Message
from services_stub.infra.kafka.broker.members import Member, refused_join

EMPTY, PREPARING, COMPLETING = "Empty", "PreparingRebalance", "CompletingRebalance"
STABLE, DEAD = "Stable", "Dead"


class Rebalances:
    """The members of a group and their generation.

    Requests that have waited are answered by `flush`, after whatever has changed the group: a member's next request may
    be carried out within the answer to the one before.
    """

    def __init__(self, group_id: str, clock: Clock, keep: Callable[[str, Message], object]) -> None:
        self.id = group_id
        self.state = EMPTY
        self.generation = 0
        self.protocol_type: str | None = None
        self.protocol: str | None = None
        self.leader: str | None = None
        self.members: dict[str, Member] = {}
        self.unused_minutes = 0
        self._static: dict[str, str] = {}
        """The member id of each instance (KIP-345)."""
        self._pending: dict[str, Cancellable] = {}
        """Member ids that clients were given and have not joined with (KIP-394)."""
        self._unsynced: set[str] = set()
        self._deadline: Cancellable | None = None
        self._answers: list[tuple[Context, Message]] = []
        self._clock = clock
        self._write = keep

    @property
    def is_unused(self) -> bool:
        """Whether the group has neither members nor clients that may become one."""
        return not self.members and not self._pending

    def restore(self, kept: Message) -> None:
        """Go on as the group was kept: each member has a session's time to tell that it lives."""
        self.protocol_type, self.generation = kept["protocol_type"] or None, kept["generation"]
        self.protocol, self.leader = kept["protocol"], kept["leader"]
        for each in kept["members"]:
            names = each["member_id"], each["group_instance_id"], each["client_id"], each["client_host"]
            protocols = [(self.protocol or "", each["subscription"])]
            member = Member(*names, each["session_timeout"], each["rebalance_timeout"], protocols, each["assignment"])
            self.members[member.id] = member
            if member.instance_id is not None:
                self._static[member.instance_id] = member.id
            self.hear(member)
        self.state = STABLE if self.members else EMPTY

    def kept(self) -> Message:
        """The group as it is to be kept (`GroupMetadataValue`)."""
        members = [
            {
                "member_id": member.id,
                "group_instance_id": member.instance_id,
                "client_id": member.client_id,
                "client_host": member.client_host,
                "rebalance_timeout": member.rebalance_ms,
                "session_timeout": member.session_ms,
                "subscription": member.metadata(self.protocol),
                "assignment": member.assignment,
            }
            for member in self.members.values()
        ]
        return {
            "protocol_type": self.protocol_type or "",
            "generation": self.generation,
            "protocol": self.protocol,
            "leader": self.leader,
            "members": members,
        }

    def answer_to(self, context: Context) -> Message | None:
        """The answer to the request in work, if it need not wait; others are answered right after it."""
        own = next((answer for answer in self._answers if answer[0] is context), None)
        if own is not None:
            self._answers.remove(own)
        if self._answers:
            self._clock.call_later(0, self.flush)
        return own and own[1]

    def flush(self) -> None:
        """Answer the requests whose wait has ended."""
        while self._answers:
            context, response = self._answers.pop(0)
            context.answer(response)

    def close(self) -> None:
        """End the group: no time-out of it happens later."""
        self.state = DEAD
        for timer in (self._deadline, *self._pending.values(), *(member.session for member in self.members.values())):
            if timer is not None:
                timer.cancel()

    def hear(self, member: Member) -> None:
        """Begin a member's session anew; one that waits for an answer has none, because it is silent meanwhile."""
        if member.session is not None:
            member.session.cancel()
            member.session = None
        if member.join is None and member.sync is None:
            member.session = self._later(member.session_ms, lambda: self._remove(member))

    def _later(self, milliseconds: int, change: Callable[[], None]) -> Cancellable:
        def call() -> None:
            change()
            self.flush()

        return self._clock.call_later(milliseconds / 1000, call)

    def _keep(self) -> None:
        self._write(self.id, self.kept())

    def _common_protocols(self) -> set[str]:
        return set.intersection(*({name for name, _ in member.protocols} for member in self.members.values()))

    def _elected_protocol(self) -> str:
        """The protocol that most members prefer among those that all know."""
        common = self._common_protocols()
        votes = Counter(next(name for name, _ in each.protocols if name in common) for each in self.members.values())
        return votes.most_common(1)[0][0]

    def _wait_for_generation(self, member: Member, context: Context) -> None:
        self._end_wait(member, errors.REBALANCE_IN_PROGRESS)
        member.join = context
        self.hear(member)
        self._rebalance()

    def _rebalance(self) -> None:
        """Have all members join again; the slowest of them says how long that may take."""
        if self.state != PREPARING:
            self.state = PREPARING
            self._unsynced.clear()
            self._set_deadline(self._end_join)
            for member in self.members.values():
                if member.sync is not None:
                    self._end_wait(member, errors.REBALANCE_IN_PROGRESS)
        self._end_join_if_all()

    def _set_deadline(self, end: Callable[[], None] | None) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        longest = max((member.rebalance_ms for member in self.members.values()), default=0)
        self._deadline = None if end is None else self._later(longest, end)

    def _end_join_if_all(self) -> None:
        if self.state == PREPARING and not self._pending and all(each.join for each in self.members.values()):
            self._end_join()

    def _end_join(self) -> None:
        """Begin the next generation without those that have not joined; static members stay all the same."""
        for member in [each for each in self.members.values() if not each.join and each.instance_id is None]:
            self._drop(member)
        waiting = [(member, member.join) for member in self.members.values() if member.join is not None]
        if self.members and not waiting:
            self._set_deadline(self._end_join)
            return
        self.generation += 1
        if not waiting:
            self.state, self.protocol = EMPTY, None
            self._set_deadline(None)
            self._keep()
            return
        if self.leader is None or self.members[self.leader].join is None:
            self.leader = waiting[0][0].id
        self.state, self.protocol = COMPLETING, self._elected_protocol()
        self._unsynced = {member.id for member, _ in waiting}
        self._set_deadline(self._end_sync)
        for member, context in waiting:
            self._answers.append((context, self._joined(member)))
            member.join = None
            self.hear(member)

    def _end_sync(self) -> None:
        """Go on without those that have joined and never asked for their partitions."""
        if self._unsynced:
            for member_id in list(self._unsynced):
                self._drop(self.members[member_id])
            self._rebalance()

    def _assign(self, assignments: dict[str, bytes]) -> None:
        for member in self.members.values():
            member.assignment = assignments.get(member.id, b"")
        self.state = STABLE
        self._keep()
        for member in self.members.values():
            if member.sync is not None:
                self._answers.append((member.sync, self._assigned(member)))
                member.sync = None
                self.hear(member)

    def _joined(self, member: Member) -> Message:
        """The answer to a JoinGroup: the leader gets all members to assign partitions to."""
        members = self.members.values() if member.id == self.leader else ()
        return {
            "error_code": errors.NONE,
            "generation_id": self.generation,
            "protocol_type": self.protocol_type,
            "protocol_name": self.protocol,
            "leader": self.leader,
            "member_id": member.id,
            "members": [
                {"member_id": m.id, "group_instance_id": m.instance_id, "metadata": m.metadata(self.protocol)}
                for m in members
            ],
        }

    def _assigned(self, member: Member) -> Message:
        return {
            "error_code": errors.NONE,
            "protocol_type": self.protocol_type,
            "protocol_name": self.protocol,
            "assignment": member.assignment,
        }

    def _end_wait(self, member: Member, error: int) -> None:
        if member.join is not None:
            self._answers.append((member.join, refused_join(error, member.id)))
        if member.sync is not None:
            self._answers.append((member.sync, {"error_code": error, "assignment": b""}))
        member.join = member.sync = None
        self.hear(member)

    def _remove(self, member: Member) -> None:
        self._drop(member)
        self._rebalance()

    def _drop(self, member: Member) -> None:
        self._end_wait(member, errors.UNKNOWN_MEMBER_ID)
        if member.session is not None:
            member.session.cancel()
        del self.members[member.id]
        if member.instance_id is not None:
            del self._static[member.instance_id]
        self._unsynced.discard(member.id)
        if self.leader == member.id:
            self.leader = next(iter(self.members), None)
