"""The commands of `marketplace admin` about processes and faults, over the control API of this machine.

They sign in to nothing, so that they work while the auth service is away.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import typer

from marketplace_tui.commands.invocation import Group, Invocation

if TYPE_CHECKING:
    from marketplace_tui.operations.admin import Verb

group = Group("guest")

Process = Annotated[str, typer.Argument(metavar="PROCESS", help="A service, or kafka.")]


@group.command("services", "Show the services, their processes, and how far each has read.")
async def services(invocation: Invocation) -> None:
    """Ask the gateway, and the control API where the marketplace runs on this machine."""
    from marketplace_tui.commands.admin_views import service_list
    from marketplace_tui.operations.admin import services as read

    control = invocation.target.control() if invocation.target.state else None
    invocation.output.answer(await read(invocation.client, control), service_list)


@group.command("kill", "End a process at once; it is started again.")
async def kill(invocation: Invocation, process: Process) -> None:
    """Its data stay."""
    await _act(invocation, "kill", process)


@group.command("pause", "Freeze a process; for kafka: cut all connections, and accept none.")
async def pause(invocation: Invocation, process: Process) -> None:
    """Until it is resumed."""
    await _act(invocation, "pause", process)


@group.command("resume", "Let a paused process go on.")
async def resume(invocation: Invocation, process: Process) -> None:
    """End a pause."""
    await _act(invocation, "resume", process)


@group.command("restart", "Let a process finish what it began, end and start again.")
async def restart(invocation: Invocation, process: Process) -> None:
    """Its data stay."""
    await _act(invocation, "restart", process)


@group.command("faults", "List the faults that are in force.")
async def faults(invocation: Invocation) -> None:
    """All of them."""
    from marketplace_tui.commands.admin_views import fault_list
    from services_stub.contracts.control import Faults

    active = await asyncio.to_thread(invocation.target.control().faults)
    invocation.output.answer(Faults(items=active), fault_list)


@group.command("fault", "Put a fault into force, until it is cleared: declined-payments --rate 0.5, ...")
async def fault(
    invocation: Invocation,
    kind: Annotated[str, typer.Argument(metavar="KIND", help="Such as slow-requests; a wrong one lists them all.")],
    rate: Annotated[float | None, typer.Option(help="The share that it strikes, up to 1.", show_default=False)] = None,
    milliseconds: Annotated[
        int | None, typer.Option(help="How long, how often, or how far ahead.", show_default=False)
    ] = None,
    topic: Annotated[str | None, typer.Option(help="The topic whose records it strikes.", show_default=False)] = None,
    service: Annotated[str | None, typer.Option(help="The service that it strikes.", show_default=False)] = None,
    link: Annotated[
        str | None, typer.Option(help="The calls that it strikes: order-product.", show_default=False)
    ] = None,
    api_key: Annotated[int | None, typer.Option(help="The kind of Kafka request.", show_default=False)] = None,
    error: Annotated[int | None, typer.Option(help="A Kafka error code.", show_default=False)] = None,
    count: Annotated[int | None, typer.Option(help="How many requests it strikes.", show_default=False)] = None,
) -> None:
    """One with the same id is replaced."""
    from marketplace_tui.commands.admin_views import fault_page
    from marketplace_tui.operations.admin import fault_of

    given: dict[str, Any] = {
        "rate": rate,
        "milliseconds": milliseconds,
        "topic": topic,
        "service": service,
        "link": link,
        "apiKey": api_key,
        "error": error,
        "count": count,
    }
    wanted = fault_of(kind, {name: value for name, value in given.items() if value is not None})
    active = await asyncio.to_thread(invocation.target.control().apply, wanted)
    invocation.output.answer(active, fault_page)


@group.command("clear-fault", "Take a fault out of force, or all of them.")
async def clear_fault(
    invocation: Invocation,
    fault_id: Annotated[str, typer.Argument(metavar="ID", help="As `marketplace admin faults` lists it.")] = "",
    everything: Annotated[bool, typer.Option("--all", help="Clear all of them.")] = False,
) -> None:
    """One of the two."""
    from marketplace_tui.commands.admin_views import cleared_list
    from marketplace_tui.operations.admin import clear_faults

    if bool(fault_id) == everything:
        raise typer.BadParameter("name a fault, or give --all", param_hint="ID")
    cleared = await clear_faults(invocation.target.control(), fault_id)
    invocation.output.answer(cleared, cleared_list)


async def _act(invocation: Invocation, verb: Verb, process: str) -> None:
    from marketplace_tui.commands.admin_views import action_page
    from marketplace_tui.operations.admin import action_on

    action = action_on(verb, process)
    await asyncio.to_thread(invocation.target.control().act, action)
    invocation.output.answer(action, action_page)
