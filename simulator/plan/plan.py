"""Makes the plan. Each session is made from random streams of its own, so none depends on the others."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from itertools import count, takewhile
from operator import attrgetter

from simulator.arrivals import moments, ramps_of
from simulator.personas import PERSONAS, Visit
from simulator.personas.personas import Role
from simulator.plan.sessions import Session, Step, VirtualUser
from simulator.population import Catalogue
from simulator.random_stream import RandomStream, Weighted
from simulator.scenario import Loop, Scenario

_LONGEST_THINK = 10
"""In means of the think time, as in TPC-W."""


class Plan:
    """All that happens in a run, as far as it can be known before it: the same for the same scenario and seed.

    With `only` there are only the sessions of these numbers, each as it is among all; not in a closed loop.
    """

    def __init__(self, scenario: Scenario, seed: int, only: frozenset[int] | None = None) -> None:
        self.scenario, self.seed, self.only = scenario, seed, only
        self.catalogue = Catalogue(scenario, seed)
        self._personas = Weighted({name: weight for name, weight in scenario.weights.items() if weight})
        self._cards = Weighted({card: weight for card, weight in sorted(scenario.cards.items()) if weight})

    def __reduce__(self) -> tuple[type[Plan], tuple[Scenario, int, frozenset[int] | None]]:
        """Worker processes make it anew from what it is made from, which is small."""
        return Plan, (self.scenario, self.seed, self.only)

    def sessions(self) -> Iterator[Session]:
        """All sessions, in the order of their starts.

        Those of a closed loop are as many as there were if every answer came as fast as any can; a run reaches fewer.
        """
        load = self.scenario.load
        if load.loop is Loop.CLOSED:
            yield from heapq.merge(*map(self._until_end, range(load.users)), key=attrgetter("start_us", "number"))
            return
        stream = RandomStream(self.seed, "arrivals")
        for number, moment in enumerate(moments(ramps_of(load), load.arrivals, stream)):
            if self.only is None or number in self.only:
                yield self._session(number, moment)

    def users(self) -> list[VirtualUser]:
        """The virtual users of a closed loop, whose sessions begin when the last one has ended."""
        return [VirtualUser(self._sessions_of(user)) for user in range(self.scenario.load.users)]

    def _until_end(self, user: int) -> Iterator[Session]:
        return takewhile(lambda session: session.start_us < self.scenario.load.end, self._sessions_of(user))

    def _sessions_of(self, user: int) -> Iterator[Session]:
        """One after the other without an end; their numbers are those that no other user's session has."""
        start = 0
        for number in count(user, self.scenario.load.users):
            session = self._session(number, start)
            yield session
            start += session.shortest_us

    def _session(self, number: int, start: int) -> Session:
        choices, times = RandomStream(self.seed, "session", number), RandomStream(self.seed, "session", number, "think")
        name = self._personas.draw(choices)
        persona = PERSONAS[name]
        person = self._person(number, persona.role, choices)
        favourite = self.catalogue.choose(RandomStream(self.seed, "shopper", person, "favourite"))
        key = f"{self.seed}-{number}"
        visit = Visit(
            self.catalogue, self.scenario.cart, self._cards, choices, name=key, person=person, favourite=favourite
        )
        steps = tuple(Step(self._think(times, place), action) for place, action in enumerate(persona.actions(visit)))
        return Session(number=number, start_us=start, persona=name, role=persona.role, person=person, steps=steps)

    def _person(self, number: int, role: Role, choices: RandomStream) -> int:
        """Shoppers come one after the other, so that the visits of one are as far apart as can be.

        In a closed loop each virtual user is always the same shopper.
        """
        if role is Role.SHOPPER:
            load = self.scenario.load
            place = number % load.users if load.loop is Loop.CLOSED else number
            return place % self.scenario.population.shoppers
        if role is Role.SELLER:
            return self.catalogue.choose_seller(choices)
        return number if role is Role.GUEST else 0

    def _think(self, times: RandomStream, place: int) -> int:
        """Before the first step only a user of a closed loop thinks: there it is the pause between two sessions."""
        load = self.scenario.load
        if load.loop is Loop.OPEN or (load.loop is Loop.PARTLY_OPEN and place == 0):
            return 0
        return min(times.exponential(load.think), _LONGEST_THINK * load.think)
