"""The operations of an admin on dead letters."""

from __future__ import annotations

from collections.abc import Sequence

from services_stub.client.errors import checked_input
from services_stub.client.transport import Transport, path_segment
from services_stub.contracts.http.dead_letters import (
    DEFAULT_PER_SECOND,
    DeadLetterRecord,
    DeadLetterResult,
    DeadLetterResults,
    DeadLetters,
    DeadLetterState,
    DiscardDeadLetters,
    SendDeadLettersAgain,
)
from services_stub.contracts.http.page import DEFAULT_PAGE

_PATH = "/api/admin/dead-letters"


class DeadLettersArea:
    """The records that a consumer group could not handle. They need the role `admin`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def list(
        self,
        *,
        topic: str = "",
        group: str = "",
        state: DeadLetterState | None = None,
        cursor: str = "",
        limit: int = DEFAULT_PAGE,
    ) -> DeadLetters:
        """A page of the dead letters, newest first."""
        query = {"topic": topic, "group": group, "state": state, "cursor": cursor, "limit": limit}
        return await self._transport.request("GET", _PATH, DeadLetters, query=query)

    async def read(self, dead_letter_id: str) -> DeadLetterRecord:
        """A dead letter with all of its record."""
        return await self._transport.request("GET", f"{_PATH}/{path_segment(dead_letter_id)}", DeadLetterRecord)

    async def send_again(
        self, dead_letter_ids: Sequence[str], *, per_second: int = DEFAULT_PER_SECOND, reason: str = ""
    ) -> Sequence[DeadLetterResult]:
        """Send records again to the groups that had given them up, at most `largest_request(per_second)` at a time.

        Where the answer gets lost, calling it again is safe: those that were sent say so.
        """
        with checked_input():
            body = SendDeadLettersAgain(dead_letter_ids=[*dead_letter_ids], per_second=per_second, reason=reason)
        return (await self._transport.request("POST", f"{_PATH}/send-again", DeadLetterResults, body=body)).results

    async def discard(self, dead_letter_ids: Sequence[str], reason: str) -> Sequence[DeadLetterResult]:
        """Close dead letters without sending them again."""
        with checked_input():
            body = DiscardDeadLetters(dead_letter_ids=[*dead_letter_ids], reason=reason)
        return (await self._transport.request("POST", f"{_PATH}/discard", DeadLetterResults, body=body)).results
