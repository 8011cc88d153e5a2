"""The commands that people type, against a marketplace that runs, and against none."""

from __future__ import annotations

import asyncio
import json
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from services_stub.cli import app
from services_stub.infra.config.services import SERVICES
from tests.system.accounts import new_person
from tests.system.infra_run import kill
from tests.system.marketplace import COMMAND, Marketplace, running_marketplace
from tests.waiting import wait_for


def command(*arguments: str, directory: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments, "--data-dir", str(directory)], capture_output=True, text=True, timeout=60, check=False
    )


def refusal(*arguments: str, directory: Path) -> Result:
    """A command that is refused before it reaches any process, and so needs none of its own."""
    return CliRunner().invoke(app, [*arguments, "--data-dir", str(directory)])


def test_the_status_as_json_has_the_members_that_programs_use(marketplace: Marketplace) -> None:
    status = json.loads(command("status", "--json", directory=marketplace.directory).stdout)
    assert status["gateway"].startswith("http://127.0.0.1:")
    assert status["kafka"].keys() == {"mode", "bootstrapServers"}
    assert status["cartStore"].startswith("valkey://")
    assert status["dataDir"] == str(marketplace.directory)
    assert tuple(service["name"] for service in status["services"]) == SERVICES
    assert all(service["ready"] for service in status["services"])


def test_the_status_for_people_names_every_part(marketplace: Marketplace) -> None:
    said = command("status", directory=marketplace.directory).stdout
    assert all(name in said for name in (*SERVICES, "kafka", "valkey", "RESTARTS"))


def test_the_log_of_one_process_is_shown_and_of_an_unknown_one_refused(marketplace: Marketplace) -> None:
    assert "Ready to accept connections" in command("logs", "valkey", directory=marketplace.directory).stdout
    refused = command("logs", "unknown", directory=marketplace.directory)
    assert refused.returncode == 1
    assert "valkey" in refused.stderr


def test_mail_is_listed_and_shown(marketplace: Marketplace) -> None:
    asyncio.run(new_person(marketplace))

    def with_welcome() -> str:
        listed = command("mail", directory=marketplace.directory).stdout
        return listed if "Welcome" in listed else ""

    listed = wait_for(with_welcome, what="the message to the new person")
    number = listed.splitlines()[-1].split()[0]
    assert "\nTo: " in command("mail", number, directory=marketplace.directory).stdout
    refused = command("mail", "999999", directory=marketplace.directory)
    assert (refused.returncode, refused.stdout) == (1, "")


def test_a_second_one_in_the_background_says_why_it_does_not_start(marketplace: Marketplace) -> None:
    refused = command("up", "--detach", directory=marketplace.directory)
    assert refused.returncode == 1
    assert "Another marketplace" in refused.stderr


def test_where_none_runs_the_commands_say_so(tmp_path: Path) -> None:
    for arguments in (["status"], ["status", "--json"], ["mail"]):
        refused = refusal(*arguments, directory=tmp_path)
        assert (refused.exit_code, refused.stdout) == (1, "")
        assert "marketplace up" in refused.stderr
    assert command("down", directory=tmp_path).returncode == 0


def test_options_that_make_no_sense_are_refused_at_once(tmp_path: Path) -> None:
    for arguments in (
        ["--kafka", "nonsense"],
        ["--smtp", "nonsense"],
        ["--sms", "nonsense"],
        ["--payments", "nonsense"],
        ["--kafka-config", "/nowhere"],
    ):
        refused = refusal("up", "--detach", *arguments, directory=tmp_path)
        assert refused.exit_code == 1
        assert arguments[0] in refused.stderr
    assert refusal("up", "--port", "70000", directory=tmp_path).exit_code == 2
    assert refusal("up", "--processes", "2", directory=tmp_path).exit_code == 2


@pytest.mark.slow
def test_all_services_in_one_process_do_their_work() -> None:
    with running_marketplace("--processes", "1", "--seed", "5") as running:
        status = running.control.status()
        assert len({service.pid for service in status.services}) == 1
        assert status.seed == 5


@pytest.mark.slow
def test_a_supervisor_that_dies_while_it_starts_is_named_as_the_reason(tmp_path: Path) -> None:
    command = [*COMMAND, "up", "--detach", "--data-dir", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as starting:
        lock = tmp_path / "lock"
        wait_for(lambda: lock.exists() and lock.read_text(), seconds=30, what="the supervisor")
        kill(int(lock.read_text()))
        said, _ = starting.communicate(timeout=60)
    assert starting.returncode != 0
    assert "did not start (killed by SIGKILL)" in said
