"""`marketplace dead-letters`: the records that a service could not handle."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from marketplace_tui import failures
from marketplace_tui.commands.invocation import Group, Invocation
from marketplace_tui.commands.values import USUAL_LIMIT, Cursor, Limit
from marketplace_tui.summaries import SUMMARIES
from services_stub.contracts.http.dead_letters import DEFAULT_PER_SECOND, MOST_PER_SECOND, DeadLetterState

if TYPE_CHECKING:
    from services_stub.contracts.http.dead_letters import DeadLetterResult

group = Group("admin")

Ids = Annotated[
    list[str] | None, typer.Argument(metavar="ID", help="As `list` shows them, in quotes.", show_default=False)
]
Everything = Annotated[bool, typer.Option("--all", help="All that are open, of --topic and --group.")]
Topic = Annotated[str, typer.Option(help="Of this topic.", show_default=False)]
OfGroup = Annotated[str, typer.Option("--group", help="Given up by this service.", show_default=False)]


@group.command("list", "List the dead letters.")
async def list_all(
    invocation: Invocation,
    topic: Topic = "",
    of_group: OfGroup = "",
    state: Annotated[
        Literal["open", "sent-again", "discarded", "all"], typer.Option(help="Acted on, or not.")
    ] = "open",
    limit: Limit = USUAL_LIMIT,
    cursor: Cursor = "",
) -> None:
    """Newest first."""
    from marketplace_tui.commands.dead_letter_views import dead_letter_list

    wanted = None if state == "all" else DeadLetterState(state)
    page = await invocation.client.dead_letters.list(
        topic=topic, group=of_group, state=wanted, cursor=cursor, limit=limit
    )
    invocation.output.page(page, dead_letter_list)


@group.command("show", "Show a dead letter with its record.")
async def show(
    invocation: Invocation,
    dead_letter_id: Annotated[str, typer.Argument(metavar="ID", help="As `list` shows it, in quotes.")],
) -> None:
    """Nothing of it is cut."""
    from marketplace_tui.commands.dead_letter_views import dead_letter_page

    invocation.output.answer(await invocation.client.dead_letters.read(dead_letter_id), dead_letter_page)


@group.command("send-again", "Send records again to the service that gave them up.")
async def send_again(
    invocation: Invocation,
    ids: Ids = None,
    everything: Everything = False,
    topic: Topic = "",
    of_group: OfGroup = "",
    per_second: Annotated[
        int, typer.Option(min=1, max=MOST_PER_SECOND, help="At most so many in a second.")
    ] = DEFAULT_PER_SECOND,
    reason: Annotated[str, typer.Option(help="Why, for the record.", show_default=False)] = "",
) -> None:
    """The oldest first. A service handles an event once, so it is safe to repeat."""
    from marketplace_tui.operations import dead_letters

    chosen = await _chosen(invocation, ids or [], topic, of_group, everything=everything)
    parts = dead_letters.send_again(invocation.client, chosen, per_second=per_second, reason=reason)
    await _act(invocation, parts, len(chosen), "sent again")


@group.command("discard", "Close dead letters without sending them again.")
async def discard(
    invocation: Invocation,
    reason: Annotated[str, typer.Option(help="Why, for the record.", show_default=False)],
    ids: Ids = None,
    everything: Everything = False,
    topic: Topic = "",
    of_group: OfGroup = "",
) -> None:
    """The records stay in their topic until it forgets them."""
    from marketplace_tui.operations import dead_letters

    chosen = await _chosen(invocation, ids or [], topic, of_group, everything=everything)
    await _act(invocation, dead_letters.discard(invocation.client, chosen, reason=reason), len(chosen), "discarded")


async def _chosen(
    invocation: Invocation, ids: Sequence[str], topic: str, of_group: str, *, everything: bool
) -> Sequence[str]:
    from marketplace_tui.operations.dead_letters import open_ids

    if bool(ids) == everything:
        raise typer.BadParameter("name dead letters, or give --all", param_hint="ID")
    if ids and (topic or of_group):
        raise typer.BadParameter("--topic and --group choose among --all", param_hint="ID")
    return await open_ids(invocation.client, topic, of_group) if everything else ids


async def _act(invocation: Invocation, parts: AsyncIterator[Sequence[DeadLetterResult]], count: int, done: str) -> None:
    """Act part by part; say how far it came, whatever ends it. The exit code says whether all was done."""
    from marketplace_tui.commands.dead_letter_views import result_list
    from services_stub.client.errors import MarketplaceError
    from services_stub.contracts.http.dead_letters import DeadLetterResults

    results: list[DeadLetterResult] = []
    try:
        async for part in parts:
            results += part
            if len(part) < count:
                invocation.output.note(f"{len(results):,} of {count:,}")
    except BaseException as error:
        if results or not isinstance(error, MarketplaceError):
            words = f"{len(results):,} of {count:,} are {done}, and those under way may be. It is safe to repeat it."
            invocation.output.note(words)
        raise
    invocation.output.answer(DeadLetterResults(results=results), result_list(done))
    if any(result.problem for result in results):
        raise typer.Exit(failures.FAILED)


app = typer.Typer()
app.add_typer(group.app, name="dead-letters", help=SUMMARIES["dead-letters"])
