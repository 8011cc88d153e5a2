"""`marketplace doctor`: every fault of the machine, the terminal and the marketplace is named with what to do."""

from __future__ import annotations

import fcntl
import json
import os
import resource
import subprocess
from pathlib import Path

import pytest

from services_stub.client.user_files import replace_private
from services_stub.contracts.control import ActiveFault, KafkaState, Phase, ProcessState, ServiceState, State, Status
from services_stub.contracts.control_faults import PaymentOutage
from services_stub.infra.config.directory import DATA_FORMAT, LEAST_FREE_BYTES, DataDirectory
from services_stub.infra.inspection.doctor import machine, marketplace, terminal
from services_stub.infra.inspection.doctor.diagnosis import Diagnoses, Diagnosis, as_json, as_text, fine, wrong
from services_stub.infra.inspection.doctor.examination import examine

UNLIMITED = resource.RLIM_INFINITY
GIB = 2**30


def status(
    *, ready: bool = True, paused: bool = False, broker: int = 5, phase: Phase = "running", supervisor: int = 1
) -> State:
    return State(
        gateway="http://127.0.0.1:8080",
        kafka=KafkaState(mode="embedded", bootstrap_servers=""),
        cart_store="",
        data_dir="",
        services=[ServiceState(name="order", pid=4, port=1, ready=ready, restarts=0, paused=paused)],
        infrastructure=[ProcessState(name="kafka", pid=broker, restarts=0, paused=False)],
        phase=phase,
        started_at="then",
        supervisor_pid=supervisor,
        launcher_pid=2,
        seed=1,
        control_url="http://127.0.0.1:9",
        control_token="t",
        internal_token="i",
        users=[],
    )


@pytest.mark.parametrize(
    ("found", "verdict", "says"),
    [
        (machine.python((3, 10, 1)), "wrong", "3.11 or newer"),
        (machine.python((3, 11, 0)), "fine", "3.11.0"),
        (machine.gateway_port([8080, 8081], 0), "fine", "8080 is free"),
        (machine.gateway_port([8083], 0), "note", "takes 8083"),
        (machine.gateway_port([], 0), "wrong", "--port"),
        (machine.gateway_port([], 8080), "fine", "marketplace that runs"),
        (machine.service_ports(False, ""), "wrong", "ip link set lo up"),
        (machine.service_ports(True, "32768\t60999\n"), "fine", "20000"),
        (machine.service_ports(True, "1024 65535"), "note", "from 1024 on"),
        (machine.service_ports(True, ""), "fine", "127.0.0.1"),
        (machine.descriptors(100, UNLIMITED), "wrong", "ulimit -n 1024"),
        (machine.descriptors(300, 500), "note", "ulimit -n 500"),
        (machine.descriptors(1024, 1024), "fine", "1,024"),
        (machine.descriptors(UNLIMITED, UNLIMITED), "fine", "unlimited"),
        (machine.disk_space(Path("/d"), LEAST_FREE_BYTES - 1), "wrong", "--data-dir"),
        (machine.disk_space(Path("/d"), GIB - 1), "note", "1,024 MiB"),
        (machine.disk_space(Path("/d"), GIB), "fine", "/d"),
        (machine.clock(1_000_000, 1_000_060), "wrong", "60 s later"),
        (machine.clock(1_000_000, 1_000_004), "fine", "1970-01-12 13:46:40 UTC"),
        (machine.time_zone(""), "fine", "UTC"),
        (machine.time_zone("Europe/Berlin"), "fine", "Europe/Berlin"),
        (machine.time_zone("CET-1CEST,M3.5.0,M10.5.0/3"), "fine", "CET"),
        (machine.time_zone("Europe/Nowhere"), "wrong", "unset it"),
        (terminal.size(79, 24), "wrong", "80 columns"),
        (terminal.size(80, 23), "wrong", "24 lines"),
        (terminal.size(80, 24), "fine", "80 columns"),
        (terminal.colours({}), "wrong", "xterm-256color"),
        (terminal.colours({"TERM": "dumb"}), "wrong", "TERM=dumb"),
        (terminal.colours({"TERM": "xterm", "NO_COLOR": "1"}), "note", "NO_COLOR"),
        (terminal.colours({"TERM": "xterm-256color"}), "fine", "256"),
        (terminal.colours({"TERM": "xterm", "COLORTERM": "truecolor"}), "fine", "16 million"),
        (terminal.characters("ANSI_X3.4-1968"), "wrong", "C.UTF-8"),
        (terminal.characters("utf-8"), "fine", "UTF-8"),
    ],
)
def test_a_part_has_a_verdict_and_says_what_to_do(found: Diagnosis, verdict: str, says: str) -> None:
    assert found.verdict == verdict
    assert says in f"{found.detail} {found.advice}"
    assert bool(found.advice) == (verdict != "fine")


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (status(), [("fine", "all services ready")]),
        (status(phase="starting"), [("note", "starting since then")]),
        (status(ready=False), [("wrong", "marketplace logs order")]),
        (status(ready=False, paused=True), [("wrong", "admin resume order")]),
        (status(broker=0), [("wrong", "not ready: kafka")]),
        (status(broker=0, paused=True), [("wrong", "paused: order"), ("wrong", "not ready: kafka")]),
    ],
)
def test_a_marketplace_that_answers_is_judged_by_its_processes(found: Status, expected: list[tuple[str, str]]) -> None:
    judged = marketplace.judged(found, [])
    assert [one.verdict for one in judged] == [verdict for verdict, _ in expected]
    assert all(says in f"{one.detail} {one.advice}" for one, (_, says) in zip(judged, expected, strict=True))


