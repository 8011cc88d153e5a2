"""OffsetCommit, OffsetFetch and OffsetDelete.

Members commit in their generation. A consumer that was given its partitions (`assign`) commits with the generation -1,
for a group that has no members.
"""

from __future__ import annotations

from itertools import groupby

from services_stub.infra.kafka.broker import errors
from services_stub.infra.kafka.broker.context import Context, Handler, Message
from services_stub.infra.kafka.broker.group_requests import Groups
from services_stub.infra.kafka.broker.groups import Group
from services_stub.infra.kafka.broker.offsets import Commit, Offsets
from services_stub.infra.kafka.broker.rebalances import COMPLETING, EMPTY
from services_stub.infra.kafka.broker.topics import Topics

_METADATA_CHARACTERS = 4096
_CONSUMER = "consumer"
_NO_OFFSET = {"offset": -1, "leader_epoch": -1, "metadata": ""}


class OffsetRequests:
    """Carries out what clients ask of committed offsets."""

    def __init__(self, groups: Groups, offsets: Offsets, topics: Topics) -> None:
        self.handlers: dict[int, Handler] = {8: self._commit, 9: self._fetch, 47: self._delete}
        self._groups, self._offsets, self._topics = groups, offsets, topics

    def _commit(self, request: Message, _: Context) -> Message:
        group = self._groups.group(request["group_id"])
        refused = self._refusal(group, request)
        commits: list[Commit] = []
        answered, kept = [], []
        for asked in request["topics"]:
            name, results = asked["name"], []
            for each in asked["partitions"]:
                number, metadata = each["partition_index"], each["committed_metadata"] or ""
                result = {"partition_index": number, "error_code": refused}
                results.append(result)
                if refused:
                    continue
                if not self._topics.partition(name, number):
                    result["error_code"] = errors.UNKNOWN_TOPIC_OR_PARTITION
                elif len(metadata) > _METADATA_CHARACTERS:
                    result["error_code"] = errors.OFFSET_METADATA_TOO_LARGE
                else:
                    epoch = each.get("committed_leader_epoch", -1)
                    commits.append((name, number, each["committed_offset"], epoch, metadata))
                    kept.append(result)
            answered.append({"name": name, "partitions": results})
        if commits:
            self._groups.by_id[group.id] = group
            group.unused_minutes = 0
            error = self._offsets.commit(group.id, commits)
            for result in kept:
                result["error_code"] = error
        return {"topics": answered}

    def _refusal(self, group: Group, request: Message) -> int:
        """The error code of a commit that a group does not take, or 0; the session of a member begins anew."""
        generation = request["generation_id_or_member_epoch"]
        if generation < 0 and group.state == EMPTY:
            return errors.NONE
        if group.id not in self._groups.by_id:
            return errors.ILLEGAL_GENERATION
        if error := group.problem(request, generation):
            return error
        group.hear(group.members[request["member_id"]])
        return errors.REBALANCE_IN_PROGRESS if group.state == COMPLETING else errors.NONE

    def _fetch(self, request: Message, _: Context) -> Message:
        """The offsets of a group: of the topics that are named, or of all."""
        held, asked = self._offsets.of(request["group_id"]), request["topics"]
        if asked is None:
            positions = sorted(held)
        else:
            positions = [(each["name"], number) for each in asked for number in each["partition_indexes"]]
        topics = []
        for name, of_topic in groupby(positions, key=lambda position: position[0]):
            partitions = [_fetched(number, held.get((name, number), _NO_OFFSET)) for _, number in of_topic]
            topics.append({"name": name, "partitions": partitions})
        return {"topics": topics}

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


def _fetched(number: int, kept: Message) -> Message:
    """A partition in an answer to OffsetFetch; an offset of -1 says that there is none."""
    return {
        "partition_index": number,
        "committed_offset": kept["offset"],
        "committed_leader_epoch": kept["leader_epoch"],
        "metadata": kept["metadata"],
    }
