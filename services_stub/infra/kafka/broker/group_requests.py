"""The groups of the broker, and the requests of their members and of those that look after them."""

from __future__ import annotations

from services_stub.infra.kafka.broker import errors
from services_stub.infra.kafka.broker.context import Clock, Context, Handler, Message
from services_stub.infra.kafka.broker.groups import Group
from services_stub.infra.kafka.broker.members import refused_join
from services_stub.infra.kafka.broker.offsets import Offsets
from services_stub.infra.kafka.broker.rebalances import DEAD, EMPTY

_SESSION_MS = range(6_000, 1_800_001)
"""`group.min.session.timeout.ms` and `group.max.session.timeout.ms` of Kafka."""
_LONGEST_NAME = 8_000
"""Characters: what is longer does not fit into the log in every encoding."""
_CLASSIC = "classic"
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
            12: self._heartbeat,
            13: self._leave,
            14: self._sync,
            15: self._describe,
            16: self._list,
            42: self._delete,
        }
        self._offsets = offsets
        self._clock = clock
        for group_id, kept in offsets.groups():
            self.group(group_id).restore(kept)
        for group_id in offsets.by_group:
            self.group(group_id)
        clock.call_later(_SWEEP_SECONDS, self._sweep)

    def group(self, group_id: str) -> Group:
        """The group of this name, made where there is none."""
        if (group := self.by_id.get(group_id)) is None:
            group = self.by_id[group_id] = Group(group_id, self._clock, self._offsets.keep)
        return group

    def _sweep(self) -> None:
        for group in list(self.by_id.values()):
            group.unused_minutes = group.unused_minutes + 1 if group.is_unused else 0
            limit = _RETENTION_MINUTES if group.id in self._offsets.by_group else _UNUSED_MINUTES
            if group.unused_minutes > limit:
                self._remove(group)
        self._clock.call_later(_SWEEP_SECONDS, self._sweep)

    def _remove(self, group: Group) -> int:
        error = self._offsets.delete_group(group.id)
        if not error:
            group.close()
            del self.by_id[group.id]
        return error

    def _join(self, request: Message, context: Context) -> Message | None:
        group_id, member_id = request["group_id"], request["member_id"]
        names = [each["name"] for each in request["protocols"]]
        if not group_id:
            return refused_join(errors.INVALID_GROUP_ID, member_id)
        if request["session_timeout_ms"] not in _SESSION_MS:
            return refused_join(errors.INVALID_SESSION_TIMEOUT, member_id)
        names += (group_id, request["protocol_type"], request.get("group_instance_id") or "")
        if max(map(len, names)) > _LONGEST_NAME:
            return refused_join(errors.INVALID_REQUEST, member_id)
        if member_id and group_id not in self.by_id:
            return refused_join(errors.UNKNOWN_MEMBER_ID, member_id)
        return self.group(group_id).join(request, context)

    def _sync(self, request: Message, context: Context) -> Message | None:
        group = self.by_id.get(request["group_id"])
        return group.sync(request, context) if group else {"error_code": errors.UNKNOWN_MEMBER_ID, "assignment": b""}

    def _heartbeat(self, request: Message, _: Context) -> Message:
        group = self.by_id.get(request["group_id"])
        return {"error_code": group.heartbeat(request) if group else errors.UNKNOWN_MEMBER_ID}

    def _leave(self, request: Message, context: Context) -> Message:
        """One member until version 2, several since."""
        is_one = context.version < 3
        left = [
            {
                "member_id": each["member_id"],
                "group_instance_id": each.get("group_instance_id"),
                "error_code": self._left(request["group_id"], each["member_id"], each.get("group_instance_id")),
            }
            for each in ([request] if is_one else request["members"])
        ]
        if group := self.by_id.get(request["group_id"]):
            group.answer_to(context)
        return {"error_code": left[0]["error_code"] if is_one else errors.NONE, "members": left}

    def _left(self, group_id: str, member_id: str, instance_id: str | None) -> int:
        group = self.by_id.get(group_id)
        return group.leave(member_id, instance_id) if group else errors.UNKNOWN_MEMBER_ID

    def _describe(self, request: Message, context: Context) -> Message:
        described = []
        for group_id in request["groups"]:
            if group := self.by_id.get(group_id):
                described.append(group.described())
            elif context.version < 6:
                described.append({"error_code": errors.NONE, "group_id": group_id, "group_state": DEAD})
            else:
                missing = {"error_code": errors.GROUP_ID_NOT_FOUND, "error_message": f"Group {group_id} not found."}
                described.append({**missing, "group_id": group_id, "group_state": DEAD})
        return {"groups": described}

    def _list(self, request: Message, _: Context) -> Message:
        states = {state.lower() for state in request.get("states_filter") or ()}
        types = {kind.lower() for kind in request.get("types_filter") or (_CLASSIC,)}
        listed = [
            {
                "group_id": group.id,
                "protocol_type": group.protocol_type or "",
                "group_state": group.state,
                "group_type": _CLASSIC,
            }
            for group in self.by_id.values()
            if _CLASSIC in types and (not states or group.state.lower() in states)
        ]
        return {"error_code": errors.NONE, "groups": listed}

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
