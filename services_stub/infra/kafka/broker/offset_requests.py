"""OffsetCommit, OffsetFetch and OffsetDelete.

Members commit in their generation. A consumer that was given its partitions (`assign`) commits with the generation -1,
for a group that has no members.
"""

from __future__ import annotations

from collections.abc import Iterable

from services_stub.infra.kafka.broker import errors
from services_stub.infra.kafka.broker.context import Context, Handler, Message
from services_stub.infra.kafka.broker.group_requests import Groups
from services_stub.infra.kafka.broker.groups import Group
from services_stub.infra.kafka.broker.offsets import Commit, Committed, Offsets, Position
from services_stub.infra.kafka.broker.rebalances import COMPLETING, EMPTY
from services_stub.infra.kafka.broker.topics import Topic, Topics

_METADATA_CHARACTERS = 4096
_MANY_GROUPS_SINCE, _NOT_FOUND_SINCE, _TOPIC_IDS_SINCE = 8, 9, 10
_CONSUMER = "consumer"
_LONGEST_NAME = 8_000


class OffsetRequests:
    """Carries out what clients ask of committed offsets."""

    def __init__(self, groups: Groups, offsets: Offsets, topics: Topics) -> None:
        self.handlers: dict[int, Handler] = {8: self._commit, 9: self._fetch, 47: self._delete}
        self._groups = groups
        self._offsets = offsets
        self._topics = topics

    def _topic(self, asked: Message, version: int) -> Topic | None:
        if version >= _TOPIC_IDS_SINCE:
            return self._topics.by_id.get(asked["topic_id"])
        return self._topics.by_name.get(asked["name"])

    def _commit(self, request: Message, context: Context) -> Message:
        group_id, version = request["group_id"], context.version
        group = self._groups.by_id.get(group_id)
        refused = _refusal(group, request, version)
        commits: list[Commit] = []
        answered, kept = [], []
        for asked in request["topics"]:
            topic = self._topic(asked, version)
            count = len(topic.partitions) if topic else 0
            partitions = []
            for each in asked["partitions"]:
                number, metadata = each["partition_index"], each["committed_metadata"] or ""
                error = refused
                if topic is None or not 0 <= number < count:
                    error = error or _unknown_topic(version)
                elif len(metadata) > _METADATA_CHARACTERS:
                    error = error or errors.OFFSET_METADATA_TOO_LARGE
                result = {"partition_index": number, "error_code": error}
                partitions.append(result)
                if topic and not error:
                    epoch = each.get("committed_leader_epoch", -1)
                    commits.append((topic.name, number, each["committed_offset"], epoch, metadata))
                    kept.append(result)
            answered.append({"name": asked.get("name"), "topic_id": asked.get("topic_id"), "partitions": partitions})
        if commits:
            (group or self._groups.group(group_id)).unused_minutes = 0
            if error := self._offsets.commit(group_id, commits):
                for result in kept:
                    result["error_code"] = error
        return {"topics": answered}

    def _fetch(self, request: Message, context: Context) -> Message:
        if context.version < _MANY_GROUPS_SINCE:
            return self._fetched(request, context.version)
        return {"groups": [self._fetched(asked, context.version) for asked in request["groups"]]}

    def _fetched(self, asked: Message, version: int) -> Message:
        """The offsets of one group: of the topics that are named, or of all."""
        held = self._offsets.by_group.get(asked["group_id"], {})
        topics = []
        for each in self._all(held) if asked["topics"] is None else asked["topics"]:
            topic = self._topic(each, version)
            name = topic.name if topic else each.get("name", "")
            error = errors.UNKNOWN_TOPIC_ID if topic is None and version >= _TOPIC_IDS_SINCE else errors.NONE
            topics.append(
                {
                    "name": name,
                    "topic_id": topic.id if topic else each.get("topic_id"),
                    "partitions": [
                        _fetched(number, None if error else held.get((name, number)), error)
                        for number in each["partition_indexes"]
                    ],
                }
            )
        return {"group_id": asked["group_id"], "topics": topics, "error_code": errors.NONE}

    def _all(self, held: Iterable[Position]) -> list[Message]:
        numbers: dict[str, list[int]] = {}
        for name, number in held:
            numbers.setdefault(name, []).append(number)
        return [
            {"name": name, "topic_id": topic.id, "partition_indexes": indexes}
            for name, indexes in numbers.items()
            if (topic := self._topics.by_name.get(name))
        ]

    def _delete(self, request: Message, _: Context) -> Message:
        group = self._groups.by_id.get(request["group_id"])
        if group is None:
            return {"error_code": errors.GROUP_ID_NOT_FOUND}
        if group.state != EMPTY and group.protocol_type != _CONSUMER:
            return {"error_code": errors.NON_EMPTY_GROUP}
        topics, deleted = [], []
        for asked in request["topics"]:
            name = asked["name"]
            error = errors.NONE if name in self._topics.by_name else errors.UNKNOWN_TOPIC_OR_PARTITION
            if not error and group.subscribes(name):
                error = errors.GROUP_SUBSCRIBED_TO_TOPIC
            numbers = [each["partition_index"] for each in asked["partitions"]]
            deleted += [] if error else [(name, number) for number in numbers]
            results = [{"partition_index": number, "error_code": error} for number in numbers]
            topics.append({"name": name, "partitions": results})
        return {"error_code": self._offsets.delete(group.id, deleted), "topics": topics}


def _refusal(group: Group | None, request: Message, version: int) -> int:
    """The error code of a commit that a group does not take, or 0; the session of a member that commits begins anew."""
    generation, member_id = request["generation_id_or_member_epoch"], request["member_id"]
    instance_id = request.get("group_instance_id")
    if group is None:
        if len(request["group_id"]) > _LONGEST_NAME:
            return errors.INVALID_GROUP_ID
        if generation < 0:
            return errors.NONE
        return errors.GROUP_ID_NOT_FOUND if version >= _NOT_FOUND_SINCE else errors.ILLEGAL_GENERATION
    if generation < 0 and group.state == EMPTY:
        return errors.NONE
    if generation < 0 and not member_id and instance_id is None:
        return errors.UNKNOWN_MEMBER_ID
    if error := group.problem(member_id, instance_id, generation):
        return error
    group.hear(group.members[member_id])
    return errors.REBALANCE_IN_PROGRESS if group.state == COMPLETING else errors.NONE


def _unknown_topic(version: int) -> int:
    return errors.UNKNOWN_TOPIC_ID if version >= _TOPIC_IDS_SINCE else errors.UNKNOWN_TOPIC_OR_PARTITION


def _fetched(number: int, entry: Committed | None, error: int) -> Message:
    """A partition in an answer to OffsetFetch; an offset of -1 says that there is none."""
    return {
        "partition_index": number,
        "committed_offset": entry.offset if entry else -1,
        "committed_leader_epoch": entry.leader_epoch if entry else -1,
        "metadata": entry.metadata if entry else "",
        "error_code": error,
    }
