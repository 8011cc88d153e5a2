"""Judges the log of a run while it is under way: what is wrong already stays wrong, whatever comes later.

What must still come is judged after the drain, in the pass over the recording, which finds all of this once more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from simulator.auditor.audit import Auditor
from simulator.trace.records import TracedRecord


class OnlineAudit:
    """Takes records as they are read. `tell` is given a line at the first violation of each check."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._auditor: Auditor | None = Auditor()
        self._tell = tell
        self._told: set[str] = set()
        self.violations = 0
        """Those so far."""

    def take(self, records: Iterable[TracedRecord]) -> None:
        """Judge records. A bug in that ends it, and not the reading: the pass afterwards meets the bug, too."""
        if self._auditor is None:
            return
        try:
            self._auditor.take(records)
        except Exception as error:  # noqa: BLE001 - as the docstring says
            self._auditor = None
            self._tell(f"judged after the drain alone: {type(error).__name__}: {error}")
            return
        found = self._auditor.violations
        self.violations = sum(found.counts.values())
        if len(found.counts) > len(self._told):
            for violation in found.kept:
                if violation.check not in self._told:
                    self._told.add(violation.check)
                    self._tell(f"violation: {violation.check}: {violation.about}: {violation.detail}")
