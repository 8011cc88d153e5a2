"""The root of the command `marketplace`: names every command, and loads the one that is asked for.

The only module that knows all command groups. Errors that a person can do something about end the command with their
message alone and an exit code; everything else is a bug and keeps its traceback.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

import marketplace_tui.summaries
import services_stub.summaries
import simulator.summaries
from marketplace_tui import failures
from marketplace_tui.actions.state import AccountRole
from marketplace_tui.first_frame import FIRST_FRAME


def _named(module: str, names: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Commands of one module; `{}` in its path stands for the name of the command."""
    return {name: (module.format(name.replace("-", "_")), summary) for name, summary in names.items()}


COMMANDS = {
    **_named("marketplace_tui.opening", {"tour": marketplace_tui.summaries.TOUR}),
    **_named("marketplace_tui.commands.{}", marketplace_tui.summaries.SUMMARIES),
    **_named("simulator.cli", simulator.summaries.SUMMARIES),
    **_named("services_stub.cli", services_stub.summaries.SUMMARIES),
}
"""Every command: the module whose `app` has it, and its summary, so that listing them loads none of them."""


class LazyCommands(TyperGroup):
    """A group whose commands are known by name and summary until one of them is run."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - the base's
        """The names, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - the base's
        """A stand-in that can be listed."""
        if cmd_name not in COMMANDS:
            return None
        _, summary = COMMANDS[cmd_name]
        return TyperCommand(cmd_name, help=summary)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command itself, loaded now."""
        name, stand_in, rest = super().resolve_command(ctx, args)
        return name, stand_in if name is None else load(name), rest


def load(name: str) -> Any:
    """The real command behind a name."""
    module, _ = COMMANDS[name]
    group: Any = typer.main.get_command(importlib.import_module(module).app)
    return _plain(group.commands[name])


def _plain(command: Any) -> Any:
    """The command with help in plain text, as at the root: drawing boxes would take twice as long as all the rest."""
    command.rich_markup_mode = None
    for child in getattr(command, "commands", {}).values():
        _plain(child)
    return command


app = typer.Typer(cls=LazyCommands, add_completion=False, invoke_without_command=True, rich_markup_mode=None)


@app.callback()
def marketplace(
    context: typer.Context,
    data_dir: Annotated[
        Path | None, typer.Option(help="The marketplace on this machine; started if none runs.", show_default=False)
    ] = None,
    gateway: Annotated[str, typer.Option(help="One that runs elsewhere: http://host:8080.", show_default=False)] = "",
    role: Annotated[
        AccountRole | None, typer.Option("--as", help="Sign in with a development account.", show_default=False)
    ] = None,
    recording: Annotated[
        Path | None, typer.Option(help="A file of `trace record`.", exists=True, dir_okay=False, show_default=False)
    ] = None,
    web: Annotated[bool, typer.Option("--web", help="In a browser of this machine.")] = False,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Of the page for the browser.")] = 8000,
    version: Annotated[bool, typer.Option("--version", help="Print the version and end.")] = False,
) -> None:
    """A whole event-driven marketplace that lives in your terminal. Without a command the client opens."""
    if version:
        from importlib import metadata

        typer.echo(metadata.version("marketplace-terminal"))
        raise typer.Exit
    if context.invoked_subcommand is not None:
        return
    from marketplace_tui import opening

    if not web and not opening.has_terminal():
        typer.echo(context.get_help())
        return
    if web:
        opening.open_in_browser(data_dir, gateway, role, port, recording)
    else:
        opening.open_client(data_dir, gateway, role, recording)


def run(arguments: Sequence[str]) -> int:
    """Run one command line; the exit code."""
    command: Any = typer.main.get_command(app)
    try:
        try:
            result = command.main(args=list(arguments), prog_name="marketplace", standalone_mode=False)
        finally:
            FIRST_FRAME.leave()  # before any words
    except typer.TyperException as error:
        _say_misuse(error)
        return failures.BAD_ARGUMENTS
    except typer.Abort:
        return failures.INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the edge of the process: explained, or shown whole, and the end
        return _explain(error)
    return result if isinstance(result, int) else 0


def _say_misuse(error: typer.TyperException) -> None:
    if error.format_message().startswith("Usage:"):  # a group without a command
        typer.echo(error.format_message(), err=True)
        return
    context: Any = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "marketplace"
    typer.echo(f"{path}: {error.format_message()}\nSee `{path} --help`.", err=True)


def _explain(error: Exception) -> int:
    """Print the words of an error that a person can do something about, and a bug with its traceback."""
    explained = failures.explained(error)
    if explained is None:
        import traceback

        traceback.print_exception(error)
        return failures.BUG
    lines, code = explained
    typer.echo("\n".join(lines), err=True)
    return code
