"""A finding of a check."""

from __future__ import annotations

import msgspec

from simulator.trace.records import Place


class Violation(msgspec.Struct, frozen=True):
    """Something that must not be: which check says so, about which order, product or seller, and why.

    `flow` is the correlation id under which its events lie, empty where there is none; `places` are the records that
    show it, and `requests` the ids of the requests.
    """

    check: str
    about: str
    detail: str
    flow: str = ""
    places: tuple[Place, ...] = ()
    requests: tuple[str, ...] = ()


class Violations:
    """The violations of a run: all are counted, and the first of each check are kept."""

    def __init__(self, most: int = 100) -> None:
        self._most = most
        self.counts: dict[str, int] = {}
        self.kept: list[Violation] = []

    def add(self, violation: Violation) -> None:
        """Take one."""
        count = self.counts[violation.check] = self.counts.get(violation.check, 0) + 1
        if count <= self._most:
            self.kept.append(violation)
