"""Routes that take a list: requests that wait at the same moment go together, and each item succeeds or fails alone.

An HTTP call costs a service many times the work on one item, so that a call for each item is most of the cost of a
purchase under load.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Iterable
from typing import Any, Generic, TypeVar

import msgspec

from services_stub.contracts.encoding import encode_json
from services_stub.contracts.envelope import Cause
from services_stub.contracts.http.items import ItemResult
from services_stub.contracts.problem import Problem
from services_stub.runtime.errors import Refused, Unavailable
from services_stub.runtime.peers import Peers
from services_stub.runtime.problems import problem_for

LARGEST_BATCH = 100

T = TypeVar("T")


class RequestBatcher(Generic[T]):
    """Sends items to one list route of another service, one call at a time.

    While a call is under way further items wait, and go together in the next one. So one item alone waits for nothing,
    and there is no timer. `answer` is the type of an item's result, and `largest` the most items of a call.
    """

    def __init__(self, peers: Peers, service: str, path: str, answer: type[T], largest: int = LARGEST_BATCH) -> None:
        self._peers, self._service, self._path, self._largest = peers, service, path, largest
        self._expect: Any = list[ItemResult[answer]]  # type: ignore[valid-type]
        self._waiting: deque[tuple[msgspec.Struct, Cause, asyncio.Future[T]]] = deque()
        self._sending: asyncio.Task[None] | None = None

    async def request(self, item: msgspec.Struct, cause: Cause) -> T:
        """The result of one item.

        Raises:
            Refused: the service refused this item.
            Unavailable: the service does not answer, or failed at this item or at the whole call.
        """
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, cause, future))
        if self._sending is None:
            # A task of its own: the caller may be cancelled, and the others of its batch still want their results.
            self._sending = asyncio.create_task(self._send_waiting())
        return await future

    async def _send_waiting(self) -> None:
        try:
            while self._waiting:
                batch = [self._waiting.popleft() for _ in range(min(self._largest, len(self._waiting)))]
                wanted = [entry for entry in batch if not entry[2].done()]
                if wanted:
                    await self._send(wanted)
        finally:
            self._sending = None

    async def _send(self, batch: list[tuple[msgspec.Struct, Cause, asyncio.Future[T]]]) -> None:
        outcomes: list[T | Exception]
        try:
            # The call carries the cause of its first item; a route whose items have effects finds the cause in each.
            results: list[ItemResult[T]] = await self._peers.call(
                self._service,
                "POST",
                self._path,
                body=[item for item, _, _ in batch],
                expect=self._expect,
                cause=batch[0][1],
            )
            outcomes = [self._outcome_of(result) for result in results]
            if len(outcomes) != len(batch):
                raise Unavailable(f"{self._service}: answered {len(outcomes)} results to {len(batch)} items")
        except Refused as refused:
            # The whole call, and so no item for a reason of its own.
            outcomes = [Unavailable(f"{self._service}: {refused}") for _ in batch]
        except Exception as error:  # noqa: BLE001 - every waiting request must hear of it; a bug is told as a bug
            outcomes = [error] * len(batch)
        for (_, _, future), outcome in zip(batch, outcomes, strict=True):
            if future.done():
                continue
            if isinstance(outcome, Exception):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)

    def _outcome_of(self, result: ItemResult[T]) -> T | Exception:
        if result.done is not None:
            return result.done
        document = result.refused or {}
        status = document.get("status")
        if not isinstance(status, int) or status >= 500:
            return Unavailable(f"{self._service}: {document.get('detail', 'no result')}")
        return Refused.by(Problem.parse(encode_json(document), status=status))


async def answer_items(work: Iterable[Awaitable[T]]) -> list[ItemResult[T]]:
    """Do all of `work` at the same time: the result of each item, or the problem document that its error becomes."""
    outcomes = await asyncio.gather(*work, return_exceptions=True)
    return [_result_of(outcome) for outcome in outcomes]


def _result_of(outcome: T | BaseException) -> ItemResult[T]:
    if isinstance(outcome, Exception):
        return ItemResult(refused=problem_for(outcome).document())
    if isinstance(outcome, BaseException):
        raise outcome
    return ItemResult(done=outcome)
