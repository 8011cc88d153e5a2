"""The acts of admins on dead letters: to send them again at a bounded rate, or to discard them.

Each act is an event, sent once the broker has the record that was sent again, and before the admin gets an answer. So
after a crash in between, a record may have been sent although its dead letter is still open. To send it once more does
no harm, because a group handles an event once; the other way round it would be lost.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Protocol

import msgspec

from services_stub.contracts.encoding import encode_json
from services_stub.contracts.envelope import Cause, envelope_for
from services_stub.contracts.events import DeadLetterAct, DeadLetterClosed
from services_stub.contracts.http.dead_letters import (
    DeadLetter,
    DeadLetterProblem,
    DeadLetterResult,
    DeadLetterResults,
    DeadLetterState,
    DiscardDeadLetters,
    SendDeadLettersAgain,
)
from services_stub.gateway.dead_letters.index import log_order
from services_stub.gateway.dead_letters.log import DeadLetterLog, kafka_is_away
from services_stub.gateway.dead_letters.records import headers_to_send
from services_stub.gateway.openapi import OWN
from services_stub.runtime import clock
from services_stub.runtime.identifiers import new_id
from services_stub.runtime.kafka.records import Record

_AT_ONCE = 50
"""How many records are read before they are sent."""

_ACKNOWLEDGED_SECONDS = 3.0

Problems = dict[str, tuple[DeadLetterProblem, str]]
"""The problem of each dead letter that has one, with its words, by id."""


class Publisher(Protocol):
    """Sends records."""

    def send(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        headers: list[tuple[str, bytes]],
        on_acknowledged: Callable[[], None] | None = None,
        on_refused: Callable[[str], None] | None = None,
    ) -> bool:
        """Queue a record; False where the queue is full."""

    def poll(self) -> None:
        """Report what was delivered."""

    def flush(self, timeout: float) -> int:
        """Wait until all is delivered; the number that is not."""

    def give_up(self) -> None:
        """Forget what the broker has not acknowledged."""


PublisherOf = Callable[[Callable[[Exception], None]], Publisher]
"""Makes a publisher, which calls the function it is given when no record can be sent any more."""


class Act(msgspec.Struct, frozen=True):
    """An admin's act: the same for all dead letters of a request."""

    kind: DeadLetterAct
    user_id: str
    reason: str
    cause: Cause


