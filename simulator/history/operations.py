"""The operations of a run and the faults that were applied to it, as they are kept.

Operations lie in one file, each behind the length of its MessagePack form in four bytes; several workers append whole
batches to it. Faults are lines of JSON. A file that was cut off is read as far as it goes.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from simulator.measure.outcomes import Outcome

CHECKOUT = "place-order"
"""The operation that places an order."""

ACCEPTED, PAYMENT, PAID, NOTIFIED = STAGES = ("saga.accepted", "saga.payment", "saga.paid", "saga.notified")
"""Answered; charged or declined; PAID, or FAILED or CANCELLED instead (refused); and the shopper told of it."""

SKEW = "skew"
"""The kind of fault whose amount is how far the clock of a service was ahead."""

_LENGTH_BYTES = 4
_BATCH_BYTES, _BATCH_US = 1 << 16, 1_000_000
_READ_BYTES = 1 << 20


class Operation(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One operation that was sent. Times are microseconds of Unix time."""

    session: int
    """Its number in the plan."""
    step: int
    """Its place in the session, from 0."""
    operation: str
    """The name under which it is measured, for example `search`."""
    planned_at: int
    sent_at: int
    done_at: int
    outcome: Outcome
    status: int
    """Of the HTTP answer; 0 without one."""
    user_id: str
    role: str
    idempotency_key: str = ""
    """Empty where it has none; begins with the id of the run, so that two runs on one marketplace never share keys."""
    order_id: str = ""
    """Of the answer, or of the order that it was about; empty where there is none."""
    total: str = ""
    """The amount in the answer to a checkout; empty where there is none."""
    request_id: str = ""
    """The `X-Request-Id` that was sent: the causation id of the events that it caused directly."""
    seen: tuple[str, ...] = ()
    """Ids in the answer that belong to one user: orders, or messages; not all of a long list."""


class FaultRecord(msgspec.Struct, frozen=True):
    """A fault as it was applied. Times are microseconds of Unix time; 0 for one that did not come."""

    kind: str
    target: str
    planned_at: int
    begun_at: int
    ended_at: int
    hit_sagas: int = 0
    hit_requests: int = 0
    note: str = ""
    amount: int = 0
    """A percentage, or microseconds, as its kind has it; 0 for one that has none."""
    struck: int | None = None
    """The requests, or the data on a link, that it was counted to strike; None where its place does not count."""

    @property
    def name(self) -> str:
        """The kind and, where it has one, the target."""
        return f"{self.kind}:{self.target}" if self.target else self.kind

    @property
    def missed(self) -> str:
        """The reason why it has shown nothing of what it was to prove; empty where it met something."""
        if not (self.begun_at and (self.hit_sagas or self.hit_requests)):
            return "met no saga and no request"
        return "struck nothing where it was" if self.struck == 0 else ""


class OperationLog:
    """Appends operations to a file that several processes append to. Use it as a context manager."""

    def __init__(self, path: Path) -> None:
        """Raises OSError where the file cannot be written."""
        # Each write goes to the end as a whole, while others write, too.
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        self._encode = msgspec.msgpack.Encoder().encode
        self._waiting = bytearray()
        self._flushed_at = 0

    def write(self, operation: Operation) -> None:
        """Append an operation, with those that follow within a second."""
        content = self._encode(operation)
        self._waiting += len(content).to_bytes(_LENGTH_BYTES) + content
        if operation.done_at - self._flushed_at >= _BATCH_US or len(self._waiting) >= _BATCH_BYTES:
            self._flushed_at = operation.done_at
            self.flush()

    def flush(self) -> None:
        """Hand to the operating system what waits."""
        if self._waiting:
            os.write(self._file, self._waiting)
            self._waiting.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.flush()
        os.close(self._file)


def operations_in(path: Path) -> Iterator[Operation]:
    """The operations in a file, in the order in which they were written.

    Raises:
        msgspec.MsgspecError: it holds something else.
        OSError: it cannot be read.
    """
    decode = msgspec.msgpack.Decoder(Operation).decode
    rest = b""
    with path.open("rb") as file:
        while chunk := file.read(_READ_BYTES):
            content, at = rest + chunk, 0
            while (start := at + _LENGTH_BYTES) <= len(content):
                end = start + int.from_bytes(content[at:start])
                if end > len(content):
                    break
                yield decode(content[start:end])
                at = end
            rest = content[at:]


def faults_in(path: Path) -> list[FaultRecord]:
    """The faults in a file; none where there is no file."""
    if not path.exists():
        return []
    return msgspec.json.Decoder(FaultRecord).decode_lines(path.read_bytes())
