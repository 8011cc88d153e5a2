"""The dead letters that the topics have, with their states: filled from the records, and nothing but what they say.

Of each topic the newest are listed, so that the index is bounded whatever the topics hold.
"""

from __future__ import annotations

import heapq
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from operator import itemgetter

from msgspec import structs

from services_stub.contracts.envelope import LONGEST_ATTRIBUTE
from services_stub.contracts.events import DeadLetterClosed
from services_stub.contracts.http.dead_letters import DeadLetter, DeadLetters, DeadLetterState
from services_stub.contracts.http.reason import LONGEST_REASON
from services_stub.contracts.problem import FieldError
from services_stub.gateway.dead_letters.records import dead_letter_of, place_of
from services_stub.runtime.errors import Refused
from services_stub.runtime.kafka.records import Place, Record

MOST_LISTED = 10_000
"""Dead letters of one topic."""

_LONGEST_KEY = 200
_LONGEST_ERROR = 300
_ELLIPSIS = "…"

LogOrder = tuple[str, str, int, int]
"""Time, topic, partition and offset of a dead letter."""


class DeadLetterIndex:
    """The newest dead letters of each partition, by offset."""

    def __init__(self, most: int = MOST_LISTED) -> None:
        self._most = most
        self._listed: dict[Place, OrderedDict[int, DeadLetter]] = {}
        self._first: dict[Place, int] = {}

    def add(self, record: Record) -> None:
        """List the dead letter of a record; the oldest one makes room for it where there are too many."""
        found = dead_letter_of(record)
        listed = self._listed.setdefault((record.topic, record.partition), OrderedDict())
        listed[record.offset] = structs.replace(
            found,
            key=_cut(found.key, _LONGEST_KEY),
            error=_cut(found.error, _LONGEST_ERROR),
            incomplete=_cut(found.incomplete, _LONGEST_ERROR),
        )
        if len(listed) > self._most:
            listed.popitem(last=False)

    def close(self, event: DeadLetterClosed, at: str) -> None:
        """Give the dead letter of `event` the state that it says, unless it has one already or is not listed."""
        place = place_of(event.dead_letter_id)
        found = self.find(event.dead_letter_id)
        if place is not None and found is not None and found.state is DeadLetterState.OPEN:
            self._listed[place[0]][place[1]] = structs.replace(
                found,
                state=DeadLetterState(event.act),
                reason=_cut(event.reason, LONGEST_REASON),
                user_id=_cut(event.user_id, LONGEST_ATTRIBUTE),
                closed_at=at,
            )

    def begin_at(self, place: Place, first: int) -> None:
        """Forget what the log does not have any more: a partition begins at `first`."""
        self._first[place] = first
        listed = self._listed.get(place)
        while listed and next(iter(listed)) < first:
            listed.popitem(last=False)

    def find(self, dead_letter_id: str) -> DeadLetter | None:
        """A dead letter; None where it is not listed."""
        place = place_of(dead_letter_id)
        listed = None if place is None else self._listed.get(place[0])
        return None if place is None or listed is None else listed.get(place[1])

    def page(self, topic: str, group: str, state: DeadLetterState | None, cursor: str, limit: int) -> DeadLetters:
        """A page of those of a topic, a group and a state, or of all.

        Raises:
            Refused: the cursor is none.
        """
        matching = [
            (order, found)
            for order, found in self._in_order()
            if topic in ("", found.topic) and group in ("", found.group) and state in (None, found.state)
        ]
        after = _order_in(cursor) if cursor else None
        behind = matching if after is None else [pair for pair in matching if pair[0] < after]
        newest = [found for _, found in heapq.nlargest(limit + 1, behind, key=itemgetter(0))]
        return DeadLetters(
            items=newest[:limit],
            next_cursor=_cursor_behind(newest[limit - 1]) if len(newest) > limit else None,
            matching=len(matching),
            left_out=sum(next(iter(self._listed[place])) - first for place, first in self._begun()),
        )

    def _in_order(self) -> Iterator[tuple[LogOrder, DeadLetter]]:
        for place, listed in self._listed.items():
            for offset, found in listed.items():
                yield (found.at, *place, offset), found

    def _begun(self) -> Iterable[tuple[Place, int]]:
        return ((place, first) for place, first in self._first.items() if self._listed.get(place))


def log_order(dead_letter: DeadLetter) -> LogOrder:
    """The key that sorts dead letters as they lie in the log, the oldest first."""
    place, offset = place_of(dead_letter.dead_letter_id) or (("", 0), 0)
    return (dead_letter.at, *place, offset)


def _cursor_behind(dead_letter: DeadLetter) -> str:
    return f"{dead_letter.at}~{dead_letter.dead_letter_id}"


def _order_in(cursor: str) -> LogOrder:
    at, _, dead_letter_id = cursor.partition("~")
    place = place_of(dead_letter_id)
    if place is None:
        errors = [FieldError(field="cursor", message="not a cursor of this list")]
        raise Refused(400, "invalid-input", "`cursor`: not a cursor of this list", errors=errors)
    return (at, *place[0], place[1])


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + _ELLIPSIS