class DeadLetterActs:
    """Acts on dead letters, one request at a time, so that no two requests act on the same one.

    Raises:
        Refused: Kafka does not answer (503); what was done so far can be seen from the states.
    """

    def __init__(
        self,
        log: DeadLetterLog,
        publisher_of: PublisherOf,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._log, self._publisher_of, self._clock, self._sleep = log, publisher_of, clock, sleep
        self._acting = asyncio.Lock()
        self._due = 0.0

    async def send_again(self, body: SendDeadLettersAgain, user_id: str, cause: Cause) -> DeadLetterResults:
        """Send the records of open dead letters again, the oldest first, to the groups that had given them up."""
        act = Act(DeadLetterAct.SENT_AGAIN, user_id, body.reason, cause)
        async with self._acting:
            chosen, problems = await self._choose(body.dead_letter_ids, act)
            for start in range(0, len(chosen), _AT_ONCE):
                part = chosen[start : start + _AT_ONCE]
                records = await self._log.records(part)
                outgoing = Outgoing(self._publisher_of, act, problems)
                for dead_letter in part:
                    record = records.get(dead_letter.dead_letter_id)
                    if record is None:
                        problems[dead_letter.dead_letter_id] = _NOT_FOUND
                    else:
                        await self._wait(body.per_second)
                        outgoing.send_again(dead_letter, record)
                await outgoing.finish()
        return _results(body.dead_letter_ids, problems)

    async def discard(self, body: DiscardDeadLetters, user_id: str, cause: Cause) -> DeadLetterResults:
        """Discard open dead letters: nothing is sent, and they are not open any more."""
        act = Act(DeadLetterAct.DISCARDED, user_id, body.reason, cause)
        async with self._acting:
            chosen, problems = await self._choose(body.dead_letter_ids, act)
            if chosen:
                outgoing = Outgoing(self._publisher_of, act, problems)
                for dead_letter in chosen:
                    outgoing.close(dead_letter)
                await outgoing.finish()
        return _results(body.dead_letter_ids, problems)

    async def _choose(self, ids: Sequence[str], act: Act) -> tuple[list[DeadLetter], Problems]:
        """The dead letters on which to act, as they lie in the log, and the problems of the others."""
        problems: Problems = {}
        chosen: list[DeadLetter] = []
        for dead_letter_id, found in zip(ids, await self._log.find(ids), strict=True):
            problem = problem_with(found, act.kind)
            if problem is not None:
                problems[dead_letter_id] = problem
            elif found is not None:
                chosen.append(found)
        return sorted(chosen, key=log_order), problems

    async def _wait(self, per_second: int) -> None:
        """Wait until the next record may be sent; the rate holds across requests."""
        now = self._clock()
        pause = self._due - now
        self._due = max(now, self._due) + 1 / per_second
        if pause > 0:
            await self._sleep(pause)


class Outgoing:
    """Records on their way to the broker, and behind each the event about it. Fills `problems`."""

    def __init__(self, publisher_of: PublisherOf, act: Act, problems: Problems) -> None:
        self._failures: list[object] = []
        self._publisher = publisher_of(self._failures.append)
        self._act, self._problems = act, problems

    def send_again(self, dead_letter: DeadLetter, record: Record) -> None:
        """Send the record as it came, and the event about it once the broker has it."""
        headers = headers_to_send(record, dead_letter.group)
        close = partial(self.close, dead_letter)
        self._send(dead_letter, dead_letter.topic, record.key, record.value, headers, close)
        self._publisher.poll()

    def close(self, dead_letter: DeadLetter) -> None:
        """Send the event that closes a dead letter."""
        event = DeadLetterClosed(
            dead_letter_id=dead_letter.dead_letter_id,
            act=self._act.kind,
            group=dead_letter.group,
            event_id=dead_letter.event_id,
            user_id=self._act.user_id,
            reason=self._act.reason,
        )
        envelope = envelope_for(
            event,
            event_id=new_id(),
            source=OWN,
            now=clock.now(),
            cause=self._act.cause,
            correlation_id=dead_letter.correlation_id,
        )
        key, value, headers = event.subject.encode(), encode_json(event), envelope.headers()
        self._send(dead_letter, event.topic, key, value, headers, lambda: None)

    async def finish(self) -> None:
        """Return when the broker has everything.

        Raises:
            Refused: it does not take it in time; what it has not taken is given up.
        """
        left = await asyncio.to_thread(self._publisher.flush, _ACKNOWLEDGED_SECONDS)
        if left or self._failures:
            await asyncio.to_thread(self._publisher.give_up)
            raise kafka_is_away("not all was done: a dead letter that is still open may have been sent all the same")

    def _send(
        self,
        dead_letter: DeadLetter,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        headers: list[tuple[str, bytes]],
        on_acknowledged: Callable[[], None],
    ) -> None:
        def refused(reason: str) -> None:
            self._problems[dead_letter.dead_letter_id] = (
                DeadLetterProblem.REFUSED,
                f"Kafka refuses it: {reason}",
            )

        if not self._publisher.send(topic, key, value, headers, on_acknowledged, refused):
            self._failures.append("the queue of the producer is full")


_NOT_FOUND = DeadLetterProblem.NOT_FOUND, "there is no such dead letter, or not any more"


def problem_with(found: DeadLetter | None, act: DeadLetterAct) -> tuple[DeadLetterProblem, str] | None:
    """The reason why an act on a dead letter is not possible; None where it is."""
    if found is None:
        return _NOT_FOUND
    if found.state is DeadLetterState.SENT_AGAIN:
        return DeadLetterProblem.ALREADY_SENT_AGAIN, f"it was sent again at {found.closed_at}"
    if found.state is DeadLetterState.DISCARDED:
        return DeadLetterProblem.ALREADY_DISCARDED, f"it was discarded at {found.closed_at}"
    if found.incomplete and act is DeadLetterAct.SENT_AGAIN:
        return DeadLetterProblem.INCOMPLETE, found.incomplete
    return None


def _results(ids: Sequence[str], problems: Problems) -> DeadLetterResults:
    found = ((dead_letter_id, problems.get(dead_letter_id, (None, ""))) for dead_letter_id in ids)
    return DeadLetterResults(
        results=[DeadLetterResult(dead_letter_id=name, problem=problem, detail=text) for name, (problem, text) in found]
    )
