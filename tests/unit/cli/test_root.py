"""The root command lists all commands, loads only the one that runs, and gives errors a message and an exit code."""

from __future__ import annotations

import os
import sys

import pytest

from marketplace_tui import __main__, cli, failures
from services_stub.client import (
    Conflict,
    ContractBroken,
    InvalidInput,
    MarketplaceError,
    NotAllowed,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    SignInAgain,
    TryLater,
    Unreachable,
)
from services_stub.client.control import NotPossible, NotRunning, UnknownTarget
from services_stub.contracts.problem import FieldError, problem


def test_every_command_of_the_table_exists() -> None:
    for name in cli.COMMANDS:
        assert cli.load(name).get_short_help_str()


def test_the_kept_help_is_that_of_the_parser(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`UPDATE_GOLDENS=1` keeps it anew."""
    monkeypatch.setenv("COLUMNS", str(__main__.WIDTH))
    assert cli.run(["--help"]) == 0
    printed = capsys.readouterr().out
    if os.environ.get("UPDATE_GOLDENS") == "1":
        __main__.HELP.write_text(printed, encoding="ascii")
    assert printed == __main__.HELP.read_text(encoding="ascii")
    monkeypatch.setattr(sys, "argv", ["marketplace", "--help"])
    with pytest.raises(SystemExit) as ended:
        __main__.main()
    assert ended.value.code == 0
    assert capsys.readouterr().out == printed


def test_no_command_is_missing_from_the_table() -> None:
    import typer

    import marketplace_tui.opening
    import services_stub.cli
    import simulator.cli
    from marketplace_tui.commands import admin, dead_letters, seller, shop

    clients = (shop, seller, admin, dead_letters, marketplace_tui.opening)
    modules = (*clients, services_stub.cli, simulator.cli)
    groups = [typer.main.get_command(module.app) for module in modules]
    assert {name for group in groups for name in group.commands} == set(cli.COMMANDS)  # type: ignore[attr-defined]


@pytest.mark.parametrize("arguments", [[], ["--help"]])
def test_help_names_every_command(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(arguments) == 0
    text = capsys.readouterr().out
    assert all(f"\n  {name} " in text for name in cli.COMMANDS)
    assert "..." not in text.split("Commands:")[1]
    assert max(map(len, text.splitlines())) <= 80


def test_the_help_of_a_command_begins_with_its_summary() -> None:
    for name, (_, summary) in cli.COMMANDS.items():
        assert (cli.load(name).help or "").split("\n\n")[0] == summary


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["bogus"], "marketplace: No such command 'bogus'."),
        (["--bogus"], "marketplace: No such option: --bogus"),
        (["demo", "--bogus"], "marketplace demo: No such option: --bogus"),
        (["demo", "--kafka-config", "/nowhere/at/all"], "'/nowhere/at/all' does not exist"),
    ],
)
def test_bad_arguments_are_named_beside_the_help(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(arguments) == failures.BAD_ARGUMENTS
    said = capsys.readouterr()
    assert says in said.err
    assert "--help" in said.err
    assert said.out == ""


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["--version"]) == 0
    assert capsys.readouterr().out.strip()


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [
        (Unreachable("http://shop cannot be reached"), failures.NOT_REACHABLE, "Does a marketplace run?"),
        (Conflict(problem(409, "out-of-stock", "none is left")), failures.FAILED, "none is left"),
        (MarketplaceError("odd"), failures.FAILED, "odd"),
        (TryLater(problem(503, "unavailable", "away")), failures.NOT_REACHABLE, "away"),
        (OutcomeUnknown("no answer"), failures.UNKNOWN, "look before you repeat"),
        (InvalidInput(problem(400, "invalid-input", "`price` is none")), failures.BAD_ARGUMENTS, "`price` is none"),
        (SignInAgain(problem(401, "unauthenticated", "")), failures.NOT_ALLOWED, "--as"),
        (NotAllowed(problem(403, "blocked", "blocked")), failures.NOT_ALLOWED, "blocked"),
        (NotFound(problem(404, "not-found", "")), failures.NOT_FOUND, "Not found"),
        (RateLimited(problem(429, "too-many-requests", ""), retry_after=3), failures.TOO_MUCH, "3 s"),
        (ContractBroken("GET /: no JSON"), failures.OTHER_VERSION, "different versions"),
        (NotRunning("none runs"), failures.NOT_REACHABLE, "none runs"),
        (UnknownTarget(problem(404, "unknown", "no such service")), failures.NOT_FOUND, "no such service"),
        (NotPossible(problem(409, "not-possible", "not now")), failures.FAILED, "not now"),
        (PermissionError(13, "Permission denied", "/data"), failures.FAILED, "/data: Permission denied."),
        (ZeroDivisionError("a bug"), failures.BUG, "Traceback"),
        (OSError("no name"), failures.BUG, "Traceback"),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_an_error_has_a_message_and_an_exit_code(
    error: BaseException, code: int, says: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_name: str) -> object:
        raise error

    monkeypatch.setattr(cli, "load", fail)
    assert cli.run(["demo"]) == code
    said = capsys.readouterr()
    assert says in said.err
    assert ("Traceback" in said.err) == (code == failures.BUG)


def test_an_exit_code_of_a_command_is_passed_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["demo", "--json", "/nowhere/at/all.json"]) == failures.FAILED
    assert "/nowhere/at/all.json: No such file or directory." in capsys.readouterr().err


def test_what_a_refusal_names_is_said_line_by_line_and_safe_to_print() -> None:
    lines = [{"productId": "p1", "problem": "out-of-stock\x1b[2J", "available": 3, "oldPrice": None}]
    refused = Conflict(
        problem(409, "out-of-stock", "1 line", errors=[FieldError(field="lines[0]", message="bad")], lines=lines)
    )
    assert failures.explained(refused) == (
        ["Out of stock: 1 line", "  lines[0]: bad", "  productId p1, problem out-of-stock␛[2J, available 3"],
        failures.FAILED,
    )
