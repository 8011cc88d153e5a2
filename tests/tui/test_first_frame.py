"""The first frame is painted where the client opens, and nowhere else."""

from __future__ import annotations

from typing import Any

import pytest
import typer

from marketplace_tui import cli, first_frame, opening


@pytest.mark.parametrize(
    ("line", "opens"),
    [
        ("", True),
        ("--as seller", True),
        ("--as=admin --data-dir shop", True),
        ("--gateway http://host:8080 --as user", True),
        ("tour --data-dir tour", True),
        ("--data-dir", True),
        ("--help", False),
        ("--as user --help", False),
        ("--web", False),
        ("--version", False),
        ("shop search --as user", False),
        ("up", False),
    ],
)
def test_a_command_line_opens_the_client_or_not(line: str, opens: bool) -> None:
    assert first_frame.opens_client(line.split()) == opens


def test_the_options_of_the_client_are_those_that_the_parser_knows() -> None:
    """Only the port of the page for browsers has a value and does not open the client here."""
    group: Any = typer.main.get_command(opening.app)
    commands: list[Any] = [typer.main.get_command(cli.app), group.commands["tour"]]
    with_values = {option for command in commands for one in command.params if not one.is_flag for option in one.opts}
    assert with_values == first_frame.OPTIONS | {"--port"}
