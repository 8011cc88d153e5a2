"""Which command of which client does what; `{address}`, `{topic}` and `{group}` are put into them."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from services_stub.client.user_files import cache_directory
from services_stub.infra.kafka.jars import VERSION, jars
from services_stub.infra.kafka.java import find_java

_FOLDER = Path(__file__).parent
_ROOT = _FOLDER.parents[2]
_TOOLS = "org.apache.kafka.tools"
_CONSUMERS = f"{_TOOLS}.consumer"
_OWN = ("list", "create", "configure", "produce", "consume", "member", "lag")
_SERVER = "--bootstrap-server {address} "
_LIVELY = "--command-property session.timeout.ms=6000 --command-property heartbeat.interval.ms=500"


@dataclass(frozen=True)
class Client:
    """A program, and its arguments for each thing that it offers. `start` gives the command in front of them."""

    name: str
    start: Callable[[], list[str]]
    abilities: dict[str, str]

    def command(self, ability: str, address: str, topic: str, group: str) -> list[str]:
        """The whole command."""
        arguments = shlex.split(self.abilities[ability].format(address=address, topic=topic, group=group))
        return [*self.start(), *arguments]


def _kcat() -> list[str]:
    if shutil.which("kcat") is None:
        pytest.skip("kcat is not installed (Debian: kcat)")
    return ["kcat"]


@cache
def _tools_jar() -> Path:
    """The one jar of the tools, which a broker does not need."""
    import truststore
    from jgo.maven import MavenContext

    truststore.inject_into_ssl()
    context = MavenContext(repo_cache=cache_directory() / "repository")
    found: Path = context.project("org.apache.kafka", "kafka-tools").at_version(VERSION).artifact().resolve()
    return found


def _java(tool: str) -> Callable[[], list[str]]:
    def start() -> list[str]:
        classes = f"{_tools_jar()}:{jars(cache_directory(), print)}/*"
        return [find_java(), "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", classes, tool]

    return start


def _python(script: str, package: str) -> Callable[[], list[str]]:
    def start() -> list[str]:
        uv = shutil.which("uv") or shutil.which("uv", path=_ROOT / ".bootstrap/bin")
        if uv is None:
            pytest.skip("uv is not installed: `make` brings it")
        return [uv, "run", "--quiet", "--no-project", "--with", package, "python", str(_FOLDER / script)]

    return start


@cache
def _franz_go() -> list[str]:
    go = shutil.which("go") or shutil.which("go", path="/usr/local/go/bin")
    if go is None:
        pytest.skip("Go is not installed")
    program = cache_directory() / "franz-go"
    subprocess.run([go, "build", "-o", program, "."], cwd=_FOLDER / "franz_go", check=True, timeout=300)
    return [str(program)]


def _all(*abilities: str) -> dict[str, str]:
    return {ability: f"{ability} {{address}} {{topic}} {{group}}" for ability in abilities}


CLIENTS = [
    Client(
        "kcat",
        _kcat,
        {
            "list": "-b {address} -L",
            "produce": "-b {address} -P -t {topic}",
            "consume": "-b {address} -C -t {topic} -o beginning -e -q",
            "member": "-b {address} -q -u -X auto.offset.reset=earliest -X session.timeout.ms=6000 -G {group} {topic}",
        },
    ),
    Client(
        "kafka-topics",
        _java(f"{_TOOLS}.TopicCommand"),
        {"list": _SERVER + "--list", "create": _SERVER + "--create --topic {topic} --partitions 2"},
    ),
    Client(
        "kafka-configs",
        _java("kafka.admin.ConfigCommand"),
        {"configure": _SERVER + "--alter --entity-type topics --entity-name {topic} --add-config retention.ms=3600000"},
    ),
    Client("kafka-console-producer", _java(f"{_TOOLS}.ConsoleProducer"), {"produce": _SERVER + "--topic {topic}"}),
    Client(
        "kafka-console-consumer",
        _java(f"{_CONSUMERS}.ConsoleConsumer"),
        {
            "consume": _SERVER + "--topic {topic} --from-beginning --max-messages 3",
            "member": _SERVER + "--topic {topic} --group {group} --from-beginning " + _LIVELY,
        },
    ),
    Client(
        "kafka-verifiable-producer",
        _java(f"{_TOOLS}.VerifiableProducer"),
        {"produce": _SERVER + "--topic {topic} --max-messages 3"},
    ),
    Client(
        "kafka-verifiable-consumer",
        _java(f"{_TOOLS}.VerifiableConsumer"),
        {
            "consume": _SERVER + "--topic {topic} --group-id {group} --verbose --max-messages 3",
            "member": _SERVER + "--topic {topic} --group-id {group} --verbose --session-timeout 6000",
        },
    ),
    Client(
        "kafka-producer-perf-test",
        _java(f"{_TOOLS}.ProducerPerformance"),
        {"produce": _SERVER + "--topic {topic} --num-records 3 --record-size 100 --throughput -1"},
    ),
    Client(
        "kafka-consumer-groups",
        _java(f"{_CONSUMERS}.group.ConsumerGroupCommand"),
        {"lag": _SERVER + "--describe --group {group}"},
    ),
    Client("kafka-python", _python("with_kafka_python.py", "kafka-python==3.0.12"), _all(*_OWN)),
    Client("aiokafka", _python("with_aiokafka.py", "aiokafka==0.14.0"), _all(*_OWN)),
    Client("franz-go", _franz_go, _all(*_OWN)),
    Client(
        "kaskade",
        _python("with_kaskade.py", "kaskade==5.1.0"),
        _all("list", "create", "configure", "consume", "lag"),
    ),
]
