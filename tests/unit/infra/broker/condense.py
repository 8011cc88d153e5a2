"""Makes `broker/definitions.json` from Kafka's own message definitions, which are in its jars.

`python -m tests.unit.infra.broker.condense CLIENTS COORDINATOR` writes it anew, of the jars kafka-clients and
kafka-group-coordinator. One line has one message: what the codec needs of it, without the explanations. Versions are
`[first, last]`, with a last of 32767 where the definition has none.
"""

from __future__ import annotations

import json
import re
import sys
import zipfile
from pathlib import Path
from typing import Any, TypeAlias

from services_stub.infra.kafka.broker import codec

Json: TypeAlias = dict[str, Any]

_SERVED = """
    Produce Fetch ListOffsets Metadata OffsetCommit OffsetFetch FindCoordinator JoinGroup Heartbeat LeaveGroup
    SyncGroup DescribeGroups ListGroups ApiVersions CreateTopics DeleteTopics DeleteRecords InitProducerId
    OffsetForLeaderEpoch DescribeConfigs AlterConfigs CreatePartitions DeleteGroups IncrementalAlterConfigs
    OffsetDelete DescribeCluster DescribeProducers DescribeLogDirs SaslHandshake SaslAuthenticate ListConfigResources
"""
_KEPT = ("OffsetCommit", "GroupMetadata")
"""The records of `__consumer_offsets`."""
DEFINITIONS = Path(codec.__file__).with_name("definitions.json")
_LAST = 32767
_COMMENT = re.compile(r"^\s*//.*$", re.MULTILINE)


def condensed(clients: Path, coordinator: Path) -> str:
    """The data file's text."""
    lines = []
    for jar, names, kinds in (
        (clients, _SERVED.split(), ("Request", "Response")),
        (coordinator, _KEPT, ("Key", "Value")),
    ):
        with zipfile.ZipFile(jar) as archive:
            for name in names:
                for kind in kinds:
                    text = archive.read(f"common/message/{name}{kind}.json").decode()
                    lines.append(json.dumps(_message(json.loads(_COMMENT.sub("", text))), separators=(",", ":")))
    return "[\n" + ",\n".join(lines) + "\n]\n"


def _message(definition: Json) -> Json:
    structs = {struct["name"]: struct["fields"] for struct in definition.get("commonStructs", [])}
    return {
        "key": definition["apiKey"],
        "kind": definition["type"].removeprefix("coordinator-"),
        "name": re.sub(r"(Request|Response|Key|Value)$", "", definition["name"]),
        "versions": _versions(definition["validVersions"]),
        "flexible": _versions(definition["flexibleVersions"])[0],
        "fields": [_field(field, structs) for field in definition["fields"]],
    }


def _field(field: Json, structs: dict[str, list[Json]]) -> Json:
    kind = field["type"]
    made: Json = {"name": re.sub(r"(?<!^)(?=[A-Z])", "_", field["name"]).lower(), "type": kind}
    made["versions"] = _versions(field["versions"])
    if "nullableVersions" in field:
        made["nullable"] = _versions(field["nullableVersions"])
    if "tag" in field:
        made["tag"], made["tagged"] = field["tag"], _versions(field["taggedVersions"])
    if "default" in field:
        made["default"] = _default(kind, field["default"])
    nested = field.get("fields") or structs.get(kind.removeprefix("[]"))
    if nested:
        made["type"] = "[]struct" if kind.startswith("[]") else "struct"
        made["fields"] = [_field(inner, structs) for inner in nested]
    return made


def _default(kind: str, text: Any) -> Any:
    if text == "null":
        return None
    if kind == "bool":
        return str(text).lower() == "true"
    return text if kind == "string" else int(str(text), 0)


def _versions(text: str) -> list[int]:
    if text == "none":
        return [_LAST, _LAST]
    first, dash, last = text.partition("-")
    if text.endswith("+"):
        return [int(text[:-1]), _LAST]
    return [int(first), int(last) if dash else int(first)]


if __name__ == "__main__":
    DEFINITIONS.write_text(condensed(Path(sys.argv[1]), Path(sys.argv[2])))
