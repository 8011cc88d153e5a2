"""The groups of the broker, and the requests of their members and of those that look after them."""

from __future__ import annotations

from collections.abc import Callable

from services_stub.infra.kafka.broker import errors
from services_stub.infra.kafka.broker.context import Clock, Context, Handler, Message
from services_stub.infra.kafka.broker.groups import Group
from services_stub.infra.kafka.broker.offsets import Offsets
from services_stub.infra.kafka.broker.rebalances import EMPTY, refused

GROUP_VERSIONS = {8: 7, 9: 7, 11: 5, 12: 3, 13: 3, 14: 3, 15: 5}
"""The last version of each kind of request of groups. Later ones cost more to read and write, have names that are too
long for the log, or name topics by id (KIP-516)."""

_SESSION_MS = range(6_000, 1_800_001)
"""`group.min.session.timeout.ms` and `group.max.session.timeout.ms` of Kafka."""
_SWEEP_SECONDS = 60
_UNUSED_MINUTES, _RETENTION_MINUTES = 10, 7 * 24 * 60
"""A group without members is deleted after so long; one with offsets after the longer (`offsets.retention.minutes`).
They are counted while the broker runs: a marketplace that was down, or a computer that slept, keeps its offsets."""


class Groups:
    """All groups: those that are kept, and those that clients begin."""

    def __init__(self, offsets: Offsets, clock: Clock) -> None:
        self.by_id: dict[str, Group] = {}
        self.handlers: dict[int, Handler] = {
            11: self._join,
            12: self._by_group(Group.heartbeat),
            13: self._by_group(Group.leave),
            14: self._by_group(Group.sync),
            15: self._describe,
            16: self._list,
            42: self._delete,
        }
        self._offsets = offsets
        self._clock = clock
        for group_id, kept in offsets.groups():
            group = self.by_id[group_id] = self.group(group_id)
            if kept:
                group.restore(kept)
        clock.call_later(_SWEEP_SECONDS, self._sweep)

    def group(self, group_id: str) -> Group:
        """The group of this name; where there is none a new one, which is in `by_id` when a client has begun it."""
        return self.by_id.get(group_id) or Group(group_id, self._clock, self._offsets.keep)

    def _sweep(self) -> None:
        for group in list(self.by_id.values()):
            group.unused_minutes = group.unused_minutes + 1 if group.is_unused else 0
            if group.unused_minutes > (_RETENTION_MINUTES if self._offsets.of(group.id) else _UNUSED_MINUTES):
                self._remove(group)
        self._clock.call_later(_SWEEP_SECONDS, self._sweep)

    def _remove(self, group: Group) -> int:
        error = self._offsets.delete_group(group.id)
        if not error:
            del self.by_id[group.id]
        return error

    def _by_group(self, carried_out: Callable[[Group, Message, Context], Message | None]) -> Handler:
        return lambda request, context: carried_out(self.group(request["group_id"]), request, context)

    def _join(self, request: Message, context: Context) -> Message | None:
        group, member_id = self.group(request["group_id"]), request["member_id"]
        if not group.id:
            return refused(errors.INVALID_GROUP_ID, member_id)
        if request["session_timeout_ms"] not in _SESSION_MS:
            return refused(errors.INVALID_SESSION_TIMEOUT, member_id)
        if member_id and group.id not in self.by_id:
            return refused(errors.UNKNOWN_MEMBER_ID, member_id)
        self.by_id[group.id] = group
        return group.join(request, context)

    def _describe(self, request: Message, _: Context) -> Message:
        asked = [(group_id, self.by_id.get(group_id)) for group_id in request["groups"]]
        missing = {"group_state": "Dead"}
        return {"groups": [group.described() if group else {"group_id": name, **missing} for name, group in asked]}

    def _list(self, request: Message, _: Context) -> Message:
        states = {state.lower() for state in request.get("states_filter", ())}
        types = {kind.lower() for kind in request.get("types_filter", ())}
        listed = [group.described() for group in self.by_id.values()]
        return {
            "groups": [
                group
                for group in listed
                if (not states or group["group_state"].lower() in states)
                and (not types or group["group_type"].lower() in types)
            ]
        }

    def _delete(self, request: Message, _: Context) -> Message:
        results = []
        for group_id in request["groups_names"]:
            group = self.by_id.get(group_id)
            if group is None:
                error = errors.GROUP_ID_NOT_FOUND
            else:
                error = self._remove(group) if group.state == EMPTY else errors.NON_EMPTY_GROUP
            results.append({"group_id": group_id, "error_code": error})
        return {"results": results}
