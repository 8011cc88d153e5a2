"""A mutant: what is broken in which services, and the checks by whose names the auditor must report it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from simulator.auditor.checks import Check

MUTANTS: dict[str, Mutant] = {}
"""Every mutant by its name."""


@dataclass(frozen=True)
class Mutant:
    """A defect. `faults` are those of the run without which it would not show."""

    name: str
    words: str
    services: frozenset[str]
    found: frozenset[Check]
    faults: tuple[str, ...]
    patch: Callable[[], None]


def mutant(services: str, *found: Check, faults: str = "") -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Declare a function as the patch of a mutant, which has its name and its docstring.

    `services` are the processes in which it is called, `found` the checks that must find it; names and faults are
    separated by blanks.
    """

    def declare(patch: Callable[[], None]) -> Callable[[], None]:
        name = patch.__name__.replace("_", "-")
        assert name not in MUTANTS, name
        assert patch.__doc__, name
        MUTANTS[name] = Mutant(
            name=name,
            words=patch.__doc__.partition("\n")[0],
            services=frozenset(services.split()),
            found=frozenset(found),
            faults=tuple(faults.split()),
            patch=patch,
        )
        return patch

    return declare
