"""A plan in numbers, counted while its sessions go by, and its digest: equal plans have equal ones."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from typing import Any

from services_stub.contracts.encoding import encode_json
from simulator.personas.actions import AddToCart, PlaceOrder
from simulator.personas.personas import Role
from simulator.plan.plan import Plan
from simulator.plan.sessions import Session


def header(plan: Plan, faults: Sequence[str] = ()) -> bytes:
    """The first line of a plan: all that it is made from, and its faults where there are any."""
    return encode_json({"seed": plan.seed, "scenario": plan.scenario} | ({"faults": faults} if faults else {}))


class Summary:
    """Counts the sessions of a plan."""

    def __init__(self, plan: Plan, faults: Sequence[str] = ()) -> None:
        self.plan = plan
        self.sessions = self.steps = self.overlaps = 0
        """`overlaps`: sessions that begin before the last one of the same shopper can have ended; they share a cart."""
        self.personas: Counter[str] = Counter()
        self.operations: Counter[str] = Counter()
        self.cards: Counter[str] = Counter()
        self.products: Counter[int] = Counter()
        self._ends: dict[int, int] = {}
        self._digest = hashlib.sha256(header(plan, faults))

    def add(self, session: Session, line: bytes) -> None:
        """Count a session; `line` is the session as JSON."""
        self._digest.update(b"\n" + line)
        self.sessions += 1
        self.steps += len(session.steps)
        self.personas[session.persona] += 1
        self.operations.update(step.operation for step in session.steps)
        for step in session.steps:
            if isinstance(step.action, AddToCart):
                self.products[step.action.product] += 1
            elif isinstance(step.action, PlaceOrder):
                self.cards[step.action.card] += 1
        if session.role is Role.SHOPPER:
            self.overlaps += session.start_us < self._ends.get(session.person, 0)
            self._ends[session.person] = session.start_us + session.shortest_us

    @property
    def digest(self) -> str:
        """SHA-256 of the header and all sessions, as lines of JSON."""
        return self._digest.hexdigest()

    def document(self) -> dict[str, Any]:
        """The numbers for programs."""
        return {
            "seed": self.plan.seed,
            "sessions": self.sessions,
            "steps": self.steps,
            "personas": _ranked(self.personas),
            "operations": _ranked(self.operations),
            "cards": _ranked(self.cards),
            "overlaps": self.overlaps,
            "sha256": self.digest,
        }


def _ranked(counts: Counter[str]) -> dict[str, int]:
    """The most frequent first; by name where two are as frequent."""
    return dict(sorted(counts.items(), key=lambda entry: (-entry[1], entry[0])))
