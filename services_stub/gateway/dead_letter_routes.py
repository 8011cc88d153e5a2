"""The routes of the dead letters, for admins."""

from __future__ import annotations

from typing import Annotated

from litestar import get, post
from litestar.params import Parameter

from services_stub.contracts.envelope import Cause
from services_stub.contracts.http.dead_letters import (
    LONGEST_ID,
    DeadLetterRecord,
    DeadLetterResults,
    DeadLetters,
    DeadLetterState,
    DiscardDeadLetters,
    SendDeadLettersAgain,
)
from services_stub.contracts.http.page import DEFAULT_PAGE, LARGEST_PAGE
from services_stub.gateway.resources import resources_of
from services_stub.runtime.context import Context
from services_stub.runtime.errors import Refused
from services_stub.runtime.http import REFUSED, allow
from services_stub.runtime.tokens import Caller

DeadLetterId = Annotated[str, Parameter(max_length=LONGEST_ID)]


@get("/api/admin/dead-letters", **allow("admin"))
async def list_dead_letters(
    context: Context,
    topic: Annotated[str, Parameter(max_length=200, description="The topic that the records came from.")] = "",
    group: Annotated[str, Parameter(max_length=200, description="The group that gave them up.")] = "",
    in_state: Annotated[DeadLetterState | None, Parameter(query="state")] = None,
    cursor: Annotated[str, Parameter(max_length=2000, description="`nextCursor` of the page before.")] = "",
    limit: Annotated[int, Parameter(ge=1, le=LARGEST_PAGE)] = DEFAULT_PAGE,
) -> DeadLetters:
    """The dead letters, newest first: of each topic those that came last, up to 10,000."""
    return await resources_of(context).dead_letters.page(topic, group, in_state, cursor, limit)


@get("/api/admin/dead-letters/{dead_letter_id:str}", responses={404: REFUSED}, **allow("admin"))
async def read_dead_letter(context: Context, dead_letter_id: DeadLetterId) -> DeadLetterRecord:
    """A dead letter with all of its record."""
    found = await resources_of(context).dead_letters.read_one(dead_letter_id)
    if found is None:
        raise Refused(404, "not-found", "there is no such dead letter, or not any more")
    return found


@post("/api/admin/dead-letters/send-again", status_code=200, **allow("admin"))
async def send_dead_letters_again(
    context: Context, caller: Caller, cause: Cause, data: SendDeadLettersAgain
) -> DeadLetterResults:
    """Send records as they came to the groups that had given them up, the oldest first, and say so in an event each.

    The result of each says why it was not sent again: it was sent again or discarded before, it is incomplete, or there
    is none. A request sends for at most 5 seconds; many take several requests.
    """
    return await resources_of(context).dead_letter_acts.send_again(data, caller.user_id, cause)


@post("/api/admin/dead-letters/discard", status_code=200, **allow("admin"))
async def discard_dead_letters(
    context: Context, caller: Caller, cause: Cause, data: DiscardDeadLetters
) -> DeadLetterResults:
    """Close dead letters without sending them again, and say why in an event each."""
    return await resources_of(context).dead_letter_acts.discard(data, caller.user_id, cause)


ROUTES = (list_dead_letters, read_dead_letter, send_dead_letters_again, discard_dead_letters)
