"""Bodies about dead letters, for admins."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Literal

from msgspec import Meta

from services_stub.contracts.base import Body, OptionalId, Request
from services_stub.contracts.http.reason import LONGEST_REASON
from services_stub.contracts.text import TEXT, WRITTEN_TEXT, trim

MOST_DEAD_LETTERS = 500
"""The most that one request acts on."""

MOST_PER_SECOND = 500
DEFAULT_PER_SECOND = 10
LONGEST_SECONDS = 5
"""The longest that one request sends: more dead letters at a lower rate take several requests."""

LONGEST_ID = 300

DeadLetterId = Annotated[str, Meta(min_length=1, max_length=LONGEST_ID)]


class DeadLetterState(StrEnum):
    """The state of a dead letter: open until an admin sends it again or discards it."""

    OPEN = "open"
    SENT_AGAIN = "sent-again"
    DISCARDED = "discarded"


class DeadLetterProblem(StrEnum):
    """The reason why nothing was done with a dead letter."""

    NOT_FOUND = "not-found"
    ALREADY_SENT_AGAIN = "already-sent-again"
    ALREADY_DISCARDED = "already-discarded"
    INCOMPLETE = "incomplete"
    REFUSED = "refused"


class DeadLetter(Body, frozen=True, kw_only=True):
    """A record that `group` could not handle, as it stands in a list.

    `dead_letter_id` is the place of the copy, `topic[partition]@offset`; `topic`, `partition` and `offset` are those of
    the record (None where the copy does not say). `at` is when the group gave it up (RFC 3339), `key` the key as text,
    and `size` the bytes of the value before it was cut. `event_id` and `correlation_id` are empty where the record has
    none. `incomplete` says why it cannot be sent again, and is empty where it can. Of one that is not open, `reason`,
    `user_id` and `closed_at` say why it was closed, by which admin and when. Lists cut long keys and errors.
    """

    dead_letter_id: str
    topic: str
    partition: int | None
    offset: int | None
    group: str
    error: str
    attempt: int
    at: str
    key: str
    size: int
    event_id: str
    correlation_id: str
    incomplete: str = ""
    state: DeadLetterState = DeadLetterState.OPEN
    reason: str = ""
    user_id: OptionalId = ""
    closed_at: str | None = None


class DeadLetters(Body, frozen=True, kw_only=True):
    """A page of dead letters, newest first. `next_cursor` is opaque, and None on the last page.

    `matching` is how many there are on all pages, and `left_out` how many older ones in the topics no page lists.
    """

    items: list[DeadLetter]
    next_cursor: str | None
    matching: int
    left_out: int


class Content(Body, frozen=True, kw_only=True):
    """The bytes of a key, value or header: as they are where that is UTF-8, else in base64."""

    text: str
    encoding: Literal["utf-8", "base64"]


class Header(Body, frozen=True, kw_only=True):
    """A header of a record."""

    name: str
    value: Content


class DeadLetterRecord(Body, frozen=True, kw_only=True):
    """A dead letter with its record, as far as it was copied; a key or value that the record does not have is None."""

    dead_letter: DeadLetter
    key: Content | None
    value: Content | None
    headers: list[Header]


class SendDeadLettersAgain(Request, frozen=True, kw_only=True):
    """Send dead letters again, each named once and at most `per_second` of them in a second."""

    dead_letter_ids: Annotated[list[DeadLetterId], Meta(min_length=1, max_length=MOST_DEAD_LETTERS)]
    per_second: Annotated[int, Meta(ge=1, le=MOST_PER_SECOND)] = DEFAULT_PER_SECOND
    reason: Annotated[str, Meta(max_length=LONGEST_REASON, pattern=TEXT)] = ""

    def __post_init__(self) -> None:
        """Refuse a request that would last too long, and dead letters that are named twice; trim the text."""
        trim(self, "reason")
        _refuse_repeated(self.dead_letter_ids)
        most = largest_request(self.per_second)
        if len(self.dead_letter_ids) > most:
            raise ValueError(
                f"`deadLetterIds` must not have more than {most} entries at {self.per_second} per second, because a "
                f"request sends for at most {LONGEST_SECONDS} seconds: send the others with the next one"
            )


class DiscardDeadLetters(Request, frozen=True, kw_only=True):
    """Discard dead letters, each named once."""

    dead_letter_ids: Annotated[list[DeadLetterId], Meta(min_length=1, max_length=MOST_DEAD_LETTERS)]
    reason: Annotated[str, Meta(min_length=1, max_length=LONGEST_REASON, pattern=WRITTEN_TEXT)]

    def __post_init__(self) -> None:
        """Refuse dead letters that are named twice, and trim the text."""
        trim(self, "reason")
        _refuse_repeated(self.dead_letter_ids)


class DeadLetterResult(Body, frozen=True, kw_only=True):
    """The result for one dead letter. Where nothing was done, `problem` says why, and `detail` in words."""

    dead_letter_id: str
    problem: DeadLetterProblem | None = None
    detail: str = ""


class DeadLetterResults(Body, frozen=True, kw_only=True):
    """The results, in the order of the request."""

    results: list[DeadLetterResult]


def largest_request(per_second: int) -> int:
    """How many dead letters one request sends again at a rate."""
    return min(MOST_DEAD_LETTERS, per_second * LONGEST_SECONDS)


def _refuse_repeated(ids: Sequence[str]) -> None:
    if len(set(ids)) < len(ids):
        raise ValueError("`deadLetterIds` names a dead letter twice")