def test_faults_in_force_are_a_note() -> None:
    fault = PaymentOutage()
    judged = marketplace.judged(status(), [ActiveFault(id=fault.id, fault=fault)])
    assert [(one.part, one.verdict) for one in judged] == [("marketplace", "fine"), ("faults", "note")]
    assert "payment-outage" in judged[1].detail


def test_a_directory_is_judged_without_being_made(tmp_path: Path) -> None:
    directory = DataDirectory(tmp_path / "new" / "data")
    assert machine.data_directory(directory).verdict == "fine"
    assert [one.verdict for one in marketplace.examine(directory)] == ["note"]
    assert not directory.root.parent.exists()


def test_a_directory_that_cannot_be_used_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "no directory" in machine.data_directory(DataDirectory(tmp_path / "file" / "data")).detail
    (tmp_path / "format").write_text(f"{DATA_FORMAT}0\n")
    assert "another version" in machine.data_directory(DataDirectory(tmp_path)).detail
    (tmp_path / "format").write_text(DATA_FORMAT)
    assert machine.data_directory(DataDirectory(tmp_path)).verdict == "fine"


def test_the_state_file_of_one_that_was_killed_is_wrong(tmp_path: Path) -> None:
    directory = DataDirectory(tmp_path)
    replace_private(directory.state_file, status())
    (found,) = marketplace.examine(directory)
    assert (found.verdict, str(directory.state_file) in found.detail) == ("wrong", True)
    assert "marketplace up" in found.advice


@pytest.mark.parametrize(
    ("supervisor", "says"), [(os.getpid(), "logs supervisor"), (2**22 + 1, "kill ")], ids=["alive", "left over"]
)
def test_processes_that_do_not_answer_are_alive_or_left_over(supervisor: int, says: str, tmp_path: Path) -> None:
    directory = DataDirectory(tmp_path)
    replace_private(directory.state_file, status(supervisor=supervisor))
    with directory.lock_file.open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        holder = subprocess.Popen(["sleep", "60"], pass_fds=[lock.fileno()])
        try:
            (found,) = marketplace.examine(directory)
        finally:
            holder.kill()
            holder.wait()
    assert found.verdict == "wrong"
    assert says in found.advice
    assert (str(holder.pid) in found.detail) == ("kill" in says)


def test_people_read_lines_and_programs_read_json() -> None:
    found = Diagnoses(items=[fine("clock", "12:00"), wrong("disk space", "none", "Free some.")])
    assert as_text(found).splitlines() == [
        "fine   clock       12:00",
        "wrong  disk space  none",
        "                   Free some.",
        "",
        "Wrong: 1 of 2.",
    ]
    assert [item["verdict"] for item in json.loads(as_json(found))["items"]] == ["fine", "wrong"]


def test_every_part_of_this_machine_is_examined(tmp_path: Path) -> None:
    found = examine(DataDirectory(tmp_path))
    parts = [item.part for item in found.items]
    assert {"Python", "Java", "file descriptors", "disk space", "clock", "characters", "marketplace"} <= set(parts)
    assert all(item.advice for item in found.items if item.verdict == "wrong")
