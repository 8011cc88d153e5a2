"""Every action that has a command finds it, every command is an action's or says why not, and none loads Textual."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from marketplace_tui import cli, failures
from marketplace_tui.actions.registry import ACTIONS
from marketplace_tui.commands import admin, dead_letters, seller, shop
from marketplace_tui.summaries import SUMMARIES

COMMAND_ONLY = {
    "shop cart show": "the cart is a screen",
    "shop cards": "the checkout offers the cards",
    "shop inbox": "the inbox is a screen",
    "shop order": "an order is opened from its list",
    "shop forgot-password": "who asks for a mail goes on where mail is read",
    "shop reset-password": "the token comes by mail",
    "admin services": "the services are a screen",
    "admin resume": "pausing what is paused lets it go on",
    "admin faults": "the faults are a screen",
    "dead-letters show": "a selected dead letter is shown beside the list",
}
"""Commands that no action names, and the reason."""

HEADLESS = ("actions", "commands", "model", "operations", "text")
"""The packages of the client that need no terminal."""


def commands_of(group: Any, path: str = "") -> Iterator[str]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands_of(command, f"{path}{name} ")
        else:
            yield f"{path}{name}"


AREAS = (shop, seller, admin, dead_letters)
COMMANDS = {name for area in AREAS for name in commands_of(typer.main.get_command(area.app))}
OURS = {action.command for action in ACTIONS if action.command.split(" ")[0] in SUMMARIES}


def test_every_action_of_these_groups_has_its_command() -> None:
    assert OURS <= COMMANDS


def test_every_command_is_named_by_an_action_or_stands_alone_for_a_reason() -> None:
    assert {command for command in COMMANDS if command not in OURS} == set(COMMAND_ONLY)


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_the_help_of_a_command_fits_a_narrow_terminal(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run([*command.split(), "--help"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"Usage: marketplace {command} ")
    assert {"--as", "--json", "--data-dir", "--gateway"} <= {word for line in lines for word in line.split()}
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["shop", "bogus"], "No such command"),
        (["shop", "cart", "add", "p", "0"], "greater than or equal to 1"),
        (["shop", "search", "--min-price", "cheap"], "an amount like 12.50"),
        (["shop", "search", "--min-price", "nan"], "an amount like 12.50"),
        (["shop", "orders", "--status", "LOST"], "PENDING"),
        (["shop", "orders", "--as", "owner"], "seller"),
        (["shop", "orders", "--limit", "101"], "100"),
        (["shop", "orders", "--gateway", "shop"], "http://host:8080"),
        (["shop", "orders", "--as", "user", "--gateway", "http://127.0.0.1:1"], "MARKETPLACE_PASSWORD"),
        (["admin", "kill", "order", "--gateway", "http://127.0.0.1:1"], "--data-dir"),
        (["admin", "fault", "bogus", "--gateway", "http://127.0.0.1:1"], "slow-requests"),
        (["admin", "fault", "payment-outage", "--rate", "1", "--gateway", "http://127.0.0.1:1"], "takes nothing"),
        (["dead-letters", "discard", "order-created.dlq[0]@1"], "--reason"),
        (["dead-letters", "send-again", "a", "--per-second", "501"], "500"),
        (["dead-letters", "list", "--state", "lost"], "discarded"),
        (["shop", "register", "--gateway", "http://127.0.0.1:1"], "MARKETPLACE_PASSWORD"),
        (["shop", "reset-password", "--gateway", "http://127.0.0.1:1"], "MARKETPLACE_PASSWORD"),
        (["admin", "clear-fault", "--gateway", "http://127.0.0.1:1"], "--all"),
    ],
)
def test_bad_input_says_what_to_do(arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(arguments) == failures.BAD_ARGUMENTS
    said = capsys.readouterr()
    assert says in said.out + said.err
    assert "Traceback" not in said.err


def test_without_a_marketplace_every_command_says_how_to_start_one(
    capsys: pytest.CaptureFixture[str], tmp_path: Any
) -> None:
    assert cli.run(["shop", "search", "--data-dir", str(tmp_path)]) == failures.NOT_REACHABLE
    assert cli.run(["shop", "search", "--gateway", "http://127.0.0.1:1"]) == failures.NOT_REACHABLE
    said = capsys.readouterr().err.splitlines()
    assert "marketplace up" in said[0]
    assert "cannot be reached" in said[1]


def test_the_half_that_needs_no_terminal_loads_no_textual() -> None:
    program = f"""
import importlib, pkgutil, sys
for name in {HEADLESS!r}:
    package = importlib.import_module(f"marketplace_tui.{{name}}")
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        importlib.import_module(module.name)
print(len([name for name in sys.modules if name.startswith("marketplace_tui.")]))
print(*[name for name in sys.modules if name.split(".")[0] == "textual"])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    loaded, textual = done.stdout.splitlines()
    assert int(loaded) > 2 * len(HEADLESS)
    assert textual == ""
