"""The operations of admins on many dead letters: finding all that are open, and acting on them part by part."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from services_stub.client.marketplace import MarketplaceClient
from services_stub.contracts.http.dead_letters import (
    MOST_DEAD_LETTERS,
    DeadLetterResult,
    DeadLetterState,
    largest_request,
)
from services_stub.contracts.http.page import LARGEST_PAGE


async def open_ids(client: MarketplaceClient, topic: str, group: str) -> list[str]:
    """The ids of all open dead letters of a topic and a group, the oldest first; each may be empty for any."""
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = await client.dead_letters.list(
            topic=topic, group=group, state=DeadLetterState.OPEN, cursor=cursor, limit=LARGEST_PAGE
        )
        found += [dead_letter.dead_letter_id for dead_letter in page.items]
        cursor = page.next_cursor
    return found[::-1]


async def send_again(
    client: MarketplaceClient, ids: Sequence[str], *, per_second: int, reason: str
) -> AsyncIterator[Sequence[DeadLetterResult]]:
    """Send dead letters again, as many at a time as one request takes at the rate; the results of each part."""
    for part in _parts(ids, largest_request(per_second)):
        yield await client.dead_letters.send_again(part, per_second=per_second, reason=reason)


async def discard(
    client: MarketplaceClient, ids: Sequence[str], *, reason: str
) -> AsyncIterator[Sequence[DeadLetterResult]]:
    """Discard dead letters, as many at a time as one request takes; the results of each part."""
    for part in _parts(ids, MOST_DEAD_LETTERS):
        yield await client.dead_letters.discard(part, reason)


def _parts(ids: Sequence[str], most: int) -> list[Sequence[str]]:
    once = list(dict.fromkeys(ids))
    return [once[start : start + most] for start in range(0, len(once), most)]
