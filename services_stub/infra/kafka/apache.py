"""Apache Kafka as one KRaft node, without a container: its jars, its configuration, its formatted storage, its command.

`prepare` takes long and runs in a process of its own, so that it can be watched and interrupted.
"""

from __future__ import annotations

import base64
import shutil
import socket
import subprocess
import uuid
from pathlib import Path

import msgspec

from services_stub.infra.config.errors import CannotStart
from services_stub.infra.config.ports import HOST
from services_stub.infra.kafka.jars import jars
from services_stub.infra.kafka.java import find_java
from services_stub.infra.kafka.messages import ApacheArguments, NodeCommand
from services_stub.infra.processes import channel
from services_stub.infra.processes.messages import Problem, Progress

_FORMAT_SECONDS = 60
_JVM = (
    "-Xms64m",
    "-Xmx512m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Djava.awt.headless=true",
    "-XX:-UsePerfData",  # it would lie in the system's temporary directory
)
_LOGGING = """\
status=warn
appender.console.type=Console
appender.console.name=console
appender.console.layout.type=PatternLayout
appender.console.layout.pattern=%d{ISO8601} %p %m (%c)%n
rootLogger.level=warn
rootLogger.appenderRef.console.ref=console
logger.server.name=kafka.server
logger.server.level=info
"""


def prepare(argument: bytes, supervisor: socket.socket) -> None:
    """Make everything ready; the last message is the command, or the problem."""
    arguments = msgspec.json.decode(argument, type=ApacheArguments)
    try:
        command = command_of(arguments, supervisor)
    except CannotStart as problem:
        channel.send(supervisor, Problem(text=str(problem)))
    else:
        channel.send(supervisor, NodeCommand(arguments=command))


def command_of(arguments: ApacheArguments, supervisor: socket.socket) -> list[str]:
    """The command that starts the node, when all that it needs is in place."""
    java = find_java()
    libraries = jars(Path(arguments.cache), lambda text: channel.send(supervisor, Progress(text=text)))
    directory = Path(arguments.directory)
    if "," in arguments.directory:
        raise CannotStart(
            f"Apache Kafka takes no comma in the path of its data, {directory}: choose another --data-dir."
        )
    configuration, logging = directory / "server.properties", directory / "log4j2.properties"
    configuration.write_text(server_properties(arguments))
    logging.write_text(_LOGGING)
    # Libraries are unpacked there, and stay when the node is killed.
    temporary = directory / "tmp"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    start = [
        java,
        *_JVM,
        f"-Djava.io.tmpdir={temporary}",
        f"-Dlog4j2.configurationFile={logging.absolute().as_uri()}",
        "-cp",
        f"{libraries}/*",
    ]
    if not (directory / "log" / "meta.properties").exists():
        channel.send(supervisor, Progress(text="Formatting the storage of Apache Kafka."))
        _format(start, configuration)
    return [*start, "kafka.Kafka", str(configuration)]


def server_properties(arguments: ApacheArguments) -> str:
    """The configuration of a node that is broker, controller and all replicas there are."""
    controller = f"{HOST}:{arguments.controller_port}"
    ports = {"PLAINTEXT": arguments.port, "CONTROLLER": arguments.controller_port}
    links = {f"LINK{own}": (own, told) for own, told in arguments.advertised.items()}
    listeners = ports | {name: own for name, (own, _) in links.items()}
    advertised = ports | {name: told for name, (_, told) in links.items()}
    properties = {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.bootstrap.servers": controller,
        "controller.listener.names": "CONTROLLER",
        "listeners": ",".join(f"{name}://{HOST}:{port}" for name, port in listeners.items()),
        "advertised.listeners": ",".join(f"{name}://{HOST}:{port}" for name, port in advertised.items()),
        "listener.security.protocol.map": ",".join(f"{name}:PLAINTEXT" for name in listeners),
        "log.dirs": _escaped(f"{arguments.directory}/log"),
        "auto.create.topics.enable": "false",
        "num.partitions": "6",
        "default.replication.factor": "1",
        "min.insync.replicas": "1",
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "4",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "transaction.state.log.num.partitions": "4",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        "share.coordinator.state.topic.num.partitions": "4",
        "group.initial.rebalance.delay.ms": "0",
        # A killed broker may come back only when the session of its former life is over.
        "broker.session.timeout.ms": "2000",
        "broker.heartbeat.interval.ms": "400",
        "group.consumer.min.session.timeout.ms": "6000",
        "group.consumer.session.timeout.ms": "6000",
        "group.consumer.min.heartbeat.interval.ms": "1000",
        "group.consumer.heartbeat.interval.ms": "2000",
        "log.cleaner.dedupe.buffer.size": "4194304",
        "num.network.threads": "2",
        "num.io.threads": "4",
    }
    return "".join(f"{key}={value}\n" for key, value in properties.items())


def _escaped(value: str) -> str:
    """A value as files of Java properties have it: ASCII, with UTF-16 units escaped, and its leading space kept."""
    units = memoryview(value.encode("utf-16-le")).cast("H")
    return "".join(chr(unit) if 0x20 < unit < 0x7F and unit != 0x5C else f"\\u{unit:04x}" for unit in units)


def _format(start: list[str], configuration: Path) -> None:
    cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()
    # An id that begins with a dash would be taken for an option.
    cluster = cluster.replace("-", "a", 1) if cluster.startswith("-") else cluster
    command = [*start, "kafka.tools.StorageTool", "format", "--standalone"]
    command += ["--cluster-id", cluster, "--config", str(configuration)]
    try:
        subprocess.run(
            command, check=True, capture_output=True, text=True, timeout=_FORMAT_SECONDS, stdin=subprocess.DEVNULL
        )
    except subprocess.CalledProcessError as error:
        reason = error.stderr or error.stdout
        raise CannotStart(f"The storage of Apache Kafka could not be formatted:\n{reason}") from error
    except subprocess.TimeoutExpired as error:
        raise CannotStart(f"Formatting the storage of Apache Kafka took more than {_FORMAT_SECONDS} s.") from error
