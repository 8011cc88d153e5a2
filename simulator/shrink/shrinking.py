"""Shrinks a failed run: fewer faults first, then fewer sessions, each tried on a marketplace of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from simulator.plan.numbers import numbers_text
from simulator.shrink.minimizing import minimized


@dataclass(frozen=True)
class Part:
    """A part of a plan: the numbers of its sessions, and its faults as they are written."""

    sessions: tuple[int, ...]
    faults: tuple[str, ...]

    def __str__(self) -> str:
        faults = f"{len(self.faults):,} fault{'' if len(self.faults) == 1 else 's'}"
        return f"{len(self.sessions):,} session{'' if len(self.sessions) == 1 else 's'}, {faults}"

    @property
    def options(self) -> list[str]:
        """As options of `marketplace simulate run`."""
        return [
            "--sessions",
            numbers_text(self.sessions),
            *(word for text in self.faults for word in ("--fault", text)),
        ]


Run = Callable[[Part], frozenset[str]]
"""Runs a part of a plan; what failed in it, by names of checks."""


class Spent(Exception):
    """As many runs as were allowed."""


class Shrinking:
    """The search for the smallest part of a plan that fails as the whole did.

    Of the checks `failed` one has to fail again. There may be `most` runs, and `say` is told of each.
    """

    def __init__(self, whole: Part, failed: frozenset[str], run: Run, most: int, say: Callable[[str], None]) -> None:
        self.smallest: Part | None = None
        """The smallest part that has failed until now; None while none has."""
        self.runs = 0
        self._whole, self._failed, self._run, self._most, self._say = whole, failed, run, most, say
        self._tried: dict[Part, bool] = {}

    def search(self) -> Part | None:
        """The smallest part that was found; None where not even the whole fails again."""
        try:
            if self._fails(self._whole):
                self._leave_out_faults()
                self._leave_out_sessions()
        except Spent:
            self._say(f"{self._most:,} runs are over")
        return self.smallest

    def _leave_out_faults(self) -> None:
        best = self._best
        minimized(best.faults, lambda faults: self._fails(replace(best, faults=tuple(faults))))

    def _leave_out_sessions(self) -> None:
        best = self._best
        # A run without a session shows nothing.
        minimized(best.sessions, lambda some: bool(some) and self._fails(replace(best, sessions=tuple(some))))

    @property
    def _best(self) -> Part:
        return self.smallest or self._whole

    def _fails(self, part: Part) -> bool:
        if part not in self._tried:
            if self.runs >= self._most:
                raise Spent
            self.runs += 1
            again = self._run(part) & self._failed
            self._say(f"run {self.runs}: {part}: {', '.join(sorted(again)) or 'does not fail'}")
            self._tried[part] = bool(again)
            if again:
                self.smallest = part
        return self._tried[part]
