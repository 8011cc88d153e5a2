"""One run of a command, and the options that all commands for a marketplace share.

A command is an asynchronous function whose first parameter is its `Invocation`; its group makes of it the function that
the command line calls, with the shared options behind its own.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Concatenate, ParamSpec, TypeAlias

import typer

from marketplace_tui.actions.state import AccountRole
from marketplace_tui.commands.connecting import GUEST, Target, account_of, connected, target_of

if TYPE_CHECKING:
    from marketplace_tui.commands.output import Output
    from services_stub.client.marketplace import MarketplaceClient

P = ParamSpec("P")
Function: TypeAlias = "Callable[Concatenate[Invocation, P], Awaitable[None]]"


@dataclass(frozen=True)
class Invocation:
    """The marketplace of a command, a client that is signed in there, and where the answer goes."""

    target: Target
    client: MarketplaceClient
    output: Output


def _shared(
    *,
    sign_in_as: Annotated[
        AccountRole | None, typer.Option("--as", help="The development account to act for.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON for programs.")] = False,
    data_dir: Annotated[
        Path | None,
        typer.Option(help="The marketplace there; by default ~/.local/share/marketplace.", show_default=False),
    ] = None,
    gateway: Annotated[str, typer.Option(metavar="URL", help="A marketplace elsewhere.", show_default=False)] = "",
) -> None:
    """Declare the options that all commands share."""


SHARED = inspect.signature(_shared, eval_str=True).parameters


class Group:
    """Commands that act for the account of one role, `usual`, where nothing else is said; or for none at all."""

    def __init__(self, usual: AccountRole, *, signs_in: bool = True) -> None:
        self.app = typer.Typer(no_args_is_help=True)
        self._usual, self._signs_in = usual, signs_in

    def command(self, name: str, summary: str) -> Callable[[Function[P]], Function[P]]:
        """Make a function the command `name`."""

        def add(function: Function[P]) -> Function[P]:
            self.app.command(name, help=summary)(_command_of(function, self._usual, signs_in=self._signs_in))
            return function

        return add


def _command_of(function: Function[P], usual: AccountRole, *, signs_in: bool) -> Callable[..., None]:
    own = inspect.signature(function, eval_str=True)
    _, *parameters = own.parameters.values()

    def command(**arguments: Any) -> None:
        shared = {name: arguments.pop(name) for name in SHARED}
        asyncio.run(_run(function, usual, arguments, signs_in=signs_in, **shared))

    command.__name__, command.__doc__ = function.__name__, function.__doc__
    signature = own.replace(parameters=[*parameters, *SHARED.values()], return_annotation=None)
    command.__signature__ = signature  # type: ignore[attr-defined] # inspect reads it there
    return command


async def _run(
    function: Callable[..., Awaitable[None]],
    usual: AccountRole,
    arguments: dict[str, Any],
    *,
    signs_in: bool,
    sign_in_as: AccountRole | None,
    as_json: bool,
    data_dir: Path | None,
    gateway: str,
) -> None:
    from marketplace_tui.commands.output import Output

    target = target_of(data_dir, gateway)
    account = account_of(target, sign_in_as, usual) if signs_in else GUEST
    async with connected(target, account) as client:
        await function(Invocation(target, client, Output(as_json=as_json)), **arguments)
