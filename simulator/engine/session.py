"""The interface to the plan: sessions that start at planned times, and the steps of each.

Sessions never wait for each other (open loop). The steps of one session do: a step is planned for the end of the one
before it, plus its think time (partly open). A closed loop has a session for each user, which does not end by itself.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager
from typing import Any, NamedTuple, Protocol, TypeVar

from simulator.measure.outcomes import Outcome


class Step(Protocol):
    """One operation of a session."""

    @property
    def operation(self) -> str:
        """The name under which it is measured."""

    @property
    def think_us(self) -> int:
        """The pause before it, in microseconds."""


StepT = TypeVar("StepT", bound=Step, covariant=True)


class Session(Protocol[StepT]):
    """A visit of one user."""

    @property
    def start_us(self) -> int:
        """The planned start, in microseconds since the start of the run."""

    @property
    def steps(self) -> Iterable[StepT]:
        """The steps; each is taken when the one before it has ended, so that a generator can look at its result."""


class Start(NamedTuple):
    """When an operation was planned to start, and when it did, in microseconds of Unix time."""

    planned_at: int
    sent_at: int


Perform = Callable[[Any, Any, Start], Awaitable[Outcome | None]]
"""Carries out a step of a session, given both and its start. None: there was nothing to do, and nothing is measured.

An exception is a bug, and ends the run.
"""


class Workload(Protocol):
    """All that worker processes need; it can be pickled."""

    def sessions(self) -> Iterable[Session[Step]]:
        """The sessions in ascending order of their starts; the same in every process."""

    def performing(self) -> AbstractAsyncContextManager[Perform]:
        """A function that carries out steps, with its connections."""
