"""The errors a handler may raise, named by what the receiver should do.

    Refused       the rules say no: a 4xx problem document, or a rejected event
    Unavailable   a dependency is away: try again later (503, or a retry of the uncommitted batch)
    Poison        a record that can never be handled: to the dead letters at once

Anything else is a bug.
"""

from __future__ import annotations

from typing import Any

from services_stub.contracts.problem import FieldError, Problem, problem

EXIT_START_OVER = 75
"""The exit code of a process that lost its broker, or whose broker lost its log: started again at once."""


class Refused(Exception):
    """The rules say no, and say why in a problem document."""

    def __init__(
        self, status: int, code: str, detail: str, *, errors: list[FieldError] | None = None, **extensions: Any
    ) -> None:
        super().__init__(f"{code}: {detail}")
        self.problem = problem(status, code, detail, errors=errors, **extensions)

    @classmethod
    def by(cls, refusal: Problem) -> Refused:
        """The refusal that another service gave, handed on."""
        error = cls(refusal.status, refusal.code, refusal.detail)
        error.problem = refusal
        return error


class Unavailable(Exception):
    """A dependency is away or too slow; the text names it. Nothing was changed."""


class Poison(Exception):
    """A record that can never be handled; the text says why."""
