"""Sessions and their steps. Times are whole microseconds."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import msgspec

from simulator.personas import Action
from simulator.personas.personas import Role

FASTEST_ANSWER = 1_000
"""Microseconds. With it a closed loop is laid out in time beforehand: no step is assumed to take less."""


class Step(msgspec.Struct, frozen=True):
    """One action, `think_us` after the step before it has ended (or after the start of the session)."""

    think_us: int
    action: Action

    @property
    def operation(self) -> str:
        """The name of the action, for example `place-order`."""
        return str(self.action.__struct_config__.tag)


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A visit of one person.

    `start_us` counts from the start of the run; in a closed loop it is the earliest start, and the session begins when
    the one before it has ended. `person` is the number of the shopper, seller or guest; 0 for the admin.
    """

    number: int
    start_us: int
    persona: str
    role: Role
    person: int
    steps: tuple[Step, ...]

    @property
    def shortest_us(self) -> int:
        """How long it takes if every answer comes as fast as any can."""
        return sum(step.think_us + FASTEST_ANSWER for step in self.steps)


class VirtualUser:
    """A user of a closed loop: one session after the other, from the start of the run and without an end."""

    start_us = 0

    def __init__(self, sessions: Iterator[Session]) -> None:
        self._sessions = sessions
        self.session: Session | None = None
        """The session that the latest step belongs to."""

    @cached_property
    def steps(self) -> Iterator[Step]:
        """The steps of all sessions; the first of each has the think time after the session before it."""
        for session in self._sessions:
            self.session = session
            yield from session.steps
